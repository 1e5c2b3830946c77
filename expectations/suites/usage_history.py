"""Volume and freshness against each workspace's own history: warnings, since a quiet day may be real.

Not here: single charges that are too large (facts.py), and spikes for people to look at (spikes.py).
"""

from expectations.gates import Check
from expectations.sql_files import read_sql

# below this, a few generations more or less are chance
_LEAST = 20
_PAST_DAYS = " union all ".join(
    f"select :as_of - {days_ago} as usage_date, {days_ago} as days_ago" for days_ago in range(1, 29)
)
_FOUND = (
    "workspace {workspace_id}: {generation_count} generations on {usage_date}; {usual_weekday} on the same "
    "day of the weeks before, {usual_day} on any day"
)

ENOUGH = Check(
    name="the_newest_day_has_its_usual_volume",
    rule=(
        "the newest day of a workspace has at least a fifth of what it had on the same day of the 4 weeks "
        f"before, by the median, where that is {_LEAST} generations or more"
    ),
    cases=read_sql(
        "usage_history/newest_day_volume",
        past_days=_PAST_DAYS,
        is_unusual=f"usual_weekday >= {_LEAST} and generation_count * 5 < usual_weekday",
    ),
    found=_FOUND,
    why="A file that did not come looks like a quiet day.",
    remedy="Ask the source whether the day is complete; late files are loaded by the next run",
    severity="warning",
)

NOT_TOO_MUCH = Check(
    name="the_newest_day_has_no_multiple_of_its_usual_volume",
    rule=(
        "the newest day of a workspace has at most 5 times what it had on the same day of the 4 weeks "
        f"before, or on any day of them, by the medians, or 5 times {_LEAST} generations"
    ),
    cases=read_sql(
        "usage_history/newest_day_volume",
        past_days=_PAST_DAYS,
        is_unusual=f"generation_count > 5 * greatest(usual_day, usual_weekday, {_LEAST})",
    ),
    found=_FOUND,
    why="A source that delivers a day twice under new ids doubles every number, and no key reveals it.",
    remedy="Ask the source whether the events are true; retract those that are not",
    severity="warning",
)


def _silences(scope: str) -> str:
    """SQL: the longest gap of each scope, an expression over fct_usage_by_day, in its last 8 weeks."""
    return read_sql("usage_history/silences", scope=scope)


FRESH = Check(
    name="usage_is_fresh",
    rule=(
        "the newest generation is at most 2 days older than as_of, or as old as any two days of usage of the "
        "8 weeks before it lie apart"
    ),
    cases=read_sql("usage_history/usage_is_fresh", silences=_silences("'all'")),
    found="the newest generation is of {newest_day}",
    why="Pace and burn rates fall to nothing when deliveries stop.",
    remedy="Check whether files still arrive in the landing directory",
    severity="warning",
)

NOT_SILENT = Check(
    name="no_workspace_falls_silent",
    rule=(
        "a workspace that had 10 days of usage or more in 8 weeks is not silent for more than 2 days and for "
        "longer than ever in them; it is reported for 4 weeks"
    ),
    cases=read_sql("usage_history/no_workspace_falls_silent", silences=_silences("workspace_id")),
    found="workspace {workspace_id}: none since {newest_date}, after {day_count} days with usage in 8 weeks",
    why="A source that stops for one customer is not seen in the sum of all.",
    remedy="Ask the source, or the customer; nothing else needs to be done if they have left",
    severity="warning",
)

CHECKS = (ENOUGH, NOT_TOO_MUCH, FRESH, NOT_SILENT)
