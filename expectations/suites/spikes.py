"""Gates on the spikes: one row each, of the last 90 days, above its usual, and of the day's usage exactly.

Not here: whether a day is far enough above its past; that is measured on series, not on a batch.
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql

_REPORT = "Report it with the usage of this workspace in the 270 days up to as_of"
_FOUND = "workspace {workspace_id} on {usage_date}, scope {scope}: {credits} credits, usually {usual}"


def _row_check(name: str, rule: str, broken: str, why: str) -> Check:
    cases = f"select * from forecast.usage_spikes where {broken}"
    return Check(name=name, rule=rule, cases=cases, found=_FOUND, why=why, remedy=_REPORT)


_ONCE = Check(
    name="spikes_are_unique",
    rule="a workspace, day and scope has one row, and the scope is day or event",
    cases=read_sql("spikes/spikes_are_unique"),
    found="workspace {workspace_id} on {usage_date}, scope {scope}: {row_count} rows",
    why="An alert that is sent twice is read as two.",
    remedy=_REPORT,
)
_OF_THE_DAY = Check(
    name="day_spikes_equal_the_usage_of_their_day",
    rule="the credits of a day spike are all the usage of that workspace and day",
    cases="""
        select spikes.workspace_id, spikes.usage_date, spikes.credits, days.credits as used
        from forecast.usage_spikes as spikes
        left join facts.fct_usage_by_day as days
            on spikes.workspace_id = days.workspace_id and spikes.usage_date = days.usage_date
        where spikes.scope = 'day' and coalesce(spikes.credits <> days.credits, true)
    """,
    found="workspace {workspace_id} on {usage_date}: {credits} credits in the spike, {used} used",
    why="The usage of the day must show the number of its alert.",
    remedy=_REPORT,
)

GATES = (
    Gate(
        "forecast.usage_spikes",
        (
            _ONCE,
            _row_check(
                "spikes_are_of_the_last_90_days",
                "a spike lies in the 90 days up to as_of",
                "usage_date > :as_of or usage_date <= :as_of - 90",
                "The list is read as what to look at now.",
            ),
            _row_check(
                "spikes_are_above_their_usual",
                "a spike has more credits than its usual, and a cause",
                "coalesce(credits <= usual, true) or usual < 0 or coalesce(cause, '') = ''",
                "A row that is not above its usual says that the days were compared wrongly.",
            ),
            _OF_THE_DAY,
        ),
    ),
)
