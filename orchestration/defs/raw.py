"""Landing files -> raw: what was delivered since the last run, committed as one batch.

How a file is read does not belong here: that is landing/ and lake/.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.defs.resources import RunContext
from orchestration.lake.ingest_report import FeedReport, IngestReport
from orchestration.lake.integrity import missing_files
from orchestration.lake.lake import Lake
from orchestration.lake.sources.derivation import derive
from orchestration.lake.sources.derived_files import MAPPING_COUNTS
from orchestration.landing.contract import FEEDS
from orchestration.landing.rejects import LandingError
from orchestration.publish.versions.build import compared_files
from orchestration.publish.versions.history import read_run_state
from orchestration.runs.erasing import apply_retention, complete_erasure
from orchestration.runs.nothing_new import is_served
from orchestration.runs.people import definitions_now, pseudonyms_of, refuse_missing_pseudonym_setting
from orchestration.runs.warehouse_factory import remove_verification
from orchestration.settings import Settings
from orchestration.visible_text import visible
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.pseudonyms import expose_by_pseudonyms
from orchestration.warehouse.run_state import begin, is_ahead, is_of, tables_changed_since

_SHOWN_TABLES = 3

landing_feeds = [
    dg.AssetSpec(
        key=["landing", feed],
        group_name="landing",
        description=f"Files of the feed `{feed}` as their source delivers them, plain, .gz or .zst.",
        kinds={"file"},
    )
    for feed in FEEDS
]

_RAW_SPECS = [
    dg.AssetSpec(
        key=["raw", feed],
        deps=[["landing", feed]],
        group_name="raw",
        skippable=True,
        description=f"One row per accepted line of `{feed}`, typed by the contract, duplicates included. "
        "An append-only lake of Parquet files, one batch per run.",
        kinds={"python", "parquet"},
    )
    for feed in FEEDS
] + [
    dg.AssetSpec(
        key=["raw", table],
        deps=[["landing", feed] for feed in FEEDS],
        group_name="raw",
        skippable=True,
        description=description,
        kinds={"python", "parquet"},
    )
    for table, description in {
        "quarantine": "One row per rejected line or file: text, file, line, rule, reason, remedy.",
        "deliveries": "One row per file seen: hash, lines, accepted, quarantined, its status; also of those "
        "that are in the folder of no feed and not read. For a file of another system also a row for each "
        "feed that its mapping made rows of.",
        "mapping_counts": "One row per file of another system: its records, mapped, left out by the mapping, "
        "and quarantined.",
    }.items()
]


@dg.multi_asset(name="raw", specs=_RAW_SPECS)
def raw(
    context: dg.AssetExecutionContext,
    run: RunContext,
    lake: dg.ResourceParam[Lake],
    warehouse: dg.ResourceParam[Warehouse],
    journal: dg.ResourceParam[Journal],
    settings: dg.ResourceParam[Settings],
) -> Iterator[dg.MaterializeResult]:
    """Load every file whose content was not loaded before, and commit them as one batch."""
    refuse_missing_pseudonym_setting(settings)
    remove_verification(settings)  # left by an interrupted verification
    _keep_to_retention(context, run, lake, settings)
    if complete_erasure(settings, lake, context.instance, run_id=context.run_id):
        context.log.info("erased members were removed from raw and journal")
    if missing := next(missing_files(lake), None):
        raise LandingError(missing)
    report = _load(context, run, lake, settings)
    derivation = derive(lake, progress=context.log.info)
    if torn := warehouse.set_aside_if_torn():
        context.log.warning(f"the working warehouse {torn} and is rebuilt from raw")
    warehouse.keep_open()
    definitions = definitions_now(lake, settings)
    changed = tables_changed_since(warehouse)
    if changed:
        context.log.warning(
            f"{', '.join(changed[:_SHOWN_TABLES])} of the working warehouse changed since the last run, "
            "which only a run may do (credits run, not dbt build)"
        )
    if (
        run.full_refresh
        or changed
        or not is_of(warehouse, definitions=definitions, newest_batch=lake.newest_batch)
        or is_ahead(warehouse, read_run_state(settings.published_dir))
    ):
        context.log.info("the working warehouse is rebuilt from raw")
        warehouse.remove()
        warehouse.keep_open()
    elif run.is_loading and is_served(
        run.run_state(warehouse, lake, settings), warehouse, settings, context.instance
    ):
        context.log.info("nothing new: what is served is what this run would publish")
        return  # what is downstream is skipped
    names = [spec.key.path[-1] for spec in _RAW_SPECS]
    # what is derived is in no batch
    committed = {name: lake.paths(name) for name in names if name != MAPPING_COUNTS}
    tables = {f"raw.{name}": [*committed.get(name, []), lake.schema_file(name)] for name in names}
    derived = {f"raw.{name}": lake.derived.paths(name, derivation.fingerprint) for name in names}
    if pseudonyms := pseudonyms_of(settings):
        expose_by_pseudonyms(warehouse, tables, pseudonyms, derived=derived)
    else:
        warehouse.expose_lake(tables, derived=derived)
    journal.expose(warehouse)
    warehouse.expose_served(compared_files(settings.published_dir))
    rows = warehouse.row_counts(list(tables))
    loaded = {feed.feed: _counts(feed) for feed in report.feeds} if report else {}
    run_state = run.run_state(warehouse, lake, settings)
    run.refuse_older(run_state.as_of, read_run_state(settings.published_dir))
    begin(warehouse, run_state)
    context.log.info(f"reporting up to {run_state.as_of}")
    for spec in _RAW_SPECS:
        table = spec.key.path[-1]
        metadata: dict[str, Any] = {
            "dagster/row_count": rows[f"raw.{table}"],
            "batch": (report and report.batch_id) or 0,
        }
        metadata |= loaded.get(table, {})
        yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)


def _keep_to_retention(
    context: dg.AssetExecutionContext, run: RunContext, lake: Lake, settings: Settings
) -> None:
    """Erase what is past retention; a run that only rebuilds leaves the lake as it is."""
    if run.is_loading:
        for message in apply_retention(settings, lake, now=datetime.now(UTC)):
            context.log.info(message)


def _load(
    context: dg.AssetExecutionContext, run: RunContext, lake: Lake, settings: Settings
) -> IngestReport | None:
    """Load new deliveries; None if this run only rebuilds from what was loaded before."""
    if not run.is_loading:
        if not lake.batches():
            raise ValueError(
                f"a run without loading needs a batch loaded before; {lake.root} has none. "
                "Run with is_loading."
            )
        lake.add_columns(now=datetime.now(UTC))
        context.log.info("the landing folder is not read")
        return None
    # the names of files are data, and the log may end on a terminal
    report = lake.ingest(
        settings.landing_dir, now=datetime.now(UTC), progress=lambda line: context.log.info(visible(line))
    )
    for warning in report.warnings:
        context.log.warning(visible(warning))
    return report


def _counts(feed: FeedReport) -> dict[str, Any]:
    """Counts of a feed loaded by this run, for its asset page."""
    counts: dict[str, Any] = {
        "files_loaded": feed.files_loaded,
        "files_rejected": feed.files_rejected,
        "lines": feed.lines,
        "lines_accepted": feed.accepted,
        "lines_quarantined": feed.quarantined,
    }
    if feed.accepted_credits is not None:
        counts["credits_loaded"] = float(feed.accepted_credits)
    return counts
