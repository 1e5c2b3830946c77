"""The clearing equation: each delivered line and credit is explained once, for each file and in total.

Not here: what a line, a duplicate or a retraction is; staging and the facts decide that.
"""

from expectations.gates import Check

_FEED = "generation_events"
_FATES = ("reported", "retracted", "later", "duplicate", "conflicting")
_REBUILD = "The warehouse does not fit the lake: run again with --full-refresh, and report it if it stays"

# where each accepted row went, of the batches that a run loads
_ROWS = f"""
    select row_id, 'reported' as fate, credits
    from facts.int_generations_classified
    where :is_new(batch_id)
    union all
    select row_id, exclusion_reason as fate, credits
    from facts.int_generations_excluded
    where :is_new(batch_id)
    union all
    select row_id, case when is_conflict then 'conflicting' else 'duplicate' end as fate, credits
    from staging.stg_repeated_deliveries
    where feed = '{_FEED}' and :is_new(batch_id)
"""

PER_FILE = Check(
    name="lines_and_credits_of_each_file_clear",
    rule=(
        "each line of a generation file is reported, retracted, later than as_of, a duplicate, a conflict or "
        "quarantined, and so are its credits, once"
    ),
    cases=f"""
        with explained as (
            select
                accepted.batch_id, accepted.file_path,
                {", ".join(f"count(case told.fate when '{fate}' then 1 end) as {fate}" for fate in _FATES)},
                coalesce(sum(told.credits), 0) as explained_credits
            from raw.{_FEED} as accepted
            left join ({_ROWS}) as told on accepted.row_id = told.row_id
            where :is_new(accepted.batch_id)
            group by accepted.batch_id, accepted.file_path
        ),
        files as (
            select deliveries.batch_id, deliveries.file_path, deliveries.line_count,
                deliveries.quarantined_count as quarantined,
                {", ".join(f"coalesce(explained.{fate}, 0) as {fate}" for fate in _FATES)},
                coalesce(deliveries.accepted_credits, 0) as accepted_credits,
                coalesce(explained.explained_credits, 0) as explained_credits
            from raw.deliveries as deliveries
            left join explained
                on
                    deliveries.batch_id = explained.batch_id
                    and deliveries.file_path = explained.file_path
            where deliveries.feed = '{_FEED}' and :is_new(deliveries.batch_id)
        )
        select *, quarantined + {" + ".join(_FATES)} as explained_count
        from files
        where
            coalesce(line_count <> quarantined + {" + ".join(_FATES)}, true)
            or accepted_credits <> explained_credits
    """,
    found=(
        "file {file_path} of batch {batch_id}: {line_count} lines, {explained_count} explained ({reported} "
        "reported, {retracted} retracted, {later} later, {duplicate} duplicate, {conflicting} conflicting, "
        "{quarantined} quarantined); {accepted_credits} credits accepted, {explained_credits} explained"
    ),
    why="A line or credit that is none of these was lost on the way, and one that is two counts twice.",
    remedy=_REBUILD,
)

_SIDES = {
    "delivered": f"""
        select sum(line_count) - sum(quarantined_count) as row_count, sum(accepted_credits) as credits
        from raw.deliveries
        where feed = '{_FEED}'
    """,
    "repeated": f"""
        select count(*) as row_count, sum(credits) as credits
        from staging.stg_repeated_deliveries
        where feed = '{_FEED}'
    """,
    "staged": "select sum(generation_count) as row_count, sum(credits) as credits "
    "from staging.stg_usage_by_batch",
    "withheld": "select count(*) as row_count, sum(credits) as credits from facts.int_generations_excluded",
    "known": "select sum(generation_count) as row_count, sum(credits) as credits from facts.fct_usage_by_day",
    "published": "select sum(generation_count) as row_count, sum(credits) as credits from marts.usage_daily",
}

# sums of sums: the same few seconds whatever a night loads
IN_TOTAL = Check(
    name="all_lines_and_credits_clear",
    rule=(
        "of all generation files ever delivered, accepted = live + repeated, and live less what is retracted "
        "or later = the sum of the facts = the sum of the marts, in lines and in credits"
    ),
    cases=f"""
        with {
        ", ".join(
            f'''{side} as (
                select coalesce(max(row_count), 0) as row_count, coalesce(max(credits), 0) as credits
                from ({query}) as summed
            )'''
            for side, query in _SIDES.items()
        )
    }
        select {", ".join(f"{side}.row_count as {side}, {side}.credits as {side}_credits" for side in _SIDES)}
        from {" cross join ".join(_SIDES)}
        where {
        " or ".join(
            f"delivered.{measure} <> staged.{measure} + repeated.{measure} "
            f"or staged.{measure} <> withheld.{measure} + known.{measure} "
            f"or known.{measure} <> published.{measure}"
            for measure in ("row_count", "credits")
        )
    }
    """,
    found=(
        "{delivered} accepted ({delivered_credits} credits), {staged} live ({staged_credits}) and {repeated} "
        "repeated ({repeated_credits}); {withheld} retracted or later ({withheld_credits}), {known} in the "
        "facts ({known_credits}), {published} in the marts ({published_credits})"
    ),
    why="It is the promise that nothing is lost and nothing doubled, from the files to what is published.",
    remedy=_REBUILD,
)

ENTRIES_IN_TOTAL = Check(
    name="all_credit_entries_clear",
    rule="of all entry files ever delivered, accepted = live + repeated, in lines and in credits",
    cases="""
        with sides as (
            select sum(accepted) as accepted, sum(accepted_credits) as accepted_credits, sum(live) as live,
                sum(live_credits) as live_credits, sum(repeated) as repeated,
                sum(repeated_credits) as repeated_credits
            from (
                select line_count - quarantined_count as accepted, accepted_credits, 0 as live,
                    0 as live_credits, 0 as repeated, 0 as repeated_credits
                from raw.deliveries
                where feed = 'credit_entries'
                union all
                select 0 as accepted, 0 as accepted_credits, 1 as live, credits as live_credits,
                    0 as repeated, 0 as repeated_credits
                from staging.stg_credit_entries
                union all
                select 0 as accepted, 0 as accepted_credits, 0 as live, 0 as live_credits, 1 as repeated,
                    credits as repeated_credits
                from staging.stg_repeated_deliveries
                where feed = 'credit_entries'
            ) as all_sides
        )
        select * from sides
        where accepted <> live + repeated or accepted_credits <> live_credits + repeated_credits
    """,
    found=(
        "{accepted} accepted ({accepted_credits} credits), {live} live ({live_credits}) and {repeated} "
        "repeated ({repeated_credits})"
    ),
    why="An entry that is lost or doubled is a credit that nobody bought, or one that was paid for nothing.",
    remedy=_REBUILD,
)
