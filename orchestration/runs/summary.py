"""A short summary of what one run loaded, rejected and checked.

What it published does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import pandas as pd

from orchestration.publish.report.formatting import plain
from orchestration.visible_text import counted
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

_KEYED_FEEDS = ("generation_events", "content_outcomes", "event_retractions", "credit_entries")


def summarise_run(
    warehouse: Warehouse, journal: Journal, run_id: str, batches: Sequence[int]
) -> Iterator[str]:
    """Lines on what the given batches loaded, and what the run's checks found."""
    checks = journal.checks_of(run_id)
    if batches and warehouse.has_table("raw.deliveries"):
        warehouse.keep_open()
        is_staged = any(check.layer == "staging" for check in checks)
        yield from _deliveries(warehouse, batches, is_staged=is_staged)
    else:
        yield "loaded       nothing new"
    if any(check.layer == "facts" for check in checks):
        yield from _waiting(warehouse)
    if not checks:
        return
    failed = [check for check in checks if not check.passed]
    critical = [check for check in failed if check.severity == "critical"]
    warnings = counted(len(failed) - len(critical), "warning")
    yield f"checks       {len(checks) - len(failed)} passed, {warnings}, {len(critical)} failed"
    for check in failed:
        outcome = "failed" if check in critical else "warning"
        yield f"             {outcome}: {check.asset} {check.check_name}: {check.message}"


def _deliveries(warehouse: Warehouse, batches: Sequence[int], *, is_staged: bool) -> Iterator[str]:
    listed = ", ".join(str(batch) for batch in batches)
    loaded = warehouse.query(read_sql(__file__, "loaded_files", batches=listed))
    mapped = warehouse.query(read_sql(__file__, "mapped_records", batches=listed))
    for feed, files, accepted in zip(loaded["feed"], loaded["files"], loaded["accepted"], strict=True):
        if files and accepted and feed not in set(mapped["source_folder"]):
            yield f"loaded       {accepted:,} {feed} from {counted(files, 'file')}"
    yield from _mapped(mapped, warehouse.query(read_sql(__file__, "mapped_rows", batches=listed)))
    if not loaded["accepted"].sum():
        yield "loaded       nothing"
    if aliases := int(loaded["aliases"].sum()):
        yield f"skipped      {counted(aliases, 'file')} with the content of a file loaded before"
    if is_staged:
        yield f"duplicates   {counted(_duplicates(warehouse, listed), 'row')} repeated and ignored"
    # conflicts with what was delivered before are known once the batches are staged
    quarantine = "staging.stg_quarantine" if is_staged else "raw.quarantine"
    reasons = warehouse.query(
        f"""select feed, rule, count(*) as found, min(reason) as example from {quarantine}
        where batch_id in ({listed}) group by feed, rule order by found desc, feed, rule"""
    )
    refused = counted(int(reasons["found"].sum()), "line or file", "lines or files")
    yield f"quarantined  {refused}"
    for feed, rule, found, example in reasons.itertuples(index=False):
        yield f"             {found:,} of {feed}, {rule}: such as {example}"


def _mapped(mapped: pd.DataFrame, rows: pd.DataFrame) -> Iterator[str]:
    """What became of the records of each folder of another system."""
    for source in mapped.to_dict("records"):
        name, without_id, rounded = source["source_folder"], source["repeated_count"], source["rounded"]
        made = rows[rows["source_folder"] == name]
        gave = ", ".join(
            f"{count:,} {feed}" for feed, count in zip(made["feed"], made["row_count"], strict=True)
        )
        yield (
            f"mapped       {plain(name)}: {counted(source['record_count'], 'record')} of "
            f"{counted(source['file_count'], 'file')} gave {gave or 'no row'}; "
            f"{source['left_out_count']:,} left out, {source['quarantined_count']:,} quarantined"
        )
        if without_id:
            what = f"{without_id:,} of them have no id"
            yield f"             {what}: of identical ones in two files, one counts"
        if isinstance(rounded, str) and Decimal(rounded):
            yield f"             rounding to places moved the total by {Decimal(rounded).normalize():f}"


def _duplicates(warehouse: Warehouse, listed: str) -> int:
    """Rows of these batches that repeat a key with the same content."""
    terms = [
        f"(select count(*) from raw.{feed} where batch_id in ({listed}))"
        f" - (select count(*) from staging.stg_{feed} where batch_id in ({listed}))"
        for feed in _KEYED_FEEDS
    ]
    conflicts = f"(select count(*) from staging.stg_conflicts where batch_id in ({listed}))"
    return int(warehouse.query(f"select {' + '.join(terms)} - {conflicts} as rows")["rows"][0])


def _waiting(warehouse: Warehouse) -> Iterator[str]:
    """How many rows of each feed are dated after as_of, and the latest of them."""
    waiting = warehouse.query(read_sql(__file__, "waiting_rows"))
    for feed, rows, latest_on, latest in waiting.itertuples(index=False):
        yield f"waiting      {rows:,} {feed} dated after as_of, the latest {latest_on}: {plain(latest)}"
