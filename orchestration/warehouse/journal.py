"""The journal of runs: what earlier runs checked and told. Append-only, and kept through a rebuild.

What is recomputed from the lake does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.durable_files import atomic_write
from orchestration.warehouse.protocol import Warehouse

CHECK_RESULTS = pa.schema(
    [
        ("run_id", pa.string()),
        ("layer", pa.string()),
        ("asset", pa.string()),
        ("check_name", pa.string()),
        ("severity", pa.string()),
        ("passed", pa.bool_()),
        ("observed", pa.string()),
        ("expected", pa.string()),
        ("message", pa.string()),
        ("checked_at", pa.timestamp("us")),
        ("has_pseudonyms", pa.bool_()),
    ]
)
DEPLETION_FORECAST = pa.schema(
    [
        ("workspace_id", pa.string()),
        ("as_of", pa.date32()),
        ("forecast_status", pa.string()),
        ("credits_remaining", pa.decimal128(38, 6)),
        ("burn_rate_7d_credits", pa.decimal128(38, 6)),
        ("burn_rate_7d_days", pa.int64()),
        ("burn_rate_30d_credits", pa.decimal128(38, 6)),
        ("burn_rate_30d_days", pa.int64()),
        ("pace_date", pa.date32()),
        ("empty_since", pa.date32()),
        ("next_grant_on", pa.date32()),
        ("history_days", pa.int64()),
        *((f"depletes_on_{name}", pa.date32()) for name in ("p025", "p5", "p10", "p50", "p90", "p975")),
        ("chance_empty_before_grant", pa.decimal128(5, 4)),
        ("lead_time_days", pa.int64()),
        ("buy_by", pa.date32()),
        ("credits_to_buy", pa.decimal128(38, 6)),
        ("recommended_packs", pa.string()),
        ("packs_price", pa.decimal128(24, 12)),
        ("packs_currency", pa.string()),
        ("expiring_credits", pa.decimal128(38, 6)),
        ("capped_credits", pa.decimal128(38, 6)),
        ("calibration_version", pa.string()),
        ("told_at", pa.timestamp("us")),
    ]
)
FORECAST_SCORES = pa.schema(
    [
        ("workspace_id", pa.string()),
        ("as_of", pa.date32()),
        ("kind", pa.string()),
        ("horizon_bucket", pa.string()),
        ("judged_after_days", pa.int64()),
        ("amount_days", pa.int64()),
        ("true_days", pa.int64()),
        ("p50_days", pa.int64()),
        ("pace_days", pa.int64()),
        ("is_covered_80", pa.bool_()),
        ("is_covered_95", pa.bool_()),
        ("error_days", pa.int64()),
        ("pace_error_days", pa.int64()),
        ("told_at", pa.timestamp("us")),
    ]
)
RESTATEMENTS = pa.schema(
    [
        ("workspace_id", pa.string()),
        ("usage_date", pa.date32()),
        ("as_of", pa.date32()),
        ("cause", pa.string()),
        ("credits_before", pa.decimal128(38, 6)),
        ("credits_after", pa.decimal128(38, 6)),
        ("wasted_credits_before", pa.decimal128(38, 6)),
        ("wasted_credits_after", pa.decimal128(38, 6)),
        ("told_at", pa.timestamp("us")),
    ]
)
TABLES = {
    "check_results": CHECK_RESULTS,
    "depletion_forecast": DEPLETION_FORECAST,
    "forecast_scores": FORECAST_SCORES,
    "restatements": RESTATEMENTS,
}
# what a check told in words
_TOLD = ("observed", "expected", "message")
UNTOLD = "told before people had pseudonyms"
REDACTED = "it named a person who was forgotten; what it told is erased"


@dataclass(frozen=True)
class CheckRow:
    """One check of one run, as the mart data_quality shows it."""

    layer: str
    asset: str
    check_name: str
    severity: str
    passed: bool
    observed: str
    expected: str
    message: str


class Journal:
    """The Parquet files under one folder; each is written beside and renamed into place.

    Args:
        has_pseudonyms: people have pseudonyms in this run, and are named by nothing else in what it shows.
    """

    def __init__(self, root: Path, *, has_pseudonyms: bool = False) -> None:
        self.root = root
        self.has_pseudonyms = has_pseudonyms

    def expose(self, warehouse: Warehouse) -> None:
        """Make each journal table a view; with pseudonyms, without what runs before them told in words."""
        views = self.views()
        checks = {"journal.check_results": views.pop("journal.check_results")}
        warehouse.expose(views)
        is_plain = "not passed and not coalesce(has_pseudonyms, false)"
        told = ", ".join(f"case when {is_plain} then '{UNTOLD}' else {name} end as {name}" for name in _TOLD)
        warehouse.expose(checks, columns=f"* replace ({told})" if self.has_pseudonyms else "*")

    def views(self) -> dict[str, list[Path]]:
        """The files of each journal table; the empty one has every column, where older ones lack some."""
        for table, schema in TABLES.items():
            self._write(table, "0-empty", schema.empty_table())
        return {f"journal.{table}": sorted((self.root / table).glob("*.parquet")) for table in TABLES}

    def record_checks(
        self, rows: Sequence[CheckRow], *, run_id: str, part: str, checked_at: datetime
    ) -> None:
        """Keep the results of one step's checks; `checked_at` is UTC without zone."""
        of_run = {"run_id": run_id, "checked_at": checked_at, "has_pseudonyms": self.has_pseudonyms}
        records = [of_run | vars(row) for row in rows]
        self._write("check_results", f"{run_id}-{part}", pa.Table.from_pylist(records, CHECK_RESULTS))

    def checks_of(self, run_id: str) -> list[CheckRow]:
        """What the checks of one run found so far."""
        found = []
        for file in sorted((self.root / "check_results").glob(f"{run_id}-*.parquet")):
            for record in pq.read_table(file).to_pylist():
                found.append(CheckRow(**{name: record[name] for name in CheckRow.__dataclass_fields__}))
        return found

    def newest_checks(self) -> list[CheckRow]:
        """What the checks of the newest run that checked anything found; nothing if none did."""
        files = list((self.root / "check_results").glob("*-*-*.parquet"))
        if not files:
            return []
        newest = max(files, key=lambda file: file.stat().st_mtime_ns)
        run_id = pq.read_table(newest)["run_id"].to_pylist()[:1]
        return self.checks_of(run_id[0]) if run_id else []

    def redact(self, are_mentioned: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> int:
        """Erase what checks told wherever it mentions someone who is forgotten; whether they passed stays.

        Returns:
            The number of files that were rewritten.
        """
        written = 0
        for file in (self.root / "check_results").glob("*.parquet"):
            rows = stored = pq.read_table(file)
            for name in _TOLD:
                mask = are_mentioned(rows[name])
                if pc.any(mask).as_py():
                    place = rows.schema.get_field_index(name)
                    told = pc.if_else(mask, pa.scalar(REDACTED), rows[name])
                    rows = rows.set_column(place, rows.schema.field(place), told)
            if not rows.equals(stored):
                self._write("check_results", file.stem, rows)
                written += 1
        for leftover in self.root.rglob(".*.tmp"):
            leftover.unlink()
        return written

    def keep(self, table: str, rows: pa.Table, *, as_of: date, run_id: str, told_at: datetime) -> None:
        """Keep what a run is about to publish; what an earlier run told of the same as_of stays beside it."""
        if rows.num_rows:
            times = pa.array([told_at] * rows.num_rows, pa.timestamp("us"))
            schema = TABLES[table]
            told = rows.append_column("told_at", times).select(schema.names).cast(schema)
            self._write(table, f"{as_of}-{run_id}", told)

    def _write(self, table: str, name: str, rows: pa.Table) -> None:
        folder = self.root / table
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / f"{name}.parquet") as file:
            pq.write_table(rows, file)
