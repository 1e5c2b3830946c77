"""Waste from landing files to published marts: planted causes, their evidence, and the model.

The load plants a bad ruleset, fields nobody uses and hasty members; truth.json lists them.
"""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from support.product import SAMPLE_AS_OF, Credits, NightlyRun, copy_run, nightly_run, published_rows


@pytest.fixture(scope="module")
def load(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    root = tmp_path_factory.mktemp("waste")
    size = ("--workspaces", "4", "--days", "100", "--events", "60000", "--seed", "11")
    written = credits_command("sample", "--out", root / "landing", *size)
    assert written.returncode == 0, written.stderr
    return nightly_run(credits_command, root / "landing", root / "data", SAMPLE_AS_OF)


def truth(load: NightlyRun) -> dict[str, dict[str, object]]:
    loaded = json.loads((load.landing / "truth.json").read_text())
    return dict(loaded["workspaces"])


@pytest.mark.slow
def test_suggestions_name_every_planted_cause_and_nothing_else(load: NightlyRun) -> None:
    planted = truth(load)
    assert sum(bool(flaws["is_healthy"]) for flaws in planted.values()) >= 1
    for workspace_id, flaws in planted.items():
        suggested = load.query(
            "select ruleset_id, member_id, product_category, generation_type, waste_reason "
            f"from marts.waste_suggestions where workspace_id = '{workspace_id}' order by suggestion_rank"
        )
        rulesets = {row[0] for row in suggested if row[0]}
        members = {row[1] for row in suggested if row[1]}
        fields = {(row[2], row[3]) for row in suggested if row[4] == "unneeded_field"}
        field = flaws["unneeded_field"]
        assert rulesets == ({flaws["bad_ruleset"]} if flaws["bad_ruleset"] else set())
        assert members == ({flaws["hasty_member"]} if flaws["hasty_member"] else set())
        assert fields == ({(field["product_category"], field["generation_type"])} if field else set())
        assert len(suggested) == len(rulesets) + len(members) + len(fields)


@pytest.mark.slow
def test_the_evidence_of_each_suggestion_follows_from_generation_details(load: NightlyRun) -> None:
    suggestions = load.query(
        "select workspace_id, segment_kind, ruleset_id, template_id, product_category, member_id, "
        "generation_type, waste_reason, evidence_from, evidence_to, generation_count, "
        "wasted_generation_count, credits, wasted_credits, evidence_count, affected_count, elsewhere_count, "
        "elsewhere_affected_count, suggestion "
        "from marts.waste_suggestions"
    )
    assert suggestions
    details = load.query(
        "select workspace_id, ruleset_id, template_id, product_category, member_id, generation_type, "
        "waste_reason, usage_date, disposition, credits, attempt_number, attempt_count "
        "from marts.generation_details"
    )
    for found in suggestions:
        workspace, _, ruleset, template, category, member, kind, reason, since, until = found[:10]
        ids = (ruleset, template, category, member)
        here = [
            row
            for row in details
            if row[0] == workspace and since <= row[7] <= until and kind in (None, row[5])
        ]
        is_inside = [
            all(wanted in (None, value) for wanted, value in zip(ids, row[1:5], strict=True)) for row in here
        ]
        inside = [row for row, is_in in zip(here, is_inside, strict=True) if is_in]
        outside = [row for row, is_in in zip(here, is_inside, strict=True) if not is_in]
        wasted = [row for row in inside if row[8] == "wasted"]
        credits = [sum((row[9] for row in rows), Decimal(0)) for rows in (inside, wasted)]
        assert list(found[10:14]) == [len(inside), len(wasted), *credits]
        assert list(found[14:18]) == [*_counted(inside, reason), *_counted(outside, reason)]
        name = {"ruleset": ruleset, "template": template, "category_type": category}.get(found[1])
        assert name is None or name in found[18]


def _counted(rows: list[tuple[object, ...]], reason: object) -> list[int]:
    if reason == "excess_regeneration":
        firsts = [row for row in rows if row[10] == 1]
        return [len(firsts), sum(row[11] >= 3 for row in firsts)]
    return [len(rows), sum(row[6] == reason for row in rows)]


@pytest.mark.slow
def test_savings_are_ordered_and_never_exceed_the_waste(load: NightlyRun) -> None:
    (broken,) = load.query(
        "select count(*) from marts.waste_suggestions where not (0 <= potential_saving_credits_low "
        "and potential_saving_credits_low <= potential_saving_credits_mid "
        "and potential_saving_credits_mid <= potential_saving_credits_high "
        "and potential_saving_credits_high <= wasted_credits and potential_saving_credits_mid > 0)"
    )
    assert broken == (0,)


@pytest.mark.slow
def test_dispositions_sum_exactly_to_the_credits(load: NightlyRun) -> None:
    parts = "used_credits + iterated_credits + wasted_credits + pending_credits + untracked_credits"
    assert load.query(f"select count(*) from marts.usage_daily where {parts} <> credits") == [(0,)]
    assert load.query(f"select count(*) from marts.credit_summary where {parts} <> credits_used") == [(0,)]


@pytest.mark.slow
def test_the_promoted_model_scores_every_generation_and_is_calibrated(
    load: NightlyRun,
) -> None:
    assert load.query("select model from marts.model_registry where promoted and model like 'waste%'") == [
        ("waste_boosting",)
    ]
    used = load.query("select distinct status = 'succeeded', model_used from marts.generation_details")
    assert sorted(used) == [(False, "status"), (True, "boosting")]
    ((predicted, observed),) = load.query(
        "select avg(waste_probability), avg(case when disposition = 'wasted' then 1 else 0 end) "
        "from marts.generation_details where disposition <> 'pending' and status = 'succeeded'"
    )
    assert abs(float(predicted) - float(observed)) < 0.02
    assert 0.05 < float(observed) < 0.5


@pytest.mark.slow
def test_expected_waste_lies_between_zero_and_the_pending_credits(load: NightlyRun) -> None:
    rows = load.query(
        "select pending_credits, expected_pending_waste_credits_low, expected_pending_waste_credits, "
        "expected_pending_waste_credits_high from marts.credit_summary where pending_credits > 0"
    )
    assert len(rows) >= 6
    assert all(0 <= low < expected < high <= pending for pending, low, expected, high in rows)


@pytest.mark.slow
def test_a_tampered_model_file_falls_back_to_the_rule_until_it_is_deleted(
    credits_command: Credits, load: NightlyRun, tmp_path: Path
) -> None:
    run = copy_run(load, tmp_path / "data")
    (file,) = (run.data_dir / "models").iterdir()
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    run = nightly_run(credits_command, run.landing, run.data_dir, SAMPLE_AS_OF)
    assert "stored model" in run.result.stdout
    assert "waste_boosting-" in run.result.stdout
    used = "select distinct model_used from marts.generation_details where status = 'succeeded'"
    assert run.query(used) == [("rule",)]
    file.unlink()
    run = nightly_run(credits_command, run.landing, run.data_dir, SAMPLE_AS_OF)
    assert run.query(used) == [("boosting",)]
    assert published_rows(run.published) == published_rows(load.published)


def test_the_sample_suggests_its_old_ruleset(sample_run: NightlyRun) -> None:
    (suggestion,) = sample_run.query(
        "select segment_kind, ruleset_id, waste_reason, suggestion from marts.waste_suggestions"
    )
    assert suggestion[:3] == ("ruleset", "rs_descriptions_v1", "excess_regeneration")
    assert "take 3 or more attempts" in str(suggestion[3])


@pytest.mark.slow
def test_without_the_old_ruleset_the_sample_suggests_nothing(
    credits_command: Credits, sample_run: NightlyRun, tmp_path: Path
) -> None:
    """The suggestion follows from the data: the same attempts under one ruleset give none."""
    landing = tmp_path / "landing"
    shutil.copytree(sample_run.landing, landing)
    changed = 0
    for file in landing.rglob("*"):
        if file.is_file() and (text := file.read_bytes()).find(b"rs_descriptions_v1") >= 0:
            file.write_bytes(text.replace(b"rs_descriptions_v1", b"rs_descriptions_v2"))
            changed += 1
    assert changed
    run = nightly_run(credits_command, landing, tmp_path / "data", SAMPLE_AS_OF)
    assert run.query("select count(*) from marts.waste_suggestions") == [(0,)]
    result = credits_command("report", "--data-dir", run.data_dir)
    assert "Suggestion: none" in result.stdout
