"""The journal of runs: what earlier runs checked and published. Append-only, and kept through a rebuild.

What is recomputed from the lake does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from forecasting.depletion.schema import FORECAST_ROW
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
DEPLETION_FORECAST = pa.schema([*FORECAST_ROW.items(), ("published_at", pa.timestamp("us"))])
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
        ("scored_at", pa.timestamp("us")),
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
        ("published_at", pa.timestamp("us")),
    ]
)
CHARGEBACK = pa.schema(
    [
        ("workspace_id", pa.string()),
        ("workspace_name", pa.string()),
        ("usage_date", pa.date32()),
        ("booked_month", pa.date32()),
        ("is_correction", pa.bool_()),
        ("lot_id", pa.string()),
        ("team", pa.string()),
        ("member_id", pa.string()),
        ("member_name", pa.string()),
        ("product_category", pa.string()),
        ("generation_type", pa.string()),
        ("currency", pa.string()),
        ("unit_price", pa.decimal128(24, 12)),
        ("generation_count", pa.int64()),
        ("credits", pa.decimal128(38, 6)),
        ("refunded_credits", pa.decimal128(38, 6)),
        ("as_of", pa.date32()),
        ("published_at", pa.timestamp("us")),
        ("has_pseudonyms", pa.bool_()),
    ]
)
TABLES = {
    "chargeback": CHARGEBACK,
    "check_results": CHECK_RESULTS,
    "depletion_forecast": DEPLETION_FORECAST,
    "forecast_scores": FORECAST_SCORES,
    "restatements": RESTATEMENTS,
}
# when a row was kept, which files written before November 2026 call told_at
_KEPT_AT = {
    "chargeback": "published_at",
    "depletion_forecast": "published_at",
    "forecast_scores": "scored_at",
    "restatements": "published_at",
}
_OLD_KEPT_AT = "told_at"
_HAS_PSEUDONYMS = "has_pseudonyms"
# of a charge that was booked before people had pseudonyms
_IS_NAMED = f"not coalesce({_HAS_PSEUDONYMS}, false) and member_id <> '(no member)'"
_PSEUDONYM = """coalesce((
    select max(pseudonym) from (
        select workspace_id as of_workspace, member_id as of_member, pseudonym from privacy.people
    ) as people
    where of_workspace = workspace_id and of_member = member_id
), 'withheld')"""
_CHECK_TEXTS = ("observed", "expected", "message")
NO_TEAM = "(no team)"
WITHHELD = "withheld: written before people had pseudonyms"
REDACTED = "erased: it named a person who was forgotten"


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
    """The Parquet files under one folder; each is written in full and renamed into place.

    Args:
        has_pseudonyms: this run names people by their pseudonyms only.
    """

    def __init__(self, root: Path, *, has_pseudonyms: bool = False) -> None:
        self.root = root
        self.has_pseudonyms = has_pseudonyms

    def expose(self, warehouse: Warehouse) -> None:
        """Make each journal table a view; with pseudonyms, without names and texts of runs before them."""
        for table, schema in TABLES.items():
            columns = {name: name for name in schema.names}
            if table in _KEPT_AT:
                columns[_KEPT_AT[table]] = f"coalesce({_KEPT_AT[table]}, {_OLD_KEPT_AT})"
            if table == "chargeback" and self.has_pseudonyms:
                hidden = f"case when {_IS_NAMED} then {_PSEUDONYM} else {{}} end"
                columns |= {name: hidden.format(name) for name in ("member_id", "member_name")}
            elif table == "check_results" and self.has_pseudonyms:
                is_plain = "not passed and not coalesce(has_pseudonyms, false)"
                columns |= {
                    name: f"case when {is_plain} then '{WITHHELD}' else {name} end" for name in _CHECK_TEXTS
                }
            selected = ", ".join(f"{value} as {name}" for name, value in columns.items())
            warehouse.expose({f"journal.{table}": self._files(table)}, columns=selected)

    def _files(self, table: str) -> list[Path]:
        """The files of a table; the empty one has every column, old and new, where the others lack some."""
        columns = list(TABLES[table])
        if table in _KEPT_AT:
            columns.append(pa.field(_OLD_KEPT_AT, pa.timestamp("us")))
        self._write(table, "0-empty", [pa.schema(columns).empty_table()])
        return sorted((self.root / table).glob("*.parquet"))

    def record_checks(
        self, rows: Sequence[CheckRow], *, run_id: str, part: str, checked_at: datetime
    ) -> None:
        """Keep the results of one step's checks; `checked_at` is UTC without zone."""
        of_run = {"run_id": run_id, "checked_at": checked_at, "has_pseudonyms": self.has_pseudonyms}
        records = [of_run | vars(row) for row in rows]
        self._write("check_results", f"{run_id}-{part}", [pa.Table.from_pylist(records, CHECK_RESULTS)])

    def checks_of(self, run_id: str) -> list[CheckRow]:
        """The check results of one run so far."""
        found = []
        for file in sorted((self.root / "check_results").glob(f"{run_id}-*.parquet")):
            for record in pq.read_table(file).to_pylist():
                found.append(CheckRow(**{name: record[name] for name in CheckRow.__dataclass_fields__}))
        return found

    def newest_checks(self) -> list[CheckRow]:
        """The check results of the newest run that has any; empty if none has."""
        files = list((self.root / "check_results").glob("*-*-*.parquet"))
        if not files:
            return []
        newest = max(files, key=lambda file: file.stat().st_mtime_ns)
        run_id = pq.read_table(newest)["run_id"].to_pylist()[:1]
        return self.checks_of(run_id[0]) if run_id else []

    def redact(self, are_mentioned: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> int:
        """Erase the texts of checks that mention someone who is forgotten; whether they passed stays.

        Returns:
            The number of files that were rewritten.
        """
        written = 0
        for file in (self.root / "check_results").glob("*.parquet"):
            rows = stored = pq.read_table(file)
            for name in _CHECK_TEXTS:
                mask = are_mentioned(rows[name])
                if pc.any(mask).as_py():
                    index = rows.schema.get_field_index(name)
                    texts = pc.if_else(mask, pa.scalar(REDACTED), rows[name])
                    rows = rows.set_column(index, rows.schema.field(index), texts)
            if not rows.equals(stored):
                self._write("check_results", file.stem, [rows])
                written += 1
        for leftover in self.root.rglob(".*.tmp"):
            leftover.unlink()
        return written

    def rename_members(self, renamed: Callable[[str, str], str | None]) -> None:
        """Give members of booked charges another id, which is their name, too, and takes them out of teams.

        Args:
            renamed: the new id by workspace and id; None where it stays.
        """
        for file in (self.root / "chargeback").glob("*.parquet"):
            stored = pq.read_table(file)
            pairs = zip(stored["workspace_id"].to_pylist(), stored["member_id"].to_pylist(), strict=True)
            ids = pa.array(
                [renamed(workspace, member) if workspace and member else None for workspace, member in pairs],
                pa.string(),
            )
            if ids.null_count == len(ids):
                continue
            rows = stored
            for name, new in {"member_id": ids, "member_name": ids, "team": NO_TEAM}.items():
                index = rows.schema.get_field_index(name)
                values = pc.if_else(pc.is_valid(ids), new, rows[name])
                rows = rows.set_column(index, rows.schema.field(index), values)
            self._write("chargeback", file.stem, [rows])

    def keep(
        self, table: str, parts: Iterable[pa.Table], *, as_of: date, run_id: str, kept_at: datetime
    ) -> None:
        """Keep what a run is about to publish; the rows of earlier runs for the same as_of stay, too.

        Args:
            parts: the rows, some at a time.
            kept_at: UTC without zone; stored as published_at, or scored_at of a score.
        """
        self._write(
            table, f"{as_of}-{run_id}", (self._kept(table, rows, kept_at) for rows in parts if rows.num_rows)
        )

    def _kept(self, table: str, rows: pa.Table, kept_at: datetime) -> pa.Table:
        schema = TABLES[table]
        times = pa.array([kept_at] * rows.num_rows, pa.timestamp("us"))
        kept = rows.append_column(_KEPT_AT[table], times)
        if _HAS_PSEUDONYMS in schema.names:
            kept = kept.append_column(_HAS_PSEUDONYMS, pa.array([self.has_pseudonyms] * rows.num_rows))
        return kept.select(schema.names).cast(schema)

    def _write(self, table: str, name: str, parts: Iterable[pa.Table]) -> None:
        """Write a file of parts, all of one schema; without any, none."""
        parts = iter(parts)
        first = next(parts, None)
        if first is None:
            return
        folder = self.root / table
        folder.mkdir(parents=True, exist_ok=True)
        with (
            atomic_write(folder / f"{name}.parquet") as file,
            pq.ParquetWriter(file, first.schema) as writer,
        ):
            for part in chain([first], parts):
                writer.write_table(part)
