"""Nights of increments on generated histories: equal, row by row, to one full refresh and to plain Python.

How histories are made is in generate.py. A failure names the seed and the history (a workspace):
`histories(1, nights, seed, first=17)` are the deliveries of h0017 alone.
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
from histories.generate import NightDeliveries, histories, is_free_of_order, write_night
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.product import Credits, NightlyRun, copy_run, nightly_run

SMALL_SEED, SMALL_COUNT, SMALL_NIGHTS = 3, 100, 4
LARGE_SEEDS, LARGE_COUNT, LARGE_NIGHTS = (1, 2, 3), 80, 6
SHOWN = 12

IN_LONG_SETS_ONLY = {"night: same day again", "night: nothing is delivered"}
A_FEW = 3


def run_nights(credits_command: Credits, nights: Sequence[NightDeliveries], root: Path) -> list[NightlyRun]:
    """Every night into one data directory; the last one's is what stands in the end."""
    return [
        nightly_run(
            credits_command,
            write_night(root / "landing", number, deliveries),
            root / "data",
            str(deliveries.as_of),
        )
        for number, deliveries in enumerate(nights)
    ]


def rebuilt(credits_command: Credits, night: NightlyRun, to: Path) -> NightlyRun:
    """The same night from the same lake by a full refresh, in a copy."""
    copy = copy_run(night, to)
    return nightly_run(credits_command, copy.landing, copy.data_dir, copy.as_of, "--full-refresh")


def assert_none(found: Sequence[str], *, seed: int, night: int, as_of: str, what: str) -> None:
    """Fail with a difference of each history and mart, and with what is needed to see them again."""
    heading = f"seed {seed}, night {night}, as_of {as_of}: {len(found)} differences, {what}"
    one_each = {difference.split(" (")[0]: difference for difference in reversed(found)}
    assert not found, "\n".join([heading, *list(reversed(one_each.values()))[:SHOWN]])


def oracle_differences(night: NightlyRun) -> list[str]:
    """What is published against the oracle; of what earlier nights forecast nothing is expected."""
    expected = Oracle(lake_rows(night.data_dir / "raw"), as_of=date.fromisoformat(night.as_of)).marts()
    older = f"select workspace_id, as_of from marts.depletion_forecast where as_of < '{night.as_of}'"
    expected["depletion_forecast"] |= {key: {} for key in night.query(older)}
    return differences(night.published, expected)


@pytest.fixture(scope="module")
def small_set() -> list[NightDeliveries]:
    return histories(SMALL_COUNT, SMALL_NIGHTS, SMALL_SEED)


@pytest.fixture(scope="module")
def small_nights(
    credits_command: Credits, small_set: list[NightDeliveries], tmp_path_factory: pytest.TempPathFactory
) -> NightlyRun:
    """The small set's last night, after the others."""
    return run_nights(credits_command, small_set, tmp_path_factory.mktemp("histories"))[-1]


def order_free(count: int) -> set[str]:
    return {f"h{number:04d}" for number in range(count) if is_free_of_order(number)}


@pytest.mark.parametrize(
    ("count", "nights", "seed"),
    [
        (SMALL_COUNT, SMALL_NIGHTS, SMALL_SEED),
        *((LARGE_COUNT, LARGE_NIGHTS, seed) for seed in LARGE_SEEDS),
    ],
)
def test_every_situation_occurs_at_least_a_few_times(count: int, nights: int, seed: int) -> None:
    found = census(histories(count, nights, seed))
    exempt = IN_LONG_SETS_ONLY if nights < LARGE_NIGHTS else set()
    rare = {
        name: times
        for name, times in found.items()
        # there are only so many nights, and files
        if times < (1 if name.startswith(("night:", "file:")) else A_FEW) and name not in exempt
    }
    assert rare == {}


def test_the_same_seed_gives_the_same_deliveries_and_a_history_is_the_same_alone() -> None:
    assert histories(12, 4, 5) == histories(12, 4, 5)
    among = histories(12, 4, 5)
    alone = histories(1, 4, 5, first=7)
    for one, other in zip(among, alone, strict=True):
        assert _texts(one, "h0007") == _texts(other, "h0007")


