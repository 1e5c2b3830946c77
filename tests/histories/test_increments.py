"""Incremental runs on generated histories equal, row by row, one full refresh and plain Python.

Histories come from generate.py. A failure names the seed and the history (a workspace):
`histories(1, runs, seed, first=17)` are the deliveries of h0017 alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest
from histories.census import census
from histories.compare import row_differences
from histories.generate import RunDeliveries, histories, is_order_independent, write_deliveries
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.product import Credits, NightlyRun, copy_run, nightly_run

# seed, histories, runs; every situation occurs in the second
QUICK, SMALL = (3, 8, 2), (1, 120, 4)
LARGE_SEEDS, LARGE_COUNT, LARGE_RUNS = (1, 2, 3), 100, 6
SHOWN = 12

IN_LONG_SETS_ONLY = {"run: same day again", "run: nothing is delivered"}
A_FEW = 3


def run_all(credits_command: Credits, runs: Sequence[RunDeliveries], root: Path) -> list[NightlyRun]:
    """Every run on one data directory, which in the end is the last run's."""
    return [
        nightly_run(
            credits_command,
            write_deliveries(root / "landing", number, deliveries),
            root / "data",
            str(deliveries.as_of),
        )
        for number, deliveries in enumerate(runs)
    ]


def full_refresh(credits_command: Credits, run: NightlyRun, to: Path) -> NightlyRun:
    """The same run as a full refresh of the same lake, in a copy."""
    copy = copy_run(run, to)
    return nightly_run(credits_command, copy.landing, copy.data_dir, copy.as_of, "--full-refresh")


def assert_no_differences(found: Sequence[str], *, seed: int, run: int, as_of: str, what: str) -> None:
    """Fail with one difference of each history and mart, and with what is needed to reproduce them."""
    heading = f"seed {seed}, run {run}, as_of {as_of}: {len(found)} differences, {what}"
    one_each = {difference.split(" (")[0]: difference for difference in reversed(found)}
    assert not found, "\n".join([heading, *list(reversed(one_each.values()))[:SHOWN]])


def oracle_differences(run: NightlyRun) -> list[str]:
    """Differences from the oracle; the forecasts of earlier runs are not compared."""
    expected = Oracle(lake_rows(run.data_dir / "raw"), as_of=date.fromisoformat(run.as_of)).marts()
    older = f"select workspace_id, as_of from marts.depletion_forecast where as_of < '{run.as_of}'"
    expected["depletion_forecast"] |= {key: {} for key in run.query(older)}
    return differences(run.published, expected)


@pytest.fixture(scope="module", params=[QUICK, SMALL], ids=str)
def small_set(request: pytest.FixtureRequest) -> list[RunDeliveries]:
    seed, count, runs = request.param
    return histories(count, runs, seed)


