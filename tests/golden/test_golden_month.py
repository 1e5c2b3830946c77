"""Every figure of the user's example, computed from landing files to report."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from support.product import REPO, Credits, NightlyRun

EXAMPLE = """\
Total Credits Used: 2,340 of 5,000     Burn rate: 78/day     Forecast: Empty by May 12
By team member                                        By generation type
Sarah  680 credits (29%)   6.2 credits/product        Descriptions   1,200 (51%)
Mike   520 credits (22%)   5.8 credits/product        Meta tags        500 (21%)
Lisa   480 credits (21%)   4.9 credits/product  *     Bullet points    340 (15%)
Waste detected: 180 credits on regenerations (3+ attempts)
Suggestion: improve rulesets to reduce rework
"""


def test_the_report_prints_the_users_example(credits_command: Credits, sample_run: NightlyRun) -> None:
    result = credits_command("report", "--data-dir", sample_run.data_dir)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "Credit Usage Analytics - Last 30 Days"
    for line in EXAMPLE.splitlines():
        assert line in lines, result.stdout
    assert any(
        line.startswith("Tom    400 credits (17%)") and "Keywords         300 (13%)" in line for line in lines
    )
    assert any(line.startswith("Anna   260 credits (11%)") and "* most efficient" in line for line in lines)


def test_the_readme_shows_the_printed_report(credits_command: Credits, sample_run: NightlyRun) -> None:
    result = credits_command("report", "--data-dir", sample_run.data_dir)
    assert f"```\n{result.stdout}```" in (REPO / "README.md").read_text()


def test_the_json_report_has_the_same_figures(credits_command: Credits, sample_run: NightlyRun) -> None:
    result = credits_command("report", "--data-dir", sample_run.data_dir, "--format", "json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert Decimal(report["summary"]["credits_used"]) == 2340
    assert Decimal(report["summary"]["allowance"]) == 5000
    assert report["forecast"]["pace_date"] == "2026-05-12"
    waste = report["waste"]
    assert Decimal(waste["credits"]) == 180
    assert waste["suggestion"] == "improve rulesets to reduce rework"
    first = waste["suggestions"][0]
    assert (first["segment_kind"], first["waste_reason"]) == ("ruleset", "excess_regeneration")
    assert Decimal(first["potential_saving_credits_high"]) <= Decimal(first["wasted_credits"]) <= 180


def test_members_and_types_match_the_example_to_the_credit(sample_run: NightlyRun) -> None:
    members = sample_run.query(
        "select member_name, credits, round(credits_per_product, 1), is_most_efficient "
        "from marts.usage_by_member where period = '30d' order by spend_rank"
    )
    assert [row[:2] for row in members] == [
        ("Sarah", 680),
        ("Mike", 520),
        ("Lisa", 480),
        ("Tom", 400),
        ("Anna", 260),
    ]
    per_product = {name: value for name, _, value, _ in members}
    assert (per_product["Sarah"], per_product["Mike"], per_product["Lisa"]) == (
        Decimal("6.2"),
        Decimal("5.8"),
        Decimal("4.9"),
    )
    assert min(per_product["Tom"], per_product["Anna"]) > per_product["Lisa"]
    assert [name for name, *_, is_most_efficient in members if is_most_efficient] == ["Lisa"]
    types = sample_run.query(
        "select generation_type_name, credits from marts.usage_by_generation_type "
        "where period = '30d' order by spend_rank"
    )
    assert types == [("Descriptions", 1200), ("Meta tags", 500), ("Bullet points", 340), ("Keywords", 300)]


def test_the_headline_matches_the_example(sample_run: NightlyRun) -> None:
    assert sample_run.query(
        "select credits_used, allowance, credits_remaining, burn_rate, wasted_credits "
        "from marts.credit_summary where period = '30d'"
    ) == [(2340, 5000, 2660, 78, 180)]
    assert sample_run.query("select forecast_status, pace_date from marts.depletion_forecast") == [
        ("ok", date(2026, 5, 12))
    ]
    assert sample_run.query(
        "select waste_reason, wasted_credits from marts.waste_by_reason "
        "where period = '30d' and wasted_credits > 0"
    ) == [("excess_regeneration", 180)]
