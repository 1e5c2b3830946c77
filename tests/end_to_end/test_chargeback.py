"""A month that is closed stays as it was exported; what changes later is booked where it is found."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from oracle import Oracle
from oracle.comparison import differences, lake_rows
from support.finance_rows import FIRST, LATE, deliver
from support.product import Credits, CreditsWith, NightlyRun, copy_run, nightly_run

# each run takes 20 seconds; what is booked when is shown on the model
pytestmark = pytest.mark.slow
CLOSED, AFTER, MAY = "2025-04-07", "2025-04-20", "2025-05-06"
SUMS = "sum(credits), sum(cost) from marts.chargeback_monthly group by all order by all"
USED = "select coalesce(sum(credits), 0) from marts.usage_daily"
COSTS = """
    select currency, sum(cost) from (
        select currency, cost from marts.{} union all select currency, refunded_cost from marts.{}
    ) where currency is not null and currency <> '(none)' group by all
"""


def exported(
    credits_command: Credits, run: NightlyRun, month: str, to: Path, what: str = "chargeback"
) -> bytes:
    command = ("export", what, "--month", month, "--data-dir", run.data_dir, "--out", to)
    result = credits_command(*command)
    assert result.returncode == 0, result.stderr
    return to.read_bytes()


def charges(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(file.decode().splitlines()))


def by_kind(file: bytes) -> dict[tuple[str, str, str], Decimal]:
    """Credits of an export by usage month, kind and team."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in charges(file):
        sums[row["usage_month"], row["kind"], row["team"]] += Decimal(row["credits"])
    return dict(sums)


def costs(run: NightlyRun, mart: str) -> dict[object, Decimal]:
    return {currency: cost for currency, cost in run.query(COSTS.format(mart, mart)) if cost}


