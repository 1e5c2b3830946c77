"""What caused a spike: single events, or the member, category or generation type furthest above its share.

Not here: which days are spikes (detect.py), and which single charge is implausible (dbt facts).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from forecasting.ledger import day_numbers
from forecasting.spikes.detect import LISTED_DAYS, USUAL_DAYS, day_number, muted

DIMENSIONS = {
    "member_id": "member",
    "product_category": "product_category",
    "generation_type": "generation_type",
}
_DAY = ["workspace_id", "usage_date"]
_TYPES = {
    "workspace_id": "str",
    "usage_date": "datetime64[us]",
    "scope": "str",
    "credits_micro": "int64",
    "usual_micro": "int64",
    "cause": "str",
    "cause_kind": "str",
    "cause_id": "str",
    "cause_credits_micro": "int64",
    "event_ids": "str",
    "event_count": "int64",
    "is_muted": "bool",
}


def explain_spikes(
    days: pd.DataFrame, cells: pd.DataFrame, largest: pd.DataFrame, charges: pd.DataFrame, *, as_of: date
) -> pd.DataFrame:
    """Day spikes with their cause, and the days with implausible single charges.

    A day is caused by events if its implausible charges, or without any its largest charge alone, come to
    more than half of what the day is above its usual. Else by that member, category or generation type whose
    credits above its own usual exceed most what they would be if all had grown in proportion: a
    value that makes up all of a workspace's usage explains nothing. A tie goes to the member, then the
    category.

    Args:
        days: what `find_day_spikes` found.
        cells: workspace_id, usage_date of the spike, member_id, product_category, generation_type,
            credits_micro on the day, before_micro in the 28 days before it.
        largest: workspace_id, usage_date, source, event_id, credits_micro: one largest charge of each spike.
        charges: the implausible ones, also those of months before the list: workspace_id, usage_date,
            source, event_id, member_id, product_category, generation_type, credits_micro, p99_micro.
        as_of: the last local day known.

    Returns:
        One row per workspace_id, usage_date and scope (`day`, `event`): credits_micro (of scope `event` the
        implausible charges), usual_micro (there the sum of their P99), cause (text), cause_kind (`event`, or
        a value of `DIMENSIONS`), cause_id, cause_credits_micro (a segment's above its usual; all that events
        charged), event_ids (`source event_id`, largest first; null if no event is the cause), event_count,
        is_muted (alerts of events are muted as those of days are, apart from them).
    """
    cells, largest, charges = (_typed(frame) for frame in (cells, largest, charges))
    found = [_events_of(charges, as_of), _by_events(days, largest, charges)]
    by_segments = days.merge(found[1][_DAY], on=_DAY, how="left", indicator=True)
    by_segments = by_segments[by_segments.pop("_merge") == "left_only"]
    found.append(_by_segments(by_segments, pd.concat([cells, _capped(by_segments, charges)])))
    spikes = pd.concat([frame for frame in found if len(frame)] or found)
    return spikes.astype(_TYPES)[list(_TYPES)].sort_values([*_DAY, "scope"], ignore_index=True)


def credits_text(micro: int) -> str:
    """Credits as people read them: whole from 10 on, else to the hundredth."""
    return f"{micro / 10**6:,.0f}" if abs(micro) >= 10**7 else f"{micro / 10**6:,.2f}"


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Ids as text and amounts as int64, from whatever types a query gave them."""
    whole = {name: "int64" for name in frame.columns if name.endswith("_micro")}
    ids = {name: "str" for name in frame.columns if name not in whole and name != "usage_date"}
    return frame.astype(whole | ids)


