"""Planted causes are found first, and nothing is found where nothing was planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from support.planted_waste import BAD_RULESET, HASTY_MEMBER, UNNEEDED, Plan, counted, generate

from forecasting.waste.cells import COUNTS, CREDITS, IDS, Cells
from forecasting.waste.savings import add_savings
from forecasting.waste.segments import MIN_PRODUCTS, _has_products, find_segments

PLANS = (
    Plan("bad ruleset", episodes=2000, excess=0.12, bad_excess=0.34),
    Plan("hasty member", hasty_rejected=0.2),
    Plan("unneeded field", unneeded=True),
    Plan("healthy"),
)


def found_in(generations: pd.DataFrame) -> pd.DataFrame:
    cells = Cells.from_frame(counted(generations))
    return add_savings(find_segments(cells), cells)


def names_the_cause(cause: str, first: pd.Series) -> bool:
    match cause:
        case "bad ruleset":
            return bool(first["ruleset_id"] == BAD_RULESET and first["waste_reason"] == "excess_regeneration")
        case "hasty member":
            return bool(first["member_id"] == HASTY_MEMBER and first["waste_reason"] == "rejected_content")
    return (first["generation_type"], first["product_category"]) == UNNEEDED


@pytest.mark.parametrize(("seeds", "at_least"), [(3, 3), pytest.param(30, 28, marks=pytest.mark.slow)])
def test_planted_causes_come_first_and_a_healthy_workspace_gets_none(seeds: int, at_least: int) -> None:
    right = dict.fromkeys((plan.workspace_id for plan in PLANS), 0)
    for seed in range(seeds):
        generations = pd.concat([generate(plan, 100 * seed + index) for index, plan in enumerate(PLANS)])
        ruleset = generations[generations["workspace_id"] == "bad ruleset"]["ruleset_id"]
        assert (ruleset == BAD_RULESET).sum() >= 200
        found = found_in(generations)
        for cause in right:
            of_workspace = found[found["workspace_id"] == cause]
            if cause == "healthy":
                right[cause] += of_workspace.empty
            elif not of_workspace.empty:
                right[cause] += names_the_cause(cause, of_workspace.iloc[0])
    assert min(right.values()) >= at_least, right


def test_one_cause_is_reported_once_though_other_segments_share_its_generations() -> None:
    generations = generate(Plan("w", excess=0.05, bad_excess=0.5), seed=1)
    # a template that is used with the bad ruleset only
    generations.loc[generations["ruleset_id"] == BAD_RULESET, "template_id"] = "tpl_with_it"
    found = found_in(generations)
    assert found[["segment_kind", "ruleset_id"]].values.tolist() == [["ruleset", BAD_RULESET]]


def test_two_causes_in_one_workspace_are_both_reported() -> None:
    generations = generate(Plan("w", excess=0.05, bad_excess=0.4, hasty_rejected=0.4, unneeded=True), seed=2)
    found = found_in(generations)
    assert set(found["waste_reason"]) == {"excess_regeneration", "rejected_content", "unneeded_field"}
    assert found["ruleset_id"].dropna().tolist() == [BAD_RULESET]
    assert found["member_id"].dropna().tolist() == [HASTY_MEMBER]


def test_a_ruleset_that_was_replaced_or_is_new_is_not_reported_for_its_age() -> None:
    """What is young has been refused less and left unused never; that is no merit of a new ruleset."""
    for seed in range(20):
        generations = generate(Plan("w", rejected=0.15, unused=0.15), seed=200 + seed)
        is_new = generations["age"] < 14
        for kind in ("description", "meta", "bullets", "keywords"):
            of_kind = generations["generation_type"] == kind
            generations.loc[of_kind, "ruleset_id"] = f"{kind}_v1"
            generations.loc[of_kind & is_new, "ruleset_id"] = f"{kind}_v2"
        assert find_segments(Cells.from_frame(counted(generations))).empty, seed


def test_two_bad_rulesets_are_both_reported_though_one_is_clearer() -> None:
    first = generate(Plan("w", excess=0.05, bad_excess=0.5), seed=10)
    second = generate(Plan("w", excess=0.05, bad_excess=0.4), seed=11)
    other = {name: name.replace("description", "intro") for name in second["ruleset_id"].unique()}
    second = second.assign(
        generation_type=second["generation_type"].replace("description", "intro"),
        ruleset_id=second["ruleset_id"].map(other),
        product_id=second["product_id"] + " again",
    )
    found = found_in(pd.concat([first, second], ignore_index=True))
    assert sorted(found["ruleset_id"]) == [BAD_RULESET, "rs_intro_2"]


def test_a_field_that_was_used_lately_is_not_called_unneeded() -> None:
    generations = generate(Plan("w", unneeded=True), seed=3)
    of_field = (generations["generation_type"] == UNNEEDED[0]) & (
        generations["product_category"] == UNNEEDED[1]
    )
    young = generations.index[of_field & (generations["age"] < 14)]
    generations.loc[young[0], ["waste_reason", "is_used"]] = [None, True]
    assert found_in(generations).empty


def test_a_field_that_is_never_used_is_reported_by_category_and_type() -> None:
    found = found_in(generate(Plan("w", unneeded=True), seed=3))
    first = found.iloc[0]
    assert first[["segment_kind", "generation_type", "product_category", "waste_reason"]].tolist() == [
        "category_type",
        "meta",
        "Bags",
        "unneeded_field",
    ]


def test_savings_lie_in_order_and_are_at_most_what_was_made_in_30_days() -> None:
    generations = generate(Plan("w", excess=0.05, bad_excess=0.5, unneeded=True), seed=4)
    found = found_in(generations)
    assert len(found) >= 2
    assert (found["saving_low"] <= found["saving_mid"]).all()
    assert (found["saving_mid"] <= found["saving_high"]).all()
    assert found["saving_mid"].is_monotonic_decreasing
    recent = generations[generations["age"] < 30]
    of_ruleset = recent[recent["ruleset_id"] == BAD_RULESET]["credits"].sum()
    assert 0 < found[found["ruleset_id"] == BAD_RULESET]["saving_mid"].item() < of_ruleset


def test_what_is_new_and_pending_saves_no_more_than_was_wasted_and_is_ranked_by_that() -> None:
    generations = generate(Plan("w", episodes=3000, excess=0.05, bad_excess=0.5, hasty_rejected=0.3), seed=9)
    rows = counted(generations)
    of_ruleset = rows["ruleset_id"] == BAD_RULESET
    # most of what the ruleset made is young and not decided yet
    rows.loc[of_ruleset, "recent_credits"] *= 50
    cells = Cells.from_frame(rows)
    found = add_savings(find_segments(cells), cells)
    wasted = rows[of_ruleset]["early_wasted_credits"].sum()
    of_found = found[found["ruleset_id"] == BAD_RULESET].iloc[0]
    assert of_found["saving_high"] == pytest.approx(wasted)
    # and it is a range still
    assert of_found["saving_low"] < 0.95 * of_found["saving_mid"] < 0.9 * of_found["saving_high"]
    assert (found["saving_mid"].diff().dropna() <= 0).all()
    assert found["suggestion_rank"].tolist() == list(range(1, len(found) + 1))


def test_a_new_ruleset_has_a_range_from_its_own_waste() -> None:
    """Nothing of it is mature yet: what it wasted at once is compared with what all waste at once."""
    generations = generate(Plan("w", episodes=6000, excess=0.05, bad_excess=0.6), seed=4)
    is_bad = generations["ruleset_id"] == BAD_RULESET
    generations = generations[~is_bad | (generations["age"] < 14)]
    found = found_in(generations)
    new = found[found["ruleset_id"] == BAD_RULESET].iloc[0]
    assert 0 < new["saving_low"] < 0.95 * new["saving_mid"] < 0.9 * new["saving_high"]


def test_what_little_evidence_leaves_open_is_in_the_range() -> None:
    generations = generate(Plan("w", rejected=0.02, hasty_rejected=0.9), seed=12)
    # all that is known of it is alike: its own products do not differ at all
    of_member = generations["member_id"] == HASTY_MEMBER
    generations.loc[of_member & (generations["age"] >= 14), "waste_reason"] = "rejected_content"
    generations.loc[of_member, "credits"] = 1.0
    found = found_in(generations)
    hasty = found[found["member_id"] == HASTY_MEMBER].iloc[0]
    assert hasty["saving_low"] < hasty["saving_mid"] < hasty["saving_high"]


@pytest.mark.parametrize("kind", ["model", "workflow"])
def test_a_bad_model_or_workflow_is_found(kind: str) -> None:
    generations = generate(Plan("w", rejected=0.05, hasty_rejected=0.05), seed=13)
    is_bad = (generations["age"] * 7 + generations["attempt"]) % 4 == 0
    generations[kind] = np.where(is_bad, "bad", "good")
    chosen = is_bad & (generations["attempt"] == generations["attempts"])
    chosen &= (generations["age"] % 3 == 0) & (generations["age"] >= 14)
    generations.loc[chosen, ["waste_reason", "is_used"]] = ["rejected_content", False]
    first = found_in(generations).iloc[0]
    assert (first["segment_kind"], first[kind]) == (kind, "bad")


def test_a_small_segment_saves_less_than_its_own_rate_suggests() -> None:
    """Shrunk towards the type: ten times the same generations save more than ten times as much."""
    few = generate(Plan("w", excess=0.03, bad_excess=0.6), seed=5)
    many = pd.concat([few.assign(product_id=few["product_id"] + f" of {copy}") for copy in range(10)])
    small, large = (
        found[found["ruleset_id"] == BAD_RULESET]["saving_mid"].item()
        for found in (found_in(few), found_in(many))
    )
    assert large > 10.1 * small


def test_the_order_of_rows_and_of_workspaces_does_not_matter() -> None:
    generations = pd.concat([generate(plan, seed=6 + index) for index, plan in enumerate(PLANS)])
    found = found_in(generations)
    assert len(found) >= 3
    shuffled = generations.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(found_in(shuffled), found, check_exact=True)


def test_rows_that_are_alike_may_come_as_one() -> None:
    rows = pd.concat([counted(generate(plan, seed=6 + index)) for index, plan in enumerate(PLANS)])
    summed = rows.groupby([*IDS, "product_id"], as_index=False, dropna=False)[[*COUNTS, *CREDITS]].sum()
    assert len(summed) < len(rows)
    single, alike = Cells.from_frame(rows), Cells.from_frame(summed)
    measures = [*COUNTS, *CREDITS]
    pd.testing.assert_frame_equal(alike.frame[measures], single.frame[measures], check_exact=True)
    found = add_savings(find_segments(single), single)
    assert len(found) >= 3
    pd.testing.assert_frame_equal(add_savings(find_segments(alike), alike), found, check_exact=True)


@pytest.mark.parametrize(
    "make",
    [lambda rows: rows.iloc[:0], lambda rows: rows.assign(waste_reason=None)],
    ids=["nothing was made", "nothing was wasted"],
)
def test_nothing_gives_no_suggestion(make: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    assert found_in(make(generate(Plan("w"), seed=7))).empty


def test_a_missing_ruleset_is_no_segment_but_belongs_to_elsewhere() -> None:
    generations = generate(Plan("w", excess=0.05, bad_excess=0.5), seed=8)
    elsewhere = (generations["generation_type"] == "description") & (generations["ruleset_id"] != BAD_RULESET)
    generations.loc[elsewhere, "ruleset_id"] = None
    found = found_in(generations)
    assert found["ruleset_id"].tolist() == [BAD_RULESET]


def test_a_segment_of_few_products_is_not_tested_however_many_cells_it_has() -> None:
    # cells and products of each segment: few products, more, just enough, so many cells that it is certain,
    # one, and as many as are enough of which two have nothing that counts
    sizes = [(40, MIN_PRODUCTS - 1), (8, 8), (MIN_PRODUCTS, MIN_PRODUCTS), (200, 200), (1, 1), (6, 6)]
    segment = np.repeat(np.arange(len(sizes)), [cells for cells, _ in sizes])
    product = np.concatenate([np.arange(cells) % products for cells, products in sizes])
    frame = pd.DataFrame(dict.fromkeys([*IDS, *COUNTS, *CREDITS], 1.0), index=range(len(segment)))
    frame.iloc[-2:, frame.columns.get_loc("generation_count")] = 0.0
    # each row is a cell
    cells = Cells.from_frame(frame.assign(ruleset_id=segment, member_id=frame.index, product_id=product))
    of_cell = cells.segments["ruleset", True]
    found = _has_products(cells, "failed_generation", np.arange(len(segment)), of_cell, len(sizes))
    assert found.tolist() == [False, True, True, True, False, False]


def test_products_are_summed_over_the_cells_of_each_part() -> None:
    rows = counted(generate(Plan("w"), seed=14))
    cells = Cells.from_frame(rows)
    ruleset = cells.frame["ruleset_id"].astype("category").cat.codes.to_numpy(dtype=np.int64)
    some = np.flatnonzero(ruleset % 2)  # not all of them
    part, sums = cells.products.sum_parts(some, ruleset[some], "generation_count", "credits")
    found = pd.DataFrame({"part": part, "count": sums[0], "micro": sums[1]})
    by_product = rows.assign(part=rows["ruleset_id"].astype("category").cat.codes).groupby(
        ["part", "product_id"], as_index=False
    )
    expected = by_product[["generation_count", "credits"]].sum()
    expected = expected[expected["part"] % 2 == 1]
    micro = (expected["credits"] * 1e6).round()
    expected = pd.DataFrame({"part": expected["part"], "count": expected["generation_count"], "micro": micro})
    assert sorted(found.values.tolist()) == sorted(expected.values.tolist())