@pytest.fixture(scope="module")
def first(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    root = tmp_path_factory.mktemp("chargeback")
    return nightly_run(credits_command, deliver(root / "first", FIRST), root / "data", CLOSED)


@pytest.fixture(scope="module")
def march(
    credits_command: Credits, first: NightlyRun, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """What is exported of March before anything changes."""
    to = tmp_path_factory.mktemp("exports") / "rows.csv"
    return {what: exported(credits_command, first, "2025-03", to, what) for what in ("chargeback", "focus")}


@pytest.fixture(scope="module")
def after(
    credits_command: Credits,
    first: NightlyRun,
    march: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> NightlyRun:
    """The run with what came late, and another one without anything new."""
    root = tmp_path_factory.mktemp("late")
    run = copy_run(first, root / "data")
    run = nightly_run(credits_command, deliver(root / "late", LATE), run.data_dir, AFTER)
    return nightly_run(credits_command, run.landing, run.data_dir, AFTER)


def test_a_move_on_15_march_splits_march(march: dict[str, bytes]) -> None:
    assert by_kind(march["chargeback"]) == {
        ("2025-03", "charge", "Print"): 40,
        ("2025-03", "charge", "Web"): 20,
    }
    assert {row["status"] for row in charges(march["chargeback"])} == {"closed"}


def test_an_export_of_a_closed_month_is_the_same_file_after_late_data(
    credits_command: Credits, march: dict[str, bytes], after: NightlyRun, tmp_path: Path
) -> None:
    for what, before in march.items():
        assert exported(credits_command, after, "2025-03", tmp_path / what, what) == before
    april = exported(credits_command, after, "2025-04", tmp_path / "april.csv")
    assert by_kind(april) == {
        ("2025-03", "correction", "Print"): -18,
        ("2025-03", "correction", "Web"): 5,
        ("2025-04", "charge", "(no team)"): 10,
        ("2025-04", "charge", "Web"): 60,
    }
    assert {row["status"] for row in charges(april)} == {"open"}


def test_all_that_is_booked_is_usage_and_its_cost(first: NightlyRun, after: NightlyRun) -> None:
    for run in (first, after):
        for mart in ("chargeback_daily", "chargeback_monthly"):
            assert run.query(f"select sum(credits) from marts.{mart}") == run.query(USED)
            assert costs(run, mart) == costs(run, "lot_draws") != {}
        expected = Oracle(lake_rows(run.data_dir / "raw"), as_of=date.fromisoformat(run.as_of)).marts()
        older = f"select workspace_id, as_of from marts.depletion_forecast where as_of < '{run.as_of}'"
        expected["depletion_forecast"] |= {key: {} for key in run.query(older)}
        assert differences(run.published, expected) == []


def test_focus_sums_to_cash_paid_and_to_the_cost_of_usage(
    credits_command: Credits, after: NightlyRun, tmp_path: Path
) -> None:
    result = credits_command("export", "focus", "--data-dir", after.data_dir, "--out", tmp_path / "focus.csv")
    assert result.returncode == 0, result.stderr
    rows = charges((tmp_path / "focus.csv").read_bytes())
    paid: dict[object, Decimal] = defaultdict(Decimal)
    used: dict[object, Decimal] = defaultdict(Decimal)
    for row in rows:
        paid[row["BillingCurrency"]] += Decimal(row["BilledCost"])
        used[row["BillingCurrency"]] += Decimal(row["EffectiveCost"])
    # what is free or has no price is in no currency where the workspace pays in several
    assert (paid.pop("XXX"), used.pop("XXX")) == (0, 0)
    assert paid == dict(after.query("select currency, sum(amount) from marts.purchases group by all"))
    assert used == costs(after, "lot_draws")
    (listed,) = {row["ListCost"] for row in rows if row["ChargeCategory"] == "Purchase" and row["InvoiceId"]}
    assert Decimal(listed) == 33


def test_a_full_refresh_a_rollback_and_a_run_for_an_earlier_day_book_nothing_twice(
    credits_command: Credits, after: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(after, tmp_path / "data")
    booked = "select * from marts.chargeback_daily where is_closed or is_correction order by all"
    before = run.query(booked)
    rebuilt = nightly_run(credits_command, run.landing, run.data_dir, AFTER, "--full-refresh")
    assert rebuilt.query(booked) == before
    assert credits_command("rollback", "--data-dir", run.data_dir, "--to", "1").returncode == 0
    again = nightly_run(credits_command, run.landing, run.data_dir, "2025-04-08")
    assert again.query(booked) == before
    closing = nightly_run(credits_command, run.landing, run.data_dir, MAY)
    corrections = "select * exclude (is_closed) from marts.chargeback_daily where is_correction order by all"
    assert closing.query(corrections) == after.query(corrections) != []
    assert closing.query("select max(booked_month) from marts.chargeback_daily where is_closed") == [
        (date(2025, 4, 1),)
    ]


def test_who_is_forgotten_is_in_no_booked_row_and_corrects_none(
    credits_command: Credits, after: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(after, tmp_path / "data")
    sums = f"select booked_month, month, is_correction, {SUMS}"
    before = run.query(sums)
    forgotten = credits_command("forget", "--member", "ana", "--data-dir", run.data_dir)
    assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
    assert run.query(sums) == before
    members = run.query("select distinct member_id, member_name from marts.chargeback_daily order by 1")
    assert [name for id, name in members if not str(id).startswith("forgotten-")] == ["(no member)", "Bo"]


def test_with_pseudonyms_a_closed_month_names_nobody_and_is_not_corrected(
    credits_with: CreditsWith, after: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(after, tmp_path / "data")
    command = credits_with(CREDITS_PSEUDONYM_SECRET="a secret of the tests, long enough")
    hidden = nightly_run(command, run.landing, run.data_dir, AFTER, "--pseudonymise")
    sums = f"select booked_month, month, team, {SUMS}"
    assert hidden.query(sums) == after.query(sums)
    members = {
        id for (id,) in hidden.query("select unnest([member_id, member_name]) from marts.chargeback_daily")
    }
    assert all(str(member).startswith("m-") for member in members - {"(no member)"})
