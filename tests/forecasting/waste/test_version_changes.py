"""Version changes on hand-made attempts: what counts as a change, what is compared, how wide a range is.

Not here: how attempts are summed by product in SQL (tests/end_to_end).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from forecasting.waste.version_changes import MICRO, QUALITY_STEPS, compare, find_changes, sides_of

AS_OF = date(2026, 4, 7)
Row = tuple[str, int, int]  # id, days before AS_OF, attempts
Product = tuple[int, int, list[str]]  # attempts, regenerations, scores of its first attempts


def ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF - timedelta(days=days))


def daily(
    *rows: Row, workspace: str = "w", kind: str = "ruleset", generation_type: str = "meta"
) -> pd.DataFrame:
    rows = [(workspace, generation_type, kind, name, ago(days), attempts) for name, days, attempts in rows]
    columns = ["workspace_id", "generation_type", "version_kind", "version_id", "usage_date", "attempts"]
    return pd.DataFrame(rows, columns=columns).astype({"usage_date": "datetime64[us]", "attempts": "int64"})


def every_day(name: str, first: int, last: int, attempts: int = 1) -> list[Row]:
    """Attempts on each of the days from `first` down to `last` days before AS_OF."""
    return [(name, days, attempts) for days in range(first, last - 1, -1)]


def changes(*rows: Row) -> list[tuple[str, str, int]]:
    """New id, previous id, and days before AS_OF of each change."""
    found = find_changes(daily(*rows), as_of=AS_OF)
    days = (pd.Timestamp(AS_OF) - found["changed_on"]).dt.days.tolist()
    return list(zip(found["version_id"].tolist(), found["previous_id"].tolist(), days, strict=True))


def test_an_id_that_follows_another_one_is_a_change() -> None:
    assert changes(*every_day("v1", 60, 21), *every_day("v2", 20, 0)) == [("v2", "v1", 20)]


def test_two_versions_that_ran_side_by_side_all_along_are_no_change() -> None:
    assert changes(*every_day("a", 60, 0), *every_day("b", 60, 0)) == []


def test_the_first_version_ever_is_no_change() -> None:
    assert changes(*every_day("v1", 20, 0)) == []


def test_an_id_is_new_only_if_it_was_not_used_in_180_days() -> None:
    rows = [*every_day("v1", 60, 21), *every_day("v2", 20, 0)]
    assert changes(*rows, ("v2", 179, 1)) == []
    assert changes(*rows, ("v2", 180, 1)) == [("v2", "v1", 20)]


def test_only_changes_of_the_last_90_days_are_listed() -> None:
    assert changes(("v1", 95, 1), ("v2", 89, 1)) == [("v2", "v1", 89)]
    assert changes(("v1", 95, 1), ("v2", 90, 1)) == []


def test_what_was_last_used_more_than_30_days_before_was_not_replaced() -> None:
    assert changes(("v1", 50, 1), ("v2", 20, 1)) == [("v2", "v1", 20)]
    assert changes(("v1", 51, 1), ("v2", 20, 1)) == []


def test_the_previous_id_is_the_one_most_used_in_the_30_days_before() -> None:
    rows = [("old", 60, 99), *every_day("a", 49, 45), *every_day("b", 44, 41), ("new", 20, 1)]
    assert changes(*rows)[-1] == ("new", "a", 20)
    assert changes(*rows, ("b", 40, 2))[-1] == ("new", "b", 20)
    # what is used from the change on does not decide
    assert changes(*rows, ("b", 20, 99))[-1] == ("new", "a", 20)


def test_of_two_as_much_used_the_one_used_later_was_replaced_and_then_the_lower_id() -> None:
    assert changes(("a", 30, 2), ("b", 30, 1), ("b", 29, 1), ("v", 20, 1))[-1] == ("v", "b", 20)
    assert changes(("b", 30, 2), ("a", 30, 2), ("v", 20, 1)) == [("v", "a", 20)]


def test_two_ids_that_begin_on_one_day_replace_the_same() -> None:
    assert changes(("v1", 21, 1), ("v2", 20, 1), ("v3", 20, 5)) == [("v2", "v1", 20), ("v3", "v1", 20)]


def test_another_workspace_type_or_kind_is_another_story() -> None:
    before = daily(*every_day("v1", 60, 21))
    for other in ({"workspace": "x"}, {"kind": "template"}, {"generation_type": "bullets"}):
        after = daily(*every_day("v2", 20, 0), **other)
        assert len(find_changes(pd.concat([before, after]), as_of=AS_OF)) == 0
    both = pd.concat([before, daily(("v2", 20, 1)), daily(("t1", 9, 1), ("t2", 8, 1), kind="template")])
    found = find_changes(both, as_of=AS_OF)
    assert found[["version_kind", "version_id", "previous_id"]].to_numpy().tolist() == [
        ["ruleset", "v2", "v1"],
        ["template", "t2", "t1"],
    ]


def test_the_order_of_rows_changes_nothing() -> None:
    rows = pd.concat(
        daily(
            *every_day("v1", 170, 50, 2),
            *every_day("v2", 60, 3),
            *every_day("v3", 30, 0),
            workspace=workspace,
        )
        for workspace in ("w2", "w1", "w3")
    )
    found = find_changes(rows, as_of=AS_OF)
    assert len(found) == 6
    for seed in range(3):
        shuffled = rows.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(find_changes(shuffled, as_of=AS_OF), found)


def test_either_side_has_30_days_and_the_later_one_ends_with_as_of() -> None:
    rows = daily(*every_day("v1", 60, 46), *every_day("v2", 45, 11), *every_day("v3", 10, 0))
    sides = sides_of(find_changes(rows, as_of=AS_OF), as_of=AS_OF)
    days = [(pd.Timestamp(AS_OF) - sides[name]).dt.days.tolist() for name in ("from_on", "to_on")]
    assert list(zip(sides["change"], sides["version_id"], *days, strict=True)) == [
        (0, "v1", 75, 46),
        (1, "v2", 40, 11),
        (0, "v2", 45, 16),
        (1, "v3", 10, 0),
    ]


def side(products: list[Product], *, is_after: bool, change: int = 0) -> dict[str, object]:
    """What the warehouse sums over the products of one side."""
    rows = [
        (attempts, regenerations, len(scores), sum(int(Decimal(score) * QUALITY_STEPS) for score in scores))
        for attempts, regenerations, scores in products
    ]
    rows = pd.DataFrame(rows, columns=["attempts", "regenerations", "scored", "quality_steps"], dtype=object)
    rows["quality"] = rows["quality_steps"] // (QUALITY_STEPS // MICRO)
    counts = {name: rows[name].sum() for name in ("attempts", "regenerations", "scored", "quality_steps")}
    squares = {f"{name}_squared": (rows[name] ** 2).sum() for name in ("attempts", "scored", "quality")}
    return {
        "change": change,
        "is_after": is_after,
        "products": len(rows),
        "scored_products": (rows["scored"] > 0).sum(),
        **counts,
        **squares,
        "regenerations_squared": (rows["regenerations"] ** 2).sum(),
        "attempts_by_regenerations": (rows["attempts"] * rows["regenerations"]).sum(),
        "scored_by_quality": (rows["scored"] * rows["quality"]).sum(),
    }


CHANGE = find_changes(daily(("v1", 21, 1), ("v2", 20, 1)), as_of=AS_OF)
BEFORE: list[Product] = [(1, 0, ["0.8"]), (3, 2, ["0.6"]), (2, 1, []), (1, 0, ["0.9"])]
AFTER: list[Product] = [(1, 0, ["0.9"]), (2, 1, ["0.8"]), (1, 0, []), (1, 0, ["0.95"])]


def compared(before: list[Product], after: list[Product]) -> pd.Series:
    sums = pd.DataFrame([side(before, is_after=False), side(after, is_after=True)])
    return compare(CHANGE, sums).iloc[0]


def range_of(found: pd.Series, measure: str) -> tuple[int, int, int]:
    low, at, high = (found[f"{measure}_difference{end}_micro"] for end in ("_low", "", "_high"))
    return low, at, high


def width(found: pd.Series, measure: str) -> int:
    low, _, high = range_of(found, measure)
    return high - low


MEASURES = ("regeneration_rate", "first_pass_quality_score")


def test_a_change_carries_counts_and_rates_of_both_sides_and_their_differences() -> None:
    found = compared(BEFORE, AFTER)
    assert found[["attempts_before", "attempts_after"]].tolist() == [7, 5]
    assert found[["regenerations_before", "regenerations_after"]].tolist() == [3, 1]
    assert found["regeneration_rate_before_micro"] == 428_571
    assert found["regeneration_rate_after_micro"] == 200_000
    assert found["regeneration_rate_difference_micro"] == 200_000 - 428_571
    assert found[["first_pass_scored_before", "first_pass_scored_after"]].tolist() == [3, 3]


def test_a_missing_score_is_not_zero() -> None:
    found = compared(BEFORE, AFTER)
    assert found["first_pass_quality_score_before_micro"] == 766_667
    assert found["first_pass_quality_score_after_micro"] == 883_333
    assert found["first_pass_quality_score_difference_micro"] == 883_333 - 766_667


def test_rates_and_scores_are_rounded_half_up() -> None:
    found = compared([(64, 1, ["0.1234565"]), (64, 0, [])], [(3, 2, ["0.12345649999999999"]), (1, 0, [])])
    assert found["regeneration_rate_before_micro"] == 7_813
    assert found["first_pass_quality_score_before_micro"] == 123_457
    assert found["first_pass_quality_score_after_micro"] == 123_456


def test_a_side_without_scores_has_no_quality_and_there_is_no_difference() -> None:
    found = compared(BEFORE, [(1, 0, []), (2, 1, [])])
    assert found["first_pass_quality_score_before_micro"] == 766_667
    assert found["first_pass_scored_after"] == 0
    unknown = ["after", "difference", "difference_low", "difference_high"]
    assert found[[f"first_pass_quality_score_{name}_micro" for name in unknown]].isna().all()
    assert width(found, "regeneration_rate") > 0


def test_the_range_of_a_rate_is_that_of_its_linearised_variance() -> None:
    variance = 0.0
    for products in (before := BEFORE * 10, after := AFTER * 10):
        attempts, regenerations = (np.array([row[index] for row in products]) for index in (0, 1))
        residuals = regenerations - regenerations.sum() / attempts.sum() * attempts
        variance += 40 / 39 * (residuals**2).sum() / attempts.sum() ** 2
    low, at, high = range_of(compared(before, after), "regeneration_rate")
    assert high - at == at - low == np.ceil(1.6448536269514722 * variance**0.5 * MICRO)


def test_the_range_of_quality_is_that_of_its_linearised_variance() -> None:
    before = [(2, 0, ["0.5", "0.7"]), (1, 0, ["0.9"]), (3, 2, ["0.8"]), (5, 0, [])]
    variance = 0.0
    for quality in (np.array([1.2, 0.9, 0.8]), np.array([0.9, 0.6, 0.95])):
        scored = np.array([2, 1, 1]) if quality[0] > 1 else np.ones(3)
        residuals = quality - quality.sum() / scored.sum() * scored
        variance += 3 / 2 * (residuals**2).sum() / scored.sum() ** 2
    after = [(1, 0, ["0.9"]), (2, 1, ["0.6"]), (1, 0, ["0.95"])]
    low, at, high = range_of(compared(before, after), "first_pass_quality_score")
    assert high - at == at - low == np.ceil(1.6448536269514722 * variance**0.5 * MICRO)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_range_holds_its_difference_and_is_wider_for_fewer_products(measure: str) -> None:
    few, more = compared(BEFORE, AFTER), compared(BEFORE * 10, AFTER * 10)
    for found in (few, more):
        low, at, high = range_of(found, measure)
        assert -MICRO <= low < at < high <= MICRO
    assert width(few, measure) > 2 * width(more, measure)


def test_attempts_at_one_product_weigh_less_than_as_many_at_several() -> None:
    apart = [(1, 0, []), (1, 0, []), (2, 1, []), (2, 1, [])] * 10
    together = [(10, 0, []), (20, 10, [])] * 2
    assert width(compared(together, AFTER), MEASURES[0]) > width(compared(apart, AFTER), MEASURES[0])


@pytest.mark.parametrize("alike", [(1, 0, ["0.8"]), (2, 1, ["1"]), (3, 3, ["0"])])
@pytest.mark.parametrize("measure", MEASURES)
def test_a_range_is_never_a_point(alike: Product, measure: str) -> None:
    widths = [width(compared([alike] * many, [alike] * many), measure) for many in (2, 10, 1000)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > 0


def test_with_one_product_on_a_side_nothing_is_known() -> None:
    for before, after in ((BEFORE[:1], AFTER), (BEFORE, AFTER[:1])):
        found = compared(before, after)
        low, at, high = range_of(found, "regeneration_rate")
        assert (low, high) == (-MICRO, MICRO) and low < at < high
        assert pd.notna(found["first_pass_quality_score_difference_micro"])
        for end in ("low", "high"):
            assert pd.isna(found[f"first_pass_quality_score_difference_{end}_micro"])


def test_ranges_stay_within_minus_1_and_1() -> None:
    found = compared([(9, 9, ["0"]), (9, 9, ["0"])], [(1, 0, ["1"]), (1, 0, ["1"])])
    assert range_of(found, "regeneration_rate")[0] == -MICRO
    assert range_of(found, "first_pass_quality_score")[2] == MICRO


def test_each_change_is_compared_by_its_own_sums_in_whatever_order_they_come() -> None:
    two = find_changes(daily(("v1", 21, 1), ("v2", 20, 1), ("v3", 20, 1)), as_of=AS_OF)
    sums = pd.DataFrame(
        [
            side(products, is_after=is_after, change=change)
            for change, sides in enumerate([(BEFORE, AFTER), (AFTER, BEFORE)])
            for is_after, products in enumerate(sides)
        ]
    ).astype({"is_after": "bool"})
    found = compare(two, sums)
    assert found["regeneration_rate_difference_micro"].tolist() == [-228_571, 228_571]
    pd.testing.assert_frame_equal(compare(two, sums.iloc[::-1]), found)


@pytest.mark.parametrize("products", [2, 5, 10, 30, 100])
def test_82_to_95_of_100_ranges_hold_the_true_difference(products: int) -> None:
    """On simulated products: most with one attempt, 15 and 10 % with more, scores that spread by 0.08."""
    rng = np.random.default_rng(20260407)
    cases, means = 4_000, {}
    odds = {False: [0.85, 0.1, 0.04, 0.01], True: [0.9, 0.07, 0.02, 0.01]}
    sums = []
    for is_after, probabilities in odds.items():
        again = rng.choice(4, size=(cases, products), p=probabilities)
        scores = rng.normal(0.8, 0.08, size=(cases, products)).clip(0, 1)
        means[is_after] = np.average(range(4), weights=probabilities)
        quality = np.round(scores * MICRO)
        sums.append(
            pd.DataFrame(
                {
                    "change": np.arange(cases),
                    "is_after": is_after,
                    "products": products,
                    "attempts": (again + 1).sum(axis=1),
                    "regenerations": again.sum(axis=1),
                    "attempts_squared": ((again + 1) ** 2).sum(axis=1),
                    "attempts_by_regenerations": ((again + 1) * again).sum(axis=1),
                    "regenerations_squared": (again**2).sum(axis=1),
                    "scored_products": products,
                    "scored": products,
                    "quality_steps": [int(each) * 10**11 for each in quality.sum(axis=1)],
                    "scored_squared": products,
                    "scored_by_quality": quality.sum(axis=1),
                    "quality_squared": (quality**2).sum(axis=1),
                }
            )
        )
    found = compare(CHANGE.loc[[0] * cases].reset_index(drop=True), pd.concat(sums))
    truth = {"first_pass_quality_score": 0.0}
    truth["regeneration_rate"] = means[True] / (1 + means[True]) - means[False] / (1 + means[False])
    for measure, difference in truth.items():
        low, high = (found[f"{measure}_difference_{end}_micro"] / MICRO for end in ("low", "high"))
        held = ((low <= difference) & (difference <= high)).mean()
        assert 0.82 <= held <= 0.95, measure


def test_without_attempts_there_are_no_changes_and_every_column_has_its_type() -> None:
    none = find_changes(daily(), as_of=AS_OF)
    sides = sides_of(none, as_of=AS_OF)
    assert len(none) == len(sides) == 0
    sums = pd.DataFrame([side(BEFORE, is_after=False)]).iloc[:0]
    found = compare(none, sums)
    assert found.dtypes.equals(compare(CHANGE, sums).dtypes)
