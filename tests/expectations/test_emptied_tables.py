"""An empty table has nothing to look at, and that is no reason to pass."""

from collections.abc import Callable

import pytest

from expectations.runner import GateReport
from expectations.suites.by_layer import GATES

# what may have no rows in a run in which all other tables have some, and why
MAY_BE_EMPTY = {
    "staging.stg_conflicts": "no key came with two contents",
    "facts.int_references_unknown": "every outcome, retraction and refund names a known event",
    "facts.fct_rows_waiting": "nothing is dated after as_of",
    "facts.fct_unnamed_usage": "no workspace has a products or members feed",
    "facts.fct_look_alike_ids": "no ids look alike",
    "facts.fct_reconciliation": "no source states totals",
    "facts.fct_implausible_charges": "no charge is implausible",
    "facts.fct_ledger_warnings": "no entry takes more than there is",
    "forecast.deciding_charges": "no charge decides a state",
    "forecast.forecast_scores": "no forecast is due yet",
    "forecast.usage_spikes": "no day lies far above its past",
    "waste.pending_waste": "nothing is known yet that could be expected",
    "waste.suggestions": "nothing stands out",
    "waste.version_changes": "no ruleset or template was replaced",
}
GATED = [(layer, gate.asset) for layer, gates in GATES.items() for gate in gates]
FILLED = [(layer, asset) for layer, asset in GATED if asset not in MAY_BE_EMPTY]


@pytest.mark.parametrize("since_batch", [None, 0, 2], ids="since_batch={}".format)
@pytest.mark.parametrize(("layer", "asset"), FILLED)
def test_a_gated_table_without_rows_fails_its_layer(
    layer: str,
    asset: str,
    since_batch: int | None,
    change: Callable[[str], None],
    gate: Callable[..., GateReport],
) -> None:
    # with since_batch 2, in a run that loaded and changed nothing
    change(f"delete from {asset}")

    own_first = sorted(GATES[layer], key=lambda each: each.asset != asset)
    assert any(gate(layer, since_batch=since_batch, asked=(each,)).failed_critical for each in own_first)


@pytest.mark.parametrize("asset", MAY_BE_EMPTY)
def test_a_table_that_may_be_empty_passes_its_layer(
    asset: str, change: Callable[[str], None], gate: Callable[..., GateReport]
) -> None:
    (layer,) = [layer for layer, gated in GATED if gated == asset]
    if asset != "staging.stg_conflicts":  # a view, and empty in the good batch
        change(f"delete from {asset}")

    assert gate(layer).failed_critical == ()


def test_every_layer_has_a_table_that_must_not_be_empty() -> None:
    assert {layer for layer, _ in FILLED} == set(GATES)


def test_an_unused_ledger_is_distinguished_from_a_missing_one(
    change: Callable[[str], None], gate: Callable[..., GateReport]
) -> None:
    # without use nothing is consumed: lots and days of nobody would agree on that
    change("""delete from facts.fct_usage_daily;
    delete from facts.fct_lot_draws_daily;
    update facts.fct_credit_balance_daily set consumed = 0;
    update facts.fct_credit_lots set consumed = 0, remaining = 100""")
    assert gate("ledger").failed_critical == ()
    change(
        "delete from facts.fct_credit_balance_daily; delete from facts.fct_credit_lots".replace("; ", ";\n")
    )

    names = {result.check_name for result in gate("ledger").failed_critical}

    assert names == {"every_ledger_reaches_as_of", "lots_hold_what_was_entered"}