def _events_of(charges: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows of scope `event`: one for each day with implausible charges."""
    rows = _listed(charges)
    rows = rows.assign(
        scope="event", usual_micro=rows["p99_micro"], credits_micro=rows["cause_credits_micro"]
    )
    rows["cause"] = [
        f"{subject}: {credits_text(credits)} credits, {credits_text(usual)} would be the P99 of the others"
        for subject, credits, usual in zip(
            rows["subject"], rows["credits_micro"], rows["usual_micro"], strict=True
        )
    ]
    days = day_numbers(rows["usage_date"])
    rows["is_muted"] = muted(pd.factorize(rows["workspace_id"])[0], days)
    return rows[days > day_number(as_of) - LISTED_DAYS]


def _by_events(days: pd.DataFrame, largest: pd.DataFrame, charges: pd.DataFrame) -> pd.DataFrame:
    """The day spikes that events caused."""
    has_charge = pd.MultiIndex.from_frame(largest[_DAY]).isin(pd.MultiIndex.from_frame(charges[_DAY]))
    rows = _listed(pd.concat([charges, largest[~has_charge].assign(p99_micro=0)]))
    rows = days.merge(rows, on=_DAY).assign(scope="day")
    excess = rows["credits_micro"] - rows["usual_micro"]
    rows["cause"] = [
        f"{subject}: {credits_text(credits)} credits; the day is {credits_text(above)} above usual"
        for subject, credits, above in zip(rows["subject"], rows["cause_credits_micro"], excess, strict=True)
    ]
    return rows[2 * rows["cause_credits_micro"] > excess]


def _listed(events: pd.DataFrame) -> pd.DataFrame:
    """One row for each workspace and day of events: their ids, how many, and their credits."""
    events = events.assign(event=events["source"].astype("str") + " " + events["event_id"].astype("str"))
    events = events.sort_values([*_DAY, "credits_micro", "event"], ascending=[True, True, False, True])
    rows = events.groupby(_DAY, as_index=False, sort=True).agg(
        cause_id=("event", "first"),
        event_ids=("event", ", ".join),
        event_count=("event", "size"),
        cause_credits_micro=("credits_micro", "sum"),
        p99_micro=("p99_micro", "sum"),
    )
    named = [
        f"event {event}" if count == 1 else f"{count} events, the largest {event}"
        for event, count in zip(rows["cause_id"], rows["event_count"], strict=True)
    ]
    return rows.assign(cause_kind="event", subject=pd.Series(named, dtype="str"))


def _by_segments(days: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The given day spikes, each with the value of one dimension that exceeds its proportion most."""
    both = ["credits_micro", "before_micro"]
    values = []
    for dimension, kind in DIMENSIONS.items():
        sums = cells.groupby([*_DAY, dimension], as_index=False)[both].sum()
        values.append(sums.rename(columns={dimension: "cause_id"}).assign(cause_kind=kind))
    rows = pd.concat(values)
    # the values of any one dimension make up the day
    rows[["all_credits", "all_before"]] = rows.groupby([*_DAY, "cause_kind"])[both].transform("sum")
    # in 28ths of a micro-credit, so that means of 28 days stay whole
    above = USUAL_DAYS * rows["credits_micro"] - rows["before_micro"]
    all_above = USUAL_DAYS * rows["all_credits"] - rows["all_before"]
    share = rows["before_micro"] / rows["all_before"].where(rows["all_before"] > 0, 1)
    rows = rows.assign(
        cause_credits_micro=above // USUAL_DAYS,
        beyond_proportion=above - all_above * share,
        position=np.arange(len(rows)),  # members, categories, types, and each by its id
    )
    rows = rows.sort_values([*_DAY, "beyond_proportion", "position"], ascending=[True, True, False, True])
    rows = rows.drop_duplicates(_DAY)[[*_DAY, "cause_kind", "cause_id", "cause_credits_micro"]]
    rows = days.merge(rows, on=_DAY).assign(scope="day", event_ids=None, event_count=0)
    rows["cause"] = [
        f"{kind.replace('_', ' ')} {name}: {credits_text(part)} of {credits_text(above)} credits above usual"
        for kind, name, part, above in zip(
            rows["cause_kind"],
            rows["cause_id"],
            rows["cause_credits_micro"],
            rows["credits_micro"] - rows["usual_micro"],
            strict=True,
        )
    ]
    return rows


def _capped(days: pd.DataFrame, charges: pd.DataFrame) -> pd.DataFrame:
    """Cells that subtract the excess of implausible charges from the 28 days before each spike."""
    pairs = charges.merge(days[["workspace_id", "usage_date"]], on="workspace_id", suffixes=("_charged", ""))
    ago = day_numbers(pairs["usage_date"]) - day_numbers(pairs["usage_date_charged"])
    pairs = pairs[(ago >= 1) & (ago <= USUAL_DAYS)]
    pairs = pairs.assign(before_micro=pairs["p99_micro"] - pairs["credits_micro"], credits_micro=0)
    return pairs[[*_DAY, *DIMENSIONS, "credits_micro", "before_micro"]]
