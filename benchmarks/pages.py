"""The pages of many workspaces: milliseconds of CPU and of time per page, and the peak memory.

The workspaces are copies of those of one published version. Not here: the run around it (warehouse.py).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.publish.report.load import REPORT_MARTS
from orchestration.publish.report.pages import INDEX_FILE, REPORT_FOLDER, write_pages
from orchestration.publish.versions.export import DATABASE_NAME


def multiply(version: Path, folder: Path, *, workspaces: int) -> None:
    """Write a credits.duckdb with copies of the workspaces of a version, under ids of their own."""
    # in little memory, for that of the pages is measured in the same process
    with duckdb.connect(str(folder / DATABASE_NAME), config={"memory_limit": "300MB"}) as connection:
        connection.execute(f"attach '{version / DATABASE_NAME}' as source (read_only)")
        connection.execute("create schema marts")
        known = connection.execute(
            "select count(distinct workspace_id) from source.marts.credit_summary"
        ).fetchone()
        copies = -(-workspaces // known[0]) if known else 0
        for mart in REPORT_MARTS:
            rows = f"select * from source.marts.{mart}"
            if mart != "data_quality":
                rows = (
                    "select * replace (if(workspace_id = '(all)', workspace_id,"
                    " workspace_id || '-' || copy) as workspace_id)"
                    f" from source.marts.{mart} cross join range({copies}) as copies(copy)"
                    " where workspace_id <> '(all)' or copy = 0"
                )
            connection.execute(f"create table marts.{mart} as {rows}")


def measure(version: Path, *, workspaces: int, language: str) -> dict[str, float]:
    """Write the pages of copies of a version's workspaces."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        multiply(version, folder, workspaces=workspaces)
        cpu, started = _cpu_seconds(), time.perf_counter()
        write_pages(folder, published_at=datetime(2026, 4, 8, tzinfo=UTC), language=language)
        seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
        pages = sorted((folder / REPORT_FOLDER).glob("*.html"))
        if len(pages) < workspaces or not (folder / INDEX_FILE).exists():
            raise RuntimeError(f"{workspaces} pages and an index were expected; found {len(pages)} pages.")
        size = sum(page.stat().st_size for page in pages) / len(pages)
        return {
            "pages": len(pages),
            "seconds": seconds,
            "CPU, ms per page": 1000 * cpu / len(pages),
            "time, ms per page": 1000 * seconds / len(pages),
            "KB per page": size / 1000,
            "peak memory of one process, MB": _peak_mb(),
        }


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_mb() -> float:
    return max(
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", type=Path, help="the folder of a published version")
    parser.add_argument("--workspaces", type=int, default=10_000)
    parser.add_argument("--language", default="en")
    chosen = parser.parse_args()
    figures = measure(chosen.version, workspaces=chosen.workspaces, language=chosen.language)
    for name, value in figures.items():
        print(f"{name:<32}{value:>12,.1f}")


if __name__ == "__main__":
    main()
