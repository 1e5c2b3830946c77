"""When a reader is told that what is served is not up to date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from orchestration.publish.versions.freshness import age, stale_words
from orchestration.publish.versions.history import KeptVersion

NOW = datetime(2026, 4, 10, 8, tzinfo=UTC)


def kept(number: int, *, hours_ago: float = 5, is_served: bool = True) -> KeptVersion:
    return KeptVersion(number, date(2020, 1, 1), NOW - timedelta(hours=hours_ago), None, is_served)


def test_what_was_published_last_night_is_up_to_date_however_old_its_days_are() -> None:
    assert stale_words([kept(3, hours_ago=35.9)], now=NOW, failure=None) is None
    assert stale_words([], now=NOW, failure="") is None


def test_after_36_hours_the_age_is_told() -> None:
    told = stale_words([kept(3, hours_ago=72.2)], now=NOW, failure=None)
    assert told == "Not up to date: version 3 was published 3 days ago"


def test_a_newest_run_that_failed_is_told_at_once() -> None:
    told = stale_words([kept(3)], now=NOW, failure="")
    assert told == (
        "Not up to date: version 3 was published 5 hours ago; the newest run failed, so newer data was not "
        "published"
    )


def test_a_version_gone_back_to_is_told() -> None:
    told = stale_words([kept(3), kept(4, is_served=False)], now=NOW, failure=None)
    assert told == "Not up to date: version 3 was published 5 hours ago; version 4 is newer and not served"


def test_an_older_version_that_is_kept_says_nothing() -> None:
    assert stale_words([kept(2, is_served=False), kept(3)], now=NOW, failure=None) is None


def test_ages_are_in_the_unit_a_person_would_use() -> None:
    ages = [age(NOW - timedelta(minutes=minutes), NOW) for minutes in (-5, 10, 90, 60 * 47, 60 * 49)]
    assert ages == ["0 minutes", "10 minutes", "2 hours", "47 hours", "2 days"]
