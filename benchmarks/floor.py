"""Runs the floor: the hand-written script that the product's full build is compared with.

Its SQL is in floor_*.sql; agreement.py checks that it computes the same as the product.
"""

import argparse
import re
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

SCRIPTS = ("floor_events.sql", "floor_generations.sql", "floor_marts.sql")


def statements() -> Iterator[tuple[str, str]]:
    """Name and text of each statement; its name is the line of comment above it, up to a colon."""
    for script in SCRIPTS:
        text = Path(__file__).with_name(script).read_text(encoding="utf-8")
        for block in re.split(r";\s*\n", text):
            lines = [line for line in block.strip().splitlines() if line.strip()]
            first = next((at for at, line in enumerate(lines) if not line.startswith("--")), None)
            if first is not None:
                name = lines[first - 1] if first else lines[first]
                yield name.removeprefix("--").split(":")[0].strip(), "\n".join(lines[first:])


def run_floor(lake: Path, out: Path, *, as_of: date, memory_limit: str, threads: int) -> None:
    """Build the usage marts as tables of a new DuckDB file; prints a line per statement to standard error.

    Args:
        lake: `DATA_DIR/raw`.
        out: the file; an earlier one is replaced.
        as_of: the last local date to report.
        memory_limit: of DuckDB, such as "8GB"; more is spilled next to the file.
        threads: threads of DuckDB.
    """
    spill = out.with_name(f"{out.name}.spill")
    out.unlink(missing_ok=True)
    with duckdb.connect(str(out)) as connection:
        connection.execute(f"set memory_limit = '{memory_limit}'")
        connection.execute(f"set threads = {threads}")
        connection.execute("set temp_directory = $spill", {"spill": str(spill)})
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set variable lake = $lake", {"lake": str(lake)})
        connection.execute("set variable as_of = $as_of", {"as_of": as_of})
        for name, statement in statements():
            # the same lines as the product's, so that both are measured alike
            print(f"  ... {name}", file=sys.stderr, flush=True)
            started = time.monotonic()
            connection.execute(statement)
            print(f"  ok  {name} ({time.monotonic() - started:.1f} s)", file=sys.stderr, flush=True)
    shutil.rmtree(spill, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--lake", required=True, type=Path, help="DATA_DIR/raw")
    parser.add_argument("--as-of", required=True, type=date.fromisoformat, help="last local date to report")
    parser.add_argument("--out", required=True, type=Path, help="DuckDB file to write")
    parser.add_argument("--memory-limit", default="2GB", help="of DuckDB [2GB]")
    parser.add_argument("--threads", default=2, type=int, help="of DuckDB [2]")
    options = parser.parse_args()
    run_floor(
        options.lake,
        options.out,
        as_of=options.as_of,
        memory_limit=options.memory_limit,
        threads=options.threads,
    )


if __name__ == "__main__":
    main()
