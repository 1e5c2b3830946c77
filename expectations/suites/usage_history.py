"""Volume and freshness against each workspace's own history: warnings, since a quiet day may be true.

Not here: single charges that are too large (facts.py), and spikes for people to look at (spikes.py).
"""

from expectations.gates import Check

# what a few generations more or less mean is chance
_LEAST = 20
_WEEKS = (1, 2, 3, 4)

# the 28 days before, of workspaces that have at least two of them on this day of the week
_USUAL = f"""
    with starts as (
        select workspace_id, min(usage_date) as first_date from facts.fct_usage_by_day group by workspace_id
    ),
    lately as (
        select workspace_id, usage_date, generation_count
        from facts.fct_usage_by_day
        where usage_date >= :as_of - 28
    ),
    past_days as (
        {" union all ".join(f"select :as_of - {n} as usage_date, {n} as days_ago" for n in range(1, 29))}
    ),
    history as (
        select
            starts.workspace_id, coalesce(lately.generation_count, 0) as generation_count,
            past_days.days_ago in ({", ".join(str(7 * weeks) for weeks in _WEEKS)}) as is_same_weekday
        from starts
        inner join past_days on past_days.usage_date >= starts.first_date
        left join lately
            on starts.workspace_id = lately.workspace_id and past_days.usage_date = lately.usage_date
        where starts.first_date <= :as_of - 14
    ),
    placed as (
        select *,
            row_number() over (partition by workspace_id order by generation_count) as place,
            count(*) over (partition by workspace_id) as day_count,
            row_number() over (
                partition by workspace_id, is_same_weekday order by generation_count
            ) as weekday_place,
            count(*) over (partition by workspace_id, is_same_weekday) as weekday_count
        from history
    ),
    usual as (
        select workspace_id,
            avg(case when place * 2 in (day_count, day_count + 1, day_count + 2) then generation_count end)
                as usual_day,
            avg(
                case when is_same_weekday
                    and weekday_place * 2 in (weekday_count, weekday_count + 1, weekday_count + 2)
                    then generation_count end
            ) as usual_weekday
        from placed
        group by workspace_id
    ),
    compared as (
        select usual.*, coalesce(newest.generation_count, 0) as generation_count, :as_of as usage_date
        from usual
        left join (select * from lately where usage_date = :as_of) as newest
            on usual.workspace_id = newest.workspace_id
    )
"""
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
    cases=f"""
        {_USUAL}
        select * from compared
        where usual_weekday >= {_LEAST} and generation_count * 5 < usual_weekday
    """,
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
    cases=f"""
        {_USUAL}
        select * from compared
        where generation_count > 5 * greatest(usual_day, usual_weekday, {_LEAST})
    """,
    found=_FOUND,
    why="A source that delivers a day twice under new ids doubles every number, and no key tells.",
    remedy="Ask the source whether the events are true; retract those that are not",
    severity="warning",
)


def _silences(scope: str) -> str:
    """CTE `lately`: longest silence of each scope (SQL over fct_usage_by_day) in its last 8 weeks of usage."""
    return f"""
        with days as (select distinct {scope} as scope, usage_date from facts.fct_usage_by_day),
        gaps as (
            select scope, usage_date,
                lag(usage_date) over (partition by scope order by usage_date) as day_before,
                max(usage_date) over (partition by scope) as newest_date
            from days
        ),
        lately as (
            select scope, newest_date, count(*) as day_count, max(usage_date - day_before) as longest_gap
            from gaps
            where usage_date > newest_date - interval '56' day
            group by scope, newest_date
        )
    """


FRESH = Check(
    name="usage_is_fresh",
    rule=(
        "the newest generation is at most 2 days older than as_of, or as old as any two days of usage of the "
        "8 weeks before it lie apart"
    ),
    cases=f"""
        {_silences("'all'")},
        newest as (select max(newest_date) as newest_date, max(longest_gap) as longest_gap from lately)
        select coalesce(cast(newest_date as string), 'no day at all') as newest_day
        from newest
        where
            newest_date is null
            or (newest_date < :as_of - 2 and coalesce(:as_of - newest_date > longest_gap, true))
    """,
    found="the newest generation is of {newest_day}",
    why="Pace and burn rates fall to nothing when deliveries stop.",
    remedy="Look whether files still arrive in the landing directory",
    severity="warning",
)

NOT_SILENT = Check(
    name="no_workspace_falls_silent",
    rule=(
        "a workspace that had 10 days of usage or more in 8 weeks is not silent for more than 2 days and for "
        "longer than ever in them; it is told for 4 weeks"
    ),
    cases=f"""
        {_silences("workspace_id")}
        select scope as workspace_id, newest_date, day_count, longest_gap
        from lately
        where
            day_count >= 10
            and newest_date < :as_of - 2
            and newest_date >= :as_of - 28
            and :as_of - newest_date > longest_gap
    """,
    found="workspace {workspace_id}: none since {newest_date}, after {day_count} days with usage in 8 weeks",
    why="A source that stops for one customer is not seen in the sum of all.",
    remedy="Ask the source, or the customer; nothing else needs to be done if they have left",
    severity="warning",
)

CHECKS = (ENOUGH, NOT_TOO_MUCH, FRESH, NOT_SILENT)
