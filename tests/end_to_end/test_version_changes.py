"""Rulesets and templates before and after a change, from landing files to marts, recomputed in plain code.

Not here: what counts as a change, case by case (tests/forecasting/waste/test_version_changes.py).
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import sqrt

import pytest
from support.product import Credits, NightlyRun, nightly_run

pytestmark = pytest.mark.slow
AS_OF = date(2026, 4, 7)
LISTED_FROM = AS_OF - timedelta(days=89)
# generation type: ruleset and template by day before AS_OF; bullets have two rulesets all along
VERSIONS = {
    "meta": lambda day, draw: ("meta_v1" if day > 40 else "meta_v2", "t1"),
    "bullets": lambda day, draw: (f"bullets_{draw % 2}", "t1" if day > 6 else "t2"),
    "keywords": lambda day, draw: (None if day > 6 else "keywords_v1", None),
}
CHANGES = {
    ("ruleset", "shop", "meta", "meta_v2"): ("meta_v1", 40),
    ("template", "shop", "bullets", "t2"): ("t1", 6),
}


@pytest.fixture(scope="module")
def run(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """80 days of a shop that writes 5 of 50 products a day, up to 3 times each."""
    root, rng, lines = tmp_path_factory.mktemp("versions"), random.Random(7), []
    for day in range(79, -1, -1):
        for generation_type, version in VERSIONS.items():
            for product in rng.sample(range(50), 5):
                ruleset, template = version(day, product)
                for attempt in range(rng.choice([1, 1, 1, 1, 2, 2, 3])):
                    lines.append(
                        {
                            "event_id": f"e{len(lines)}",
                            "occurred_at": f"{AS_OF - timedelta(days=day)}T10:{product:02}:{attempt:02}Z",
                            **{"workspace_id": "shop", "member_id": "m", "product_id": f"p{product}"},
                            **{"generation_type": generation_type, "credits": "1"},
                            "ruleset_id": ruleset,
                            "template_id": template,
                            "quality_score": rng.choice([None, f"{rng.uniform(0.4, 1):.17f}"]),
                            "status": rng.choice(["succeeded"] * 9 + ["failed"]),
                        }
                    )
    folder = root / "landing" / "generation_events"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return nightly_run(credits_command, root / "landing", root / "data", str(AS_OF))


def changes_of(run: NightlyRun) -> dict[tuple[object, ...], dict[str, object]]:
    """The rows of both marts by kind, workspace, generation type and new id."""
    rows = {}
    for kind in ("ruleset", "template"):
        names = [
            str(name)
            for (name,) in run.query(
                f"select column_name from information_schema.columns where table_name = '{kind}_changes' "
                "order by ordinal_position"
            )
        ]
        for values in run.query(f"from marts.{kind}_changes"):
            row = dict(zip(names, values, strict=True))
            row["previous_id"] = row.pop(f"previous_{kind}_id")
            rows[kind, row.pop("workspace_id"), row.pop("generation_type"), row.pop(f"{kind}_id")] = row
    return rows


def rounded(value: Fraction) -> Decimal:
    """To 6 decimals, half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def variance(pairs: dict[str, list[Fraction]]) -> float:
    """Linearised, of sum(y) / sum(n) over products."""
    total = sum(n for n, _ in pairs.values())
    ratio = sum(y for _, y in pairs.values()) / total
    squares = sum((y - ratio * n) ** 2 for n, y in pairs.values())
    return float(Fraction(len(pairs), len(pairs) - 1) * squares / total**2)


def of_side(
    run: NightlyRun, kind: str, type_: str, version: str, first: date, last: date
) -> dict[str, object]:
    """One side of a change, from the generations that are published."""
    rows = run.query(
        "select product_id, attempt_number, quality_score from marts.generation_details "
        f"where workspace_id = 'shop' and generation_type = '{type_}' and {kind}_id = '{version}' "
        f"and attempt_number is not null and usage_date between date '{first}' and date '{last}'"
    )
    rates: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    scores: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    for product, number, score in rows:
        rates[str(product)][0] += 1
        rates[str(product)][1] += int(str(number)) >= 2
        if number == 1 and score is not None:
            scores[str(product)][0] += 1
            scores[str(product)][1] += Fraction(str(score))
    attempts, regenerations = (sum(column) for column in zip(*rates.values(), strict=True))
    scored, quality = (sum(column) for column in zip(*scores.values(), strict=True))
    return {
        "attempts": attempts,
        "regenerations": regenerations,
        "first_pass_scored": scored,
        "regeneration_rate": rounded(Fraction(regenerations) / attempts),
        "first_pass_quality_score": rounded(Fraction(quality) / scored),
        "variances": (
            max(variance(rates), (len(rates) + 1) / (len(rates) + 2) ** 3),
            max(variance(scores), 0.05**2 / len(scores)),
        ),
    }


def test_the_marts_list_the_new_ruleset_and_the_new_template_and_nothing_else(run: NightlyRun) -> None:
    found = {key: (row["previous_id"], row["changed_on"]) for key, row in changes_of(run).items()}
    assert found == {key: (previous, AS_OF - timedelta(days=day)) for key, (previous, day) in CHANGES.items()}


@pytest.mark.parametrize("key", CHANGES, ids=["a ruleset", "a template"])
def test_every_figure_of_a_change_follows_from_its_generations(run: NightlyRun, key: tuple[str, ...]) -> None:
    kind, _, generation_type, version = key
    previous, day = CHANGES[key]
    row, changed_on = changes_of(run)[key], AS_OF - timedelta(days=day)
    # 30 days before a change of 40 days ago are still within the 90 of generation_details
    assert changed_on - timedelta(days=30) >= LISTED_FROM
    days = timedelta(days=1)
    before = of_side(run, kind, generation_type, previous, changed_on - 30 * days, changed_on - days)
    after = of_side(run, kind, generation_type, version, changed_on, changed_on + 29 * days)
    measures = ("regeneration_rate", "first_pass_quality_score")
    for name in ("attempts", "regenerations", "first_pass_scored", *measures):
        assert (row[f"{name}_before"], row[f"{name}_after"]) == (before[name], after[name]), name
    assert 0 < row["first_pass_scored_after"] < row["attempts_after"] - row["regenerations_after"]
    for position, name in enumerate(measures):
        difference = after[name] - before[name]
        assert row[f"{name}_difference"] == difference
        half = 1.6448536 * sqrt(before["variances"][position] + after["variances"][position])
        low, high = (float(row[f"{name}_difference_{end}"]) for end in ("low", "high"))
        assert (low, high) == pytest.approx((float(difference) - half, float(difference) + half), abs=2e-6)


def test_the_only_change_of_the_sample_is_from_the_day_its_new_ruleset_was_first_used(
    sample_run: NightlyRun,
) -> None:
    first_used = sample_run.query(
        "select ruleset_id, min(usage_date) from marts.generation_details "
        "where generation_type = 'description' and attempt_number is not null group by 1 order by 2"
    )
    (old, old_on), (new, new_on) = first_used
    assert old_on < new_on
    found = {key: (row["previous_id"], row["changed_on"]) for key, row in changes_of(sample_run).items()}
    assert found == {("ruleset", "acme-store", "description", new): (old, new_on)}
