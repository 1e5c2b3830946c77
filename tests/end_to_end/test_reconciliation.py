"""Published figures add up, and equal a recomputation in plain Python."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from oracle import Oracle, load_landing
from oracle.comparison import differences, lake_rows
from support.product import SAMPLE_AS_OF, Credits, NightlyRun, nightly_run

from orchestration.landing.sample.write import write_load


@pytest.fixture(params=["sample_run", pytest.param("real_run", marks=pytest.mark.slow)])
def run(request: pytest.FixtureRequest) -> NightlyRun:
    found: NightlyRun = request.getfixturevalue(request.param)
    return found


def test_every_figure_equals_the_recomputation_in_plain_python(run: NightlyRun) -> None:
    expected = Oracle(load_landing(run.landing), as_of=date.fromisoformat(run.as_of)).marts()
    assert differences(run.published, expected) == []


def test_every_breakdown_sums_to_its_total(run: NightlyRun) -> None:
    totals = run.query("select workspace_id, period, credits_used from marts.credit_summary order by all")
    assert totals
    for mart in ("usage_by_member", "usage_by_category", "usage_by_generation_type"):
        sums = run.query(
            f"select workspace_id, period, sum(credits) from marts.{mart} group by all order by all"
        )
        assert sums == totals, mart
        shares = run.query(
            f"select distinct sum(credit_share) from marts.{mart} group by workspace_id, period"
        )
        assert shares == [(1,)], mart


def test_every_credit_of_every_day_has_one_disposition(run: NightlyRun) -> None:
    assert (
        run.query(
            "select workspace_id, usage_date from marts.usage_daily group by all having sum(credits) <> "
            "sum(used_credits + iterated_credits + wasted_credits + pending_credits + untracked_credits)"
        )
        == []
    )


@pytest.mark.slow
def test_an_awkward_load_equals_the_recomputation_in_plain_python(
    credits_command: Credits, tmp_path: Path
) -> None:
    write_load(
        tmp_path / "landing",
        workspaces=4,
        days=100,
        events=80_000,  # enough for sums that would overflow narrow decimals
        seed=7,
        end_date=date.fromisoformat(SAMPLE_AS_OF),
        duplicate_share=0.05,
        conflict_share=0.01,
        late_share=0.02,
        retracted_share=0.01,
        bad_share=0.01,
    )
    run = nightly_run(credits_command, tmp_path / "landing", tmp_path / "data", SAMPLE_AS_OF)
    expected = Oracle(lake_rows(run.data_dir / "raw"), as_of=date.fromisoformat(SAMPLE_AS_OF)).marts()
    assert differences(run.published, expected) == []
    assert len(expected["credit_lots"]) > 6
    status = credits_command("status", "--data-dir", run.data_dir)
    assert status.returncode == 0, status.stderr
    assert "generation_events instant.offset: " in status.stdout