@pytest.fixture(scope="module")
def small_run(
    credits_command: Credits, small_set: list[RunDeliveries], tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    """The last run of the small set, after the others."""
    return run_all(credits_command, small_set, tmp_path_factory.mktemp("histories"))[-1]


def order_free(count: int) -> set[str]:
    return {f"h{number:04d}" for number in range(count) if is_order_independent(number)}


@pytest.mark.parametrize(
    ("count", "runs", "seed"),
    [
        pytest.param(*terms, marks=pytest.mark.slow)
        for terms in (
            (SMALL[1], SMALL[2], SMALL[0]),
            *((LARGE_COUNT, LARGE_RUNS, seed) for seed in LARGE_SEEDS),
        )
    ],
)
def test_every_situation_occurs_at_least_a_few_times(count: int, runs: int, seed: int) -> None:
    found = census(histories(count, runs, seed))
    exempt = IN_LONG_SETS_ONLY if runs < LARGE_RUNS else set()
    rare = {
        name: times
        for name, times in found.items()
        # a set has few runs and repeated files
        if times < (1 if name.startswith(("run:", "file:")) else A_FEW) and name not in exempt
    }
    assert rare == {}


def test_the_same_seed_gives_the_same_deliveries_and_a_history_is_the_same_alone() -> None:
    assert histories(12, 4, 5) == histories(12, 4, 5)
    among = histories(12, 4, 5)
    alone = histories(1, 4, 5, first=7)
    for one, other in zip(among, alone, strict=True):
        assert _texts(one, "h0007") == _texts(other, "h0007")


def _texts(run: RunDeliveries, workspace_id: str) -> list[str]:
    """Lines of one workspace, without those of repeated files."""
    files = [lines for name, lines in run.files.items() if "-again-" not in name]
    return sorted(line.text for lines in files for line in lines if workspace_id in line.text)


def test_a_difference_names_the_history_the_mart_the_key_and_the_column(tmp_path: Path) -> None:
    for name, credits in (("first", "1.5"), ("second", "2.5")):
        (tmp_path / name).mkdir()
        with duckdb.connect(str(tmp_path / name / "credits.duckdb")) as connection:
            connection.execute("create schema marts")
            connection.execute(
                "create table marts.credit_summary as select 'h0007' as workspace_id, '7d' as period, "
                f"{credits} as credits_used"
            )
    found = row_differences(tmp_path / "first", tmp_path / "second", names=("here", "there"))
    assert found == [
        "history h0007: credit_summary ('h0007', '7d') credits_used: "
        "here Decimal('1.5'), there Decimal('2.5')"
    ]


@pytest.mark.slow
def test_incremental_runs_equal_one_full_refresh(
    credits_command: Credits, small_run: NightlyRun, tmp_path: Path
) -> None:
    refreshed = full_refresh(credits_command, small_run, tmp_path / "data")
    found = row_differences(small_run.published, refreshed.published, names=("increments", "full refresh"))
    as_of = small_run.as_of
    assert_no_differences(found, seed=QUICK[0], run=-1, as_of=as_of, what="increments and full refresh")


@pytest.mark.slow
def test_incremental_runs_equal_the_recomputation_in_plain_python(small_run: NightlyRun) -> None:
    found = oracle_differences(small_run)
    as_of = small_run.as_of
    assert_no_differences(found, seed=QUICK[0], run=-1, as_of=as_of, what="published and expected")


@pytest.mark.slow
def test_one_run_after_missed_ones_equals_the_runs_one_by_one(
    credits_command: Credits, small_set: list[RunDeliveries], small_run: NightlyRun, tmp_path: Path
) -> None:
    for number, deliveries in enumerate(small_set):
        folder = write_deliveries(tmp_path / "runs", number, deliveries)
        shutil.copytree(folder, tmp_path / "landing", dirs_exist_ok=True)
    at_once = nightly_run(credits_command, tmp_path / "landing", tmp_path / "data", small_run.as_of)
    found = row_differences(
        small_run.published,
        at_once.published,
        names=("run by run", "at once"),
        workspaces=order_free(SMALL[1]),
    )
    found += oracle_differences(at_once)
    assert_no_differences(found, seed=SMALL[0], run=0, as_of=small_run.as_of, what="in one run")


@pytest.mark.slow
@pytest.mark.parametrize("seed", LARGE_SEEDS)
def test_every_incremental_run_equals_a_full_refresh(
    credits_command: Credits, seed: int, tmp_path: Path
) -> None:
    differing: list[str] = []
    for number, deliveries in enumerate(histories(LARGE_COUNT, LARGE_RUNS, seed)):
        landing = write_deliveries(tmp_path / "landing", number, deliveries)
        run = nightly_run(credits_command, landing, tmp_path / "data", str(deliveries.as_of))
        refreshed = full_refresh(credits_command, run, tmp_path / "refreshed")
        found = row_differences(run.published, refreshed.published, names=("increments", "full refresh"))
        assert_no_differences(
            found, seed=seed, run=number, as_of=run.as_of, what="increments and full refresh"
        )
        # asserted at the end: what both get wrong in one run must not hide what increments do in the next
        differing += [f"run {number}: {difference}" for difference in oracle_differences(run)]
        shutil.rmtree(tmp_path / "refreshed")
    assert_no_differences(differing, seed=seed, run=number, as_of=run.as_of, what="published and expected")


@pytest.mark.slow
@pytest.mark.parametrize("seed", LARGE_SEEDS[:1])
def test_deliveries_in_reverse_order_publish_the_same_rows(
    credits_command: Credits, seed: int, tmp_path: Path
) -> None:
    runs = histories(LARGE_COUNT, LARGE_RUNS, seed)
    reversed_runs = [
        RunDeliveries(run.as_of, delivered.files) for run, delivered in zip(runs, reversed(runs), strict=True)
    ]
    usual = run_all(credits_command, runs, tmp_path / "usual")[-1]
    other = run_all(credits_command, reversed_runs, tmp_path / "reversed")[-1]
    found = row_differences(
        usual.published,
        other.published,
        names=("in order", "last deliveries first"),
        workspaces=order_free(LARGE_COUNT),
    )
    assert_no_differences(found, seed=seed, run=LARGE_RUNS - 1, as_of=usual.as_of, what="in reverse order")
