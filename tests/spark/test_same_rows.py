"""The same deliveries on DuckDB and on a Spark cluster: every published row is equal, to the last digit.

The deliveries come from histories/. A failure names mart, key, column and both values.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest
from histories.compare import row_differences
from histories.generate import RunDeliveries, histories, write_deliveries
from support.product import REAL_USAGE, REPO, SAMPLE_AS_OF, Credits, CreditsWith, nightly_run
from support.tagged_usage import TAG_KEYS, budgets, deliver, events, totals

OnSpark = Callable[..., Credits]
SEEDS = (1, 2, 3, 4, 5)
SHOWN = 12
SAMPLES = REPO / "docs" / "sources" / "samples"
RATES = "card,valid_from,unit,credits_per_unit\nusd_to_credits,2020-01-01,usd,100\n"
# what differs from run to run, on one engine too
_OF_THE_RUN = {"data_quality": "exclude (run_id, checked_at)"}


def differences(on_duckdb: Path, on_spark: Path) -> list[str]:
    """Every row (the journal's too), type and comment in which the published folders differ."""
    found = row_differences(on_duckdb, on_spark, names=("DuckDB", "Spark"))
    with duckdb.connect() as connection:
        for name, published in (("one", on_duckdb), ("other", on_spark)):
            connection.execute(f"attach '{published / 'credits.duckdb'}' as {name} (read_only)")
        shapes = "select table_name, column_name, column_index, data_type, comment from duckdb_columns()"
        found += _only(
            connection, f"{shapes} where database_name = 'one'", f"{shapes} where database_name = 'other'"
        )
        for mart in ("data_quality", "restatements", "forecast_accuracy", "depletion_forecast"):
            query = f"select '{mart}', * {_OF_THE_RUN.get(mart, '')} from {{}}.marts.{mart}"
            found += _only(connection, query.format("one"), query.format("other"))
    return found


def _only(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[str]:
    """The rows that only one of both has, counting repetitions."""
    found = []
    for name, mine, theirs in (("DuckDB", one, other), ("Spark", other, one)):
        rows = connection.execute(f"{mine} except all {theirs}").fetchall()
        found += [f"only with {name}: {row}" for row in rows]
    return found


def assert_same(on_duckdb: Path, on_spark: Path, what: str) -> None:
    found = differences(on_duckdb, on_spark)
    assert not found, "\n".join([f"{what}: {len(found)} differences", *found[:SHOWN]])


def run_both(
    runs: Sequence[RunDeliveries], root: Path, credits_command: Credits, spark_command: Credits, what: str
) -> tuple[Path, Path]:
    """Do every run on both engines, compare after each, and return both data directories."""
    duckdb_dir, spark_dir = root / "duckdb", root / "spark"
    for number, deliveries in enumerate(runs):
        landing, as_of = write_deliveries(root / "landing", number, deliveries), str(deliveries.as_of)
        first = nightly_run(credits_command, landing, duckdb_dir, as_of)
        second = nightly_run(spark_command, landing, spark_dir, as_of)
        assert_same(first.published, second.published, f"{what}, run {number}, as_of {as_of}")
    return duckdb_dir, spark_dir


def test_the_sample_with_awkward_workspaces_is_equal_on_both_engines(
    on_spark: OnSpark, credits_command: Credits, credits_with: CreditsWith, tmp_path: Path
) -> None:
    """The sample's team, generated workspaces with awkward deliveries, tags, totals and the exports of other
    systems, in one build."""
    assert credits_command("sample", "--out", tmp_path / "landing").returncode == 0
    runs = histories(16, 2, seed=7)
    for number, deliveries in enumerate(runs):
        folder = write_deliveries(tmp_path / "more", number, deliveries)
        for file in folder.rglob("*.jsonl"):
            (tmp_path / "landing" / file.parent.name).mkdir(exist_ok=True)
            file.rename(tmp_path / "landing" / file.parent.name / file.name)
    last, rng = runs[-1].as_of, random.Random(7)
    tagged, stated = events(rng, up_to=last, count=100), totals(rng, up_to=last, count=60)
    rows = {"generation_events": list(tagged), "provider_totals": list(stated), "budgets": budgets(rng)}
    deliver(tmp_path / "landing", 1, **rows)
    for name in ("github.csv", "litellm.dump.csv"):
        folder = tmp_path / "landing" / name.split(".")[0]
        folder.mkdir()
        records = re.sub(r"2026-0[56]-0\d", str(last), (SAMPLES / name).read_text())
        (folder / name).write_text(records)
    (tmp_path / "landing" / "rate_cards").mkdir()
    (tmp_path / "landing" / "rate_cards" / "usd.csv").write_text(RATES)
    tags, as_of = {"CREDITS_TAG_KEYS": ",".join(TAG_KEYS)}, str(last)
    first = nightly_run(credits_with(**tags), tmp_path / "landing", tmp_path / "duckdb", as_of)
    second = nightly_run(on_spark("few_", **tags), tmp_path / "landing", tmp_path / "spark", as_of)
    assert_same(first.published, second.published, f"seed 7 and the sample, as_of {as_of}")
    again = nightly_run(on_spark("few_", **tags), tmp_path / "landing", tmp_path / "spark", as_of)
    assert "nothing is new" in again.result.stdout and "rebuilt" not in again.result.stderr
    assert first.query("select count(*) > 20 from marts.usage_by_tag") == [(True,)]
    assert first.query("select count(*) > 20 from marts.reconciliation") == [(True,)]
    kinds = first.query("select count(distinct (scope, unit, is_open, status)) > 20 from marts.budget_status")
    assert kinds == [(True,)]
    sources = first.query("select distinct source from marts.generation_details order by source")
    assert {("github",), ("litellm",)} <= set(sources)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_awkward_runs_are_equal_on_both_engines(
    seed: int, on_spark: OnSpark, credits_command: Credits, tmp_path: Path
) -> None:
    """Increments run by run, then a full refresh of the last run."""
    runs = histories(24, 4, seed)
    spark = on_spark(f"seed{seed}_")
    duckdb_dir, spark_dir = run_both(runs, tmp_path, credits_command, spark, f"seed {seed}")
    landing, as_of = tmp_path / "landing" / f"run-{len(runs) - 1:02d}", str(runs[-1].as_of)
    first = nightly_run(credits_command, landing, duckdb_dir, as_of, "--full-refresh")
    second = nightly_run(spark, landing, spark_dir, as_of, "--full-refresh")
    assert_same(first.published, second.published, f"seed {seed}, full refresh")


@pytest.mark.slow
def test_the_sample_is_equal_on_both_engines(
    on_spark: OnSpark, credits_command: Credits, tmp_path: Path
) -> None:
    assert credits_command("sample", "--out", tmp_path / "landing").returncode == 0
    first = nightly_run(credits_command, tmp_path / "landing", tmp_path / "duckdb", SAMPLE_AS_OF)
    second = nightly_run(on_spark("sample_"), tmp_path / "landing", tmp_path / "spark", SAMPLE_AS_OF)
    assert_same(first.published, second.published, "the sample")


@pytest.mark.slow
def test_a_real_usage_log_is_equal_on_both_engines(
    on_spark: OnSpark, credits_command: Credits, tmp_path: Path
) -> None:
    """Two increments, then a full refresh."""
    if not REAL_USAGE.is_dir():
        pytest.skip(f"the reference data is not at {REAL_USAGE} (it is not part of the repository)")
    spark = on_spark("real_")
    for as_of, *options in (["2025-06-29"], ["2025-06-30"], ["2025-06-30", "--full-refresh"]):
        first = nightly_run(credits_command, REAL_USAGE, tmp_path / "duckdb", as_of, *options)
        second = nightly_run(spark, REAL_USAGE, tmp_path / "spark", as_of, *options)
        assert_same(first.published, second.published, f"the real log, as_of {as_of} {' '.join(options)}")
