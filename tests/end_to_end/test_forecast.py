"""The forecast from landing files to the command line: dates, purchase advice, what-if, accuracy."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.product import Credits, NightlyRun, copy_run, nightly_run


@pytest.fixture(scope="module")
def run(sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """The sample run in a data directory whose lock these commands may hold."""
    return copy_run(sample_run, tmp_path_factory.mktemp("run") / "data")


def lines_labelled(text: str, label: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip().startswith(label)]


def test_the_range_lies_around_the_pace_date_and_the_sample_buys_by_p5_less_the_lead_time(
    sample_run: NightlyRun,
) -> None:
    ((status, pace, *days, buy_by, lead_days),) = sample_run.query(
        "select forecast_status, pace_date, depletes_on_p025, depletes_on_p5, depletes_on_p10, "
        "depletes_on_p50, depletes_on_p90, depletes_on_p975, buy_by, lead_time_days "
        "from marts.depletion_forecast"
    )
    assert (status, pace) == ("ok", date(2026, 5, 12))
    assert days == sorted(days)
    assert days[2] < pace < days[4]
    assert buy_by == days[1] - timedelta(days=lead_days)


def test_the_recommended_packs_cover_the_credits_to_buy_at_their_list_price(sample_run: NightlyRun) -> None:
    ((needed, packs, price),) = sample_run.query(
        "select credits_to_buy, recommended_packs, packs_price from marts.depletion_forecast"
    )
    bought = json.loads(packs)
    assert sum(Decimal(pack["credits"]) for pack in bought) >= needed > 0
    assert sum(Decimal(pack["price"]) for pack in bought) == price


def test_depletion_paths_start_at_the_balance_and_end_at_zero(sample_run: NightlyRun) -> None:
    first, *_, last = sample_run.query("from marts.depletion_paths order by forecast_date")
    assert first == ("acme-store", date(2026, 4, 7), *[Decimal(2660)] * 5)
    assert last[2:] == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("regeneration-rate=-50%", "days later"),
        ("bulk=100 products", "days earlier"),
        ("buy=pack_3000@2026-04-20", "days later"),
    ],
)
def test_a_what_if_change_moves_the_median(
    credits_command: Credits, run: NightlyRun, change: str, expected: str
) -> None:
    result = credits_command("forecast", "--data-dir", run.data_dir, "--what-if", change)
    assert result.returncode == 0, result.stderr
    assert expected in result.stdout.splitlines()[-1]
    published = run.query("select depletes_on_p50 from marts.depletion_forecast")
    median = lines_labelled(result.stdout, "median")[0]
    assert f"{published[0][0]:%-d %b %Y}" in median


def test_what_if_changes_are_combined(credits_command: Credits, run: NightlyRun) -> None:
    both = ("--what-if", "members=+5", "--what-if", "regeneration-rate=-100%")
    alone = credits_command("forecast", "--data-dir", run.data_dir, *both[:2])
    together = credits_command("forecast", "--data-dir", run.data_dir, *both)
    assert lines_labelled(alone.stdout, "median")[1] != lines_labelled(together.stdout, "median")[1]


@pytest.mark.parametrize(
    "change",
    ["members=2", "buy=none@2026-05-01"],
)
def test_an_impossible_change_is_refused_with_a_remedy(
    credits_command: Credits, run: NightlyRun, change: str
) -> None:
    result = credits_command("forecast", "--data-dir", run.data_dir, "--what-if", change)
    assert result.returncode == 2
    assert change.split("=")[0] in result.stderr or "none" in result.stderr


def test_a_forecast_of_an_unknown_workspace_names_the_known_ones(
    credits_command: Credits, run: NightlyRun
) -> None:
    result = credits_command("forecast", "--data-dir", run.data_dir, "--workspace", "nobody")
    assert result.returncode == 2
    assert "'nobody'" in result.stderr and "acme-store" in result.stderr


def test_without_a_forecast_the_command_names_the_one_to_run_first(
    credits_command: Credits, tmp_path: Path
) -> None:
    for command in ("forecast", "backtest"):
        result = credits_command(command, "--data-dir", tmp_path / "nothing")
        assert result.returncode == 2
        assert "run credits run" in result.stderr


@pytest.mark.slow
def test_a_new_user_sees_measured_accuracy_on_the_first_day(
    credits_command: Credits, real_run: NightlyRun
) -> None:
    accuracy = real_run.query(
        "select kind, horizon_bucket, cases, coverage_80 from marts.forecast_accuracy "
        "where workspace_id = '(all)' and horizon_bucket <> '(all)' order by all"
    )
    assert {(kind, bucket) for kind, bucket, *_ in accuracy} >= {("replayed", "0-7"), ("replayed", "31-90")}
    total = real_run.query(
        "select sum(cases) filter (horizon_bucket <> '(all)'), sum(cases) filter (horizon_bucket = '(all)') "
        "from marts.forecast_accuracy where workspace_id = '(all)'"
    )
    assert total[0][0] == total[0][1] > 100
    result = credits_command("backtest", "--data-dir", real_run.data_dir, "--to", "2025-04-30")
    assert result.returncode == 0, result.stderr
    assert "30 Apr 2025" in result.stdout and "pace" in result.stdout


@pytest.mark.slow
def test_the_forecast_caps_an_implausible_charge_and_the_report_says_so(
    credits_command: Credits, real_run: NightlyRun
) -> None:
    ((capped, burnt),) = real_run.query(
        "select capped_credits, (select max(credits) from marts.generation_details) "
        "from marts.depletion_forecast"
    )
    assert 900_000 < capped < burnt
    result = credits_command("report", "--data-dir", real_run.data_dir)
    assert "are not taken for demand by the forecast" in result.stdout


def steady_landing(folder: Path) -> Path:
    """Ten credits a day from 1 January; 450 bought then, and 1,000 more two days before those run out."""
    for feed, rows in {
        "generation_events": [
            {
                "event_id": f"e{number}",
                "occurred_at": f"{date(2026, 1, 1) + timedelta(days=number)}T12:00:00Z",
                **{"workspace_id": "w", "member_id": "m", "product_id": "p"},
                **{"generation_type": "meta", "credits": "10"},
            }
            for number in range(70)
        ],
        "credit_entries": [
            {"entry_id": day, "occurred_at": f"{day}T00:00:00Z", "workspace_id": "w", **bought}
            for day, bought in {
                "2026-01-01": {"entry_type": "purchase", "credits": "450"},
                "2026-02-12": {"entry_type": "purchase", "credits": "1000"},
            }.items()
        ],
    }.items():
        (folder / feed).mkdir(parents=True)
        (folder / feed / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.slow
def test_a_published_forecast_is_scored_once_against_the_credits_it_knew_of(
    credits_command: Credits, tmp_path: Path
) -> None:
    """40 credits were left on 10 February: four days, although more were bought in time."""
    landing, data_dir = steady_landing(tmp_path / "landing"), tmp_path / "data"
    scored = "select cases, median_abs_error_days, pace_median_abs_error_days, first_as_of "
    scored += "from marts.forecast_accuracy "
    scored += "where workspace_id = 'w' and kind = 'published' and horizon_bucket = '0-7'"
    first = nightly_run(credits_command, landing, data_dir, "2026-02-10")
    assert first.query("select forecast_status, pace_date from marts.depletion_forecast") == [
        ("ok", date(2026, 2, 14))
    ]
    assert nightly_run(credits_command, landing, data_dir, "2026-02-23").query(scored) == []
    for as_of in ("2026-02-24", "2026-02-25"):
        ((cases, error, pace_error, first_as_of),) = nightly_run(
            credits_command, landing, data_dir, as_of
        ).query(scored)
        assert (cases, pace_error, first_as_of) == (1, 0, date(2026, 2, 10))
        assert error <= 1


def test_the_calibration_in_use_is_registered_with_its_hash(sample_run: NightlyRun) -> None:
    ((version, hashed, content),) = sample_run.query(
        "select version, hash, content from marts.model_registry where promoted and model = 'depletion_range'"
    )
    assert hashed.startswith(version) and json.loads(content)["hash"] == hashed
    assert sample_run.query("select distinct calibration_version from marts.depletion_forecast") == [
        (version,)
    ]


@pytest.mark.slow
def test_vintages_of_an_older_journal_are_kept_without_a_range(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    """The journal has files from before ranges were forecast."""
    run = copy_run(sample_run, tmp_path / "data")
    folder = run.data_dir / "journal" / "depletion_forecast"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select workspace_id, date '2026-04-05' as as_of, forecast_status, credits_remaining, "
            "burn_rate_7d_credits, burn_rate_7d_days, burn_rate_30d_credits, burn_rate_30d_days, pace_date, "
            "empty_since, next_grant_on, history_days, published_at as told_at "
            f"from '{folder}/2026-04-07-*.parquet') to '{folder}/2026-04-05-old.parquet'"
        )
    again = nightly_run(credits_command, run.landing, run.data_dir, run.as_of, "--full-refresh")
    vintages = again.query(
        "select as_of, depletes_on_p50 is null from marts.depletion_forecast order by as_of"
    )
    assert vintages == [(date(2026, 4, 5), True), (date(2026, 4, 7), False)]
