"""The cause of a spike: events, or the segment furthest above its share, on hand-made cells."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from forecasting.spikes.causes import credits_text, explain_spikes

AS_OF = date(2026, 4, 7)
MICRO = 10**6


def ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF - timedelta(days=days))


def day(credits: int, usual: int, *, days: int = 0, workspace: str = "w") -> pd.DataFrame:
    row = (workspace, ago(days), credits * MICRO, usual * MICRO, False)
    return pd.DataFrame(
        [row], columns=["workspace_id", "usage_date", "credits_micro", "usual_micro", "is_muted"]
    ).astype({"usage_date": "datetime64[us]"})


def cells(rows: list[tuple[str, str, str, int, int]], *, days: int = 0, workspace: str = "w") -> pd.DataFrame:
    """Member, category, type, credits on the day, usual credits."""
    return pd.DataFrame(
        [(workspace, ago(days), *names, now * MICRO, 28 * usual * MICRO) for *names, now, usual in rows],
        columns=[
            *("workspace_id", "usage_date", "member_id", "product_category", "generation_type"),
            *("credits_micro", "before_micro"),
        ],
    ).astype({"usage_date": "datetime64[us]", "credits_micro": "int64", "before_micro": "int64"})


def charges(rows: list[tuple[int, str, int, int]], workspace: str = "w") -> pd.DataFrame:
    """Days ago, event, credits, P99."""
    return pd.DataFrame(
        [
            (workspace, ago(days), "native", event, "m1", "shoes", "meta", credits * MICRO, p99 * MICRO)
            for days, event, credits, p99 in rows
        ],
        columns=[
            *("workspace_id", "usage_date", "source", "event_id"),
            *("member_id", "product_category", "generation_type", "credits_micro", "p99_micro"),
        ],
    ).astype({"usage_date": "datetime64[us]", "credits_micro": "int64", "p99_micro": "int64"})


def largest(event: str, credits: int, *, days: int = 0, workspace: str = "w") -> pd.DataFrame:
    columns = ["workspace_id", "usage_date", "source", "event_id", "credits_micro"]
    return charges([(days, event, credits, 0)], workspace)[columns]


TEAM = [("m1", "shoes", "meta", 50, 50), ("m2", "hats", "meta", 50, 50), ("m3", "hats", "bullets", 0, 0)]


def explained(
    days: pd.DataFrame, of_days: pd.DataFrame, event: pd.DataFrame, implausible: pd.DataFrame
) -> list[dict[str, Any]]:
    rows = explain_spikes(days, of_days, event, implausible, as_of=AS_OF)
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in rows.to_dict("records")]


def cause(of_days: list[tuple[str, str, str, int, int]], *, event: int = 1) -> tuple[str, str, int]:
    total, usual = sum(row[3] for row in of_days), sum(row[4] for row in of_days)
    (row,) = explained(day(total, usual), cells(of_days), largest("e1", event), charges([]))
    return row["cause_kind"], row["cause_id"], row["cause_credits_micro"] // MICRO


def test_the_member_who_alone_used_more_is_the_cause() -> None:
    rows = [("m1", "shoes", "meta", 50, 50), ("m2", "shoes", "meta", 350, 50), ("m2", "hats", "meta", 60, 0)]
    (row,) = explained(day(460, 100), cells(rows), largest("e1", 1), charges([]))
    assert (row["cause_kind"], row["cause_id"]) == ("member", "m2")
    assert row["cause_credits_micro"] == 360 * MICRO
    assert row["cause"] == "member m2: 360 of 360 credits above usual"
    assert (row["scope"], row["event_ids"], row["event_count"]) == ("day", None, 0)


def test_a_category_or_type_that_all_members_used_more_of_is_the_cause() -> None:
    members = ("m1", "m2", "m3")
    hats = [(m, c, "meta", now, 50) for m in members for c, now in (("shoes", 50), ("hats", 400))]
    assert cause(hats) == ("product_category", "hats", 1_050)
    bullets = [(m, "hats", t, now, 50) for m in members for t, now in (("meta", 50), ("bullets", 400))]
    assert cause(bullets) == ("generation_type", "bullets", 1_050)


def test_what_makes_all_usage_on_any_day_explains_nothing() -> None:
    rows = [("m1", "hats", "meta", 300, 50), ("m2", "hats", "meta", 100, 50)]
    assert cause(rows) == ("member", "m1", 250)


def test_a_lone_member_of_one_category_and_type_is_named_all_the_same() -> None:
    assert cause([("m1", "hats", "meta", 300, 50)]) == ("member", "m1", 250)


def test_a_tie_goes_to_the_member_and_then_to_the_lower_id() -> None:
    rows = [("m2", "hats", "meta", 300, 0), ("m1", "shoes", "bullets", 300, 0)]
    assert cause(rows) == ("member", "m1", 300)


def test_one_charge_of_more_than_half_the_excess_is_the_cause() -> None:
    rows = [("m1", "hats", "meta", 300, 50), ("m2", "hats", "meta", 50, 50)]
    assert cause(rows, event=125)[0] == "member"
    assert cause(rows, event=126) == ("event", "native e1", 126)


def test_the_event_that_caused_a_day_is_listed_with_what_it_charged() -> None:
    (row,) = explained(day(350, 100), cells(TEAM), largest("e1", 300), charges([]))
    assert row["cause"] == "event native e1: 300 credits; the day is 250 above usual"
    assert (row["event_ids"], row["event_count"]) == ("native e1", 1)


def test_implausible_charges_are_listed_alone_and_as_the_cause_of_their_day() -> None:
    of_day = charges([(0, "e1", 2_000, 2), (0, "e2", 3_000, 2)])
    event, whole = reversed(explained(day(5_100, 100), cells(TEAM), largest("e2", 3_000), of_day))
    assert (event["scope"], whole["scope"]) == ("event", "day")
    assert event["cause"] == (
        "2 events, the largest native e2: 5,000 credits, 4.00 would be the P99 of the others"
    )
    assert (event["credits_micro"], event["usual_micro"]) == (5_000 * MICRO, 4 * MICRO)
    assert event["event_ids"] == whole["event_ids"] == "native e2, native e1"
    assert event["event_count"] == whole["event_count"] == 2
    assert (whole["cause_kind"], whole["cause_id"]) == ("event", "native e2")


def test_implausible_charges_are_listed_for_90_days_and_alert_once_in_30() -> None:
    of_days = charges([(90, "e1", 500, 0), (89, "e2", 500, 0), (50, "e3", 500, 0)])
    nothing = (day(0, 0).iloc[:0], cells([]), largest("e", 0).iloc[:0])
    found = [(row["event_ids"], row["is_muted"]) for row in explained(*nothing, of_days)]
    assert found == [("native e2", True), ("native e3", False)]
    found = [(row["event_ids"], row["is_muted"]) for row in explained(*nothing, of_days.iloc[1:])]
    assert found == [("native e2", False), ("native e3", False)]


def test_an_implausible_charge_of_the_weeks_before_does_not_make_its_member_look_usual() -> None:
    # m1 usually uses 1, and 2,801 on one of the 28 days, of which 2,800 are a logging error
    of_day = cells([("m1", "shoes", "meta", 90, 101), ("m2", "shoes", "meta", 60, 50)])
    error = charges([(28, "e0", 2_801, 1)])
    (row,) = explained(day(150, 51), of_day, largest("e1", 1), error.iloc[:0])
    assert row["cause_id"] == "m2"
    row = explained(day(150, 51), of_day, largest("e1", 1), error)[-1]
    assert (row["scope"], row["cause_id"], row["cause_credits_micro"]) == ("day", "m1", 89 * MICRO)
    row = explained(day(150, 51), of_day, largest("e1", 1), charges([(29, "e0", 2_801, 1)]))[-1]
    assert row["cause_id"] == "m2"


def test_an_implausible_charge_that_is_no_cause_leaves_the_usual_of_its_day_alone() -> None:
    rows = [("m1", "shoes", "meta", 400, 50), ("m2", "shoes", "meta", 700, 50)]
    row = explained(day(1_100, 100), cells(rows), largest("e1", 200), charges([(0, "e1", 200, 0)]))[0]
    assert (row["scope"], row["cause_id"], row["cause_credits_micro"]) == ("day", "m2", 650 * MICRO)
    rows = [("m1", "shoes", "meta", 700, 50), ("m2", "shoes", "meta", 400, 50)]
    row = explained(day(1_100, 100), cells(rows), largest("e1", 200), charges([(0, "e1", 200, 0)]))[0]
    assert (row["scope"], row["cause_id"], row["cause_credits_micro"]) == ("day", "m1", 650 * MICRO)


def test_workspaces_and_days_are_explained_apart_and_in_order() -> None:
    days = pd.concat([day(400, 100, workspace="b"), day(400, 100), day(350, 100, days=9)])
    of_days = pd.concat(
        [
            cells([("m1", "x", "t", 400, 100)], workspace="b"),
            cells([("m2", "x", "t", 400, 100)]),
            cells([("m3", "x", "t", 350, 100)], days=9),
        ]
    )
    events = pd.concat([largest("e", 1, workspace="b"), largest("e", 1), largest("e", 1, days=9)])
    for mixed in (days, days.iloc[::-1]):
        rows = explained(mixed, of_days.sample(frac=1, random_state=1), events, charges([]))
        assert [(row["workspace_id"], row["cause_id"]) for row in rows] == [
            ("b", "m1"),
            ("w", "m3"),
            ("w", "m2"),
        ]


def test_no_spikes_are_an_empty_frame_of_the_same_types() -> None:
    full = explain_spikes(
        day(350, 100), cells(TEAM), largest("e1", 300), charges([(0, "e1", 300, 0)]), as_of=AS_OF
    )
    empty = explain_spikes(day(0, 0).iloc[:0], cells([]), largest("e", 0).iloc[:0], charges([]), as_of=AS_OF)
    assert (len(full), len(empty)) == (2, 0)
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


def test_the_types_of_a_query_do_not_matter() -> None:
    days, of_days, event, implausible = day(350, 100), cells(TEAM), largest("e1", 300), charges([])
    expected = explain_spikes(days, of_days, event, implausible, as_of=AS_OF)
    queried = [
        pa.Table.from_pandas(frame, preserve_index=False).to_pandas(
            types_mapper=lambda kind: pd.ArrowDtype(kind) if pa.types.is_integer(kind) else None
        )
        for frame in (of_days, event, implausible)
    ]
    pd.testing.assert_frame_equal(explain_spikes(days, *queried, as_of=AS_OF), expected)


def test_credits_read_as_people_write_them() -> None:
    assert [credits_text(micro) for micro in (999_001_252_875, 10_499_999, 3_104_999, 0)] == [
        "999,001",
        "10",
        "3.10",
        "0.00",
    ]
