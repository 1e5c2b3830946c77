"""Entries of the ledger that have less effect than they ask for, or contradict others; each by name.

Not here: what the entries do to lots and days (ledger.py).
"""

from __future__ import annotations

import pandas as pd

from forecasting.lot_walk import NEVER, Kind

FUNDING_TYPES = ("purchase", "grant")
DEFAULT_PRIORITY = 10
_TEXTS = ["workspace_id", "lot_id", "entry_id", "entry_type", "warning", "detail"]
_TYPES = dict.fromkeys(_TEXTS, "str") | {"credits_micro": "int64", "counted_on": "int64"}
COLUMNS = [*_TYPES]


def find_warnings(
    entries: pd.DataFrame, lots: pd.DataFrame, moves: pd.DataFrame, unknown: pd.DataFrame
) -> pd.DataFrame:
    """One row per warning, with day numbers in `counted_on` (`NEVER`: it counts on no day).

    Args:
        entries: as `draw_down` types them.
        lots: with the terms that hold at the end, and the entry that opened each.
        moves: what was booked; `lot` is -1 where an entry had no effect, `is_gone` where its lot is none.
        unknown: entries that name no known lot.
    """
    is_gone = moves["is_gone"] & (moves["lot"] < 0)
    excess = (-moves["credits_micro"] - moves["voided"]).where(moves["kind"] == Kind.REDUCE, 0)
    is_excess = (excess > 0) & (moves["lot"] >= 0)
    is_late = (moves["kind"] == Kind.EXTEND) & (moves["lot"] < 0) & ~moves["is_gone"]
    is_over = lots["expires_on"] <= lots["effective_on"]
    has_terms = entries["entry_type"] != "extension"
    # most ledgers have none of these: a frame without a row takes as long as one with some
    found = [_unknown_lot(part) for part in (unknown, moves[is_gone]) if len(part)]
    if is_excess.any():
        found.append(_of_moves(moves[is_excess], "excess_reduction").assign(credits_micro=excess[is_excess]))
    if is_late.any():
        found.append(_of_moves(moves[is_late], "late_extension"))
    if has_terms.sum() > len(lots):  # each lot was opened by one of them
        found.append(_other_terms(entries[has_terms], lots))
    if is_over.any():
        found.append(_ends_before_it_begins(lots[is_over]))
    found.append(_twins(entries))
    parts = [_in_columns(part) for part in found if len(part)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS).astype(_TYPES)
    rows = pd.concat(parts)
    order = ["workspace_id", "occurred_at", "entry_id", "warning"]
    return rows.sort_values(order, kind="stable", ignore_index=True)[COLUMNS]


def _unknown_lot(entries: pd.DataFrame) -> pd.DataFrame:
    return entries.assign(warning="unknown_lot", credits_micro=-entries["credits_micro"], counted_on=NEVER)


def _of_moves(moves: pd.DataFrame, warning: str) -> pd.DataFrame:
    return moves.assign(warning=warning, counted_on=moves["day"])


def _in_columns(part: pd.DataFrame) -> pd.DataFrame:
    part = part.reindex(columns=[*COLUMNS, "occurred_at"])
    numbers = {name: part[name].astype("Int64") for name in ("credits_micro", "counted_on")}
    numbers = {
        "credits_micro": numbers["credits_micro"].fillna(0),
        "counted_on": numbers["counted_on"].fillna(NEVER),
    }
    part = part.assign(**numbers, detail=part["detail"].where(part["detail"].notna(), ""))
    return part.astype(_TYPES)


def _other_terms(entries: pd.DataFrame, lots: pd.DataFrame) -> pd.DataFrame:
    """Entries on a lot that another one opened, with an expiry or a priority that is not the lot's."""
    terms = lots[["workspace_id", "lot_id", "opener", "priority", "expires_at", "first_expires_at"]]
    others = entries.merge(terms, on=["workspace_id", "lot_id"], suffixes=("", "_of_lot"))
    others = others[others["entry_id"] != others["opener"]]
    expires_at = others["expires_at"]
    # an expiry or priority that is left out is no term
    is_other = expires_at.notna() & (expires_at != others["expires_at_of_lot"])
    is_other &= expires_at != others["first_expires_at"]
    is_ranked = others["entry_type"].isin(FUNDING_TYPES) & (others["priority"] != DEFAULT_PRIORITY)
    is_ranked &= others["priority"] != others["priority_of_lot"]
    is_found = is_other | is_ranked
    others = others[is_found]
    detail = [
        "; ".join(
            f"{name} {theirs}, the lot has {mine}"
            for name, is_theirs, theirs, mine in (
                ("expires_at", other, asked_until, _written(until)),
                ("priority", ranked, asked_priority, priority),
            )
            if is_theirs
        )
        for other, ranked, asked_until, until, asked_priority, priority in zip(
            is_other[is_found], is_ranked[is_found], others["expires_at"], others["expires_at_of_lot"],
            others["priority"], others["priority_of_lot"], strict=True,
        )
    ]  # fmt: skip
    return others.assign(warning="other_terms", credits_micro=0, detail=detail)


def _ends_before_it_begins(lots: pd.DataFrame) -> pd.DataFrame:
    detail = [
        f"effective_at {begins}, expires_at {ends}"
        for begins, ends in zip(lots["effective_at"], lots["expires_at"], strict=True)
    ]
    return lots.assign(
        warning="ends_before_it_begins", entry_id=lots["opener"], detail=detail, credits_micro=0
    )


def _twins(entries: pd.DataFrame) -> pd.DataFrame:
    """Entries of the same type, credits and effective day as another of the workspace, which they name."""
    alike = ["workspace_id", "entry_type", "credits_micro", "effective_on"]
    of_credits = entries[entries["credits_micro"] != 0]
    is_twin = of_credits.duplicated(alike)
    if not is_twin.any():
        return of_credits[is_twin]
    first = of_credits.groupby(alike)["entry_id"].transform("first")
    is_twin = of_credits["entry_id"] != first
    twins, detail = of_credits[is_twin], "entry " + first[is_twin].astype("str")
    return twins.assign(
        warning="twin_entry", detail=detail, credits_micro=0, counted_on=twins["effective_on"]
    )


def _written(instant: pd.Timestamp) -> str:
    return "none" if pd.isna(instant) else str(instant)
