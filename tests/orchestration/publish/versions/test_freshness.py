"""The warning that the served version is not up to date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from orchestration.publish.versions.freshness import format_age, staleness_warning
from orchestration.publish.versions.history import KeptVersion

NOW = datetime(2026, 4, 10, 8, tzinfo=UTC)


def kept(number: int, *, hours_ago: float = 5, is_served: bool = True) -> KeptVersion:
    return KeptVersion(number, date(2020, 1, 1), NOW - timedelta(hours=hours_ago), None, is_served)


def test_a_version_published_last_night_is_up_to_date_even_if_its_days_are_old() -> None:
    assert staleness_warning([kept(3, hours_ago=35.9)], now=NOW, failure=None) is None
    assert staleness_warning([], now=NOW, failure="") is None


def test_after_36_hours_the_warning_has_the_age() -> None:
    warning = staleness_warning([kept(3, hours_ago=72.2)], now=NOW, failure=None)
    assert warning == "Not up to date: version 3 was published 3 days ago"


def test_a_failed_newest_run_is_warned_of_at_once() -> None:
    warning = staleness_warning([kept(3)], now=NOW, failure="")
    assert warning == (
        "Not up to date: version 3 was published 5 hours ago; the newest run failed, so newer data was not "
        "published"
    )


def test_a_rollback_is_warned_of() -> None:
    warning = staleness_warning([kept(3), kept(4, is_served=False)], now=NOW, failure=None)
    assert warning == "Not up to date: version 3 was published 5 hours ago; version 4 is newer and not served"


def test_older_versions_cause_no_warning() -> None:
    assert staleness_warning([kept(2, is_served=False), kept(3)], now=NOW, failure=None) is None


def test_ages_are_in_the_unit_a_person_would_use() -> None:
    ages = [format_age(NOW - timedelta(minutes=minutes), NOW) for minutes in (-5, 10, 90, 60 * 47, 60 * 49)]
    assert ages == ["0 minutes", "10 minutes", "2 hours", "47 hours", "2 days"]