def _texts(night: NightDeliveries, workspace_id: str) -> list[str]:
    """Lines of one workspace, those of a whole file that comes again left out."""
    files = [lines for name, lines in night.files.items() if "-again-" not in name]
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


def test_nights_of_increments_equal_one_full_refresh(
    credits_command: Credits, small_nights: NightlyRun, tmp_path: Path
) -> None:
    refreshed = rebuilt(credits_command, small_nights, tmp_path / "data")
    found = row_differences(small_nights.published, refreshed.published, names=("increments", "full refresh"))
    as_of = small_nights.as_of
    assert_none(
        found, seed=SMALL_SEED, night=SMALL_NIGHTS - 1, as_of=as_of, what="increments and full refresh"
    )


def test_nights_of_increments_are_what_plain_python_finds(small_nights: NightlyRun) -> None:
    found = oracle_differences(small_nights)
    as_of = small_nights.as_of
    assert_none(found, seed=SMALL_SEED, night=SMALL_NIGHTS - 1, as_of=as_of, what="published and expected")


@pytest.mark.slow
def test_missed_nights_loaded_in_one_go_equal_the_nights_one_by_one(
    credits_command: Credits, small_set: list[NightDeliveries], small_nights: NightlyRun, tmp_path: Path
) -> None:
    for number, deliveries in enumerate(small_set):
        folder = write_night(tmp_path / "nights", number, deliveries)
        shutil.copytree(folder, tmp_path / "landing", dirs_exist_ok=True)
    at_once = nightly_run(credits_command, tmp_path / "landing", tmp_path / "data", small_nights.as_of)
    found = row_differences(
        small_nights.published,
        at_once.published,
        names=("night by night", "at once"),
        workspaces=order_free(SMALL_COUNT),
    )
    found += oracle_differences(at_once)
    assert_none(found, seed=SMALL_SEED, night=0, as_of=small_nights.as_of, what="in one go")


@pytest.mark.slow
@pytest.mark.parametrize("seed", LARGE_SEEDS)
def test_every_night_of_increments_equals_a_full_refresh(
    credits_command: Credits, seed: int, tmp_path: Path
) -> None:
    otherwise: list[str] = []
    for number, deliveries in enumerate(histories(LARGE_COUNT, LARGE_NIGHTS, seed)):
        landing = write_night(tmp_path / "landing", number, deliveries)
        night = nightly_run(credits_command, landing, tmp_path / "data", str(deliveries.as_of))
        refreshed = rebuilt(credits_command, night, tmp_path / "refreshed")
        found = row_differences(night.published, refreshed.published, names=("increments", "full refresh"))
        assert_none(found, seed=seed, night=number, as_of=night.as_of, what="increments and full refresh")
        # looked at in the end: what both get wrong in one night must not hide what increments do in the next
        otherwise += [f"night {number}: {difference}" for difference in oracle_differences(night)]
        shutil.rmtree(tmp_path / "refreshed")
    assert_none(otherwise, seed=seed, night=number, as_of=night.as_of, what="published and expected")


@pytest.mark.slow
@pytest.mark.parametrize("seed", LARGE_SEEDS[:1])
def test_the_nights_deliveries_in_any_order_tell_the_same(
    credits_command: Credits, seed: int, tmp_path: Path
) -> None:
    nights = histories(LARGE_COUNT, LARGE_NIGHTS, seed)
    turned = [
        NightDeliveries(night.as_of, delivered.files)
        for night, delivered in zip(nights, reversed(nights), strict=True)
    ]
    usual = run_nights(credits_command, nights, tmp_path / "usual")[-1]
    other = run_nights(credits_command, turned, tmp_path / "turned")[-1]
    found = row_differences(
        usual.published,
        other.published,
        names=("as it came", "last night's deliveries first"),
        workspaces=order_free(LARGE_COUNT),
    )
    assert_none(found, seed=seed, night=LARGE_NIGHTS - 1, as_of=usual.as_of, what="in another order")
