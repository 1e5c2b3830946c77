"""Gates on version changes: each told once, recent, with counts that the facts have and ranges that hold.

Not here: whether a range is wide enough; that is measured on simulated products, not on a batch.
"""

from expectations.gates import Check, Gate

_REPORT = "Report it with the attempts of this workspace and type in the 180 days up to as_of"
_CHANGE = "workspace {workspace_id}, {generation_type}, {version_kind} {version_id}: "


def _row_check(name: str, rule: str, broken: str, found: str, why: str) -> Check:
    cases = f"select * from waste.version_changes where {broken}"
    return Check(name=name, rule=rule, cases=cases, found=_CHANGE + found, why=why, remedy=_REPORT)


_ONCE = Check(
    name="version_changes_are_told_once",
    rule="a workspace, generation type and new ruleset or template has one row, with another one before it",
    cases="""
        select workspace_id, generation_type, version_kind, version_id, count(*) as row_count,
            max(previous_id) as previous_id
        from waste.version_changes
        group by workspace_id, generation_type, version_kind, version_id
        having
            count(*) <> 1 or workspace_id is null or generation_type is null or version_id is null
            or coalesce(version_kind, '') not in ('ruleset', 'template')
            or coalesce(max(previous_id) = version_id, true)
    """,
    found=_CHANGE + "{row_count} rows, previous {previous_id}",
    why="Two rows of one change, or a version compared with itself, are read as two changes.",
    remedy=_REPORT,
)
_IN_THE_FACTS = Check(
    name="version_changes_count_the_attempts_of_the_facts",
    rule="the attempts before and after a change are those of the facts, of 30 days on either side",
    cases="""
        with sides as (
            select
                workspace_id, generation_type, version_kind, version_id, 'after' as side,
                version_id as used_id, changed_on as first_on, changed_on + interval '29' day as last_on,
                attempts_after as attempts
            from waste.version_changes
            union all
            select
                workspace_id, generation_type, version_kind, version_id, 'before' as side,
                previous_id as used_id, changed_on - interval '30' day as first_on,
                changed_on - interval '1' day as last_on, attempts_before as attempts
            from waste.version_changes
        ),
        attempts as (
            select
                workspace_id, generation_type, 'ruleset' as version_kind, ruleset_id as used_id, usage_date
            from facts.int_generations_classified
            where attempt_number is not null and usage_date > :as_of - 120
            union all
            select
                workspace_id, generation_type, 'template' as version_kind, template_id as used_id, usage_date
            from facts.int_generations_classified
            where attempt_number is not null and usage_date > :as_of - 120
        )
        select
            sides.workspace_id, sides.generation_type, sides.version_kind, sides.version_id, sides.side,
            sides.attempts, count(attempts.usage_date) as found_attempts
        from sides
        left join attempts
            on
                sides.workspace_id = attempts.workspace_id
                and sides.generation_type = attempts.generation_type
                and sides.version_kind = attempts.version_kind
                and sides.used_id = attempts.used_id
                and attempts.usage_date >= sides.first_on
                and attempts.usage_date <= sides.last_on
        group by
            sides.workspace_id, sides.generation_type, sides.version_kind, sides.version_id, sides.side,
            sides.attempts
        having coalesce(sides.attempts <> count(attempts.usage_date), true)
    """,
    found=_CHANGE + "{attempts} attempts {side}, {found_attempts} in the facts",
    why="Whoever follows a change to its generations must find as many.",
    remedy=_REPORT,
)
_RATE = "regeneration_rate"
_QUALITY = "first_pass_quality_score"

GATES = (
    Gate(
        "waste.version_changes",
        (
            _ONCE,
            _row_check(
                "version_changes_are_of_the_last_90_days",
                "a change lies in the 90 days up to as_of",
                "coalesce(changed_on > :as_of or changed_on <= :as_of - 90, true)",
                "changed on {changed_on}",
                "The list is read as what changed lately.",
            ),
            _row_check(
                "version_changes_have_attempts_on_both_sides",
                "either side has attempts, and no more regenerations or scores than attempts",
                " or ".join(
                    f"coalesce(attempts_{side} <= 0 or {count}_{side} < 0 "
                    f"or {count}_{side} > attempts_{side}, true)"
                    for side in ("before", "after")
                    for count in ("regenerations", "first_pass_scored")
                ),
                "{attempts_before} attempts before, {attempts_after} after",
                "A side without attempts has no rate to compare with.",
            ),
            _row_check(
                "version_changes_have_exact_rates_and_differences",
                "a rate is regenerations / attempts, and a difference is after less before",
                " or ".join(
                    [
                        # to the last of 6 decimals, half up
                        *(
                            f"coalesce(abs({_RATE}_{side} * attempts_{side} - regenerations_{side}) "
                            f"* 2000000 > attempts_{side}, true)"
                            for side in ("before", "after")
                        ),
                        *(
                            f"({_QUALITY}_{side} is null) <> (first_pass_scored_{side} = 0)"
                            for side in ("before", "after")
                        ),
                        *(
                            f"{name}_difference is distinct from {name}_after - {name}_before"
                            for name in (_RATE, _QUALITY)
                        ),
                    ]
                ),
                "{regeneration_rate_difference} and {first_pass_quality_score_difference}",
                "A difference that is not that of the two figures beside it is worth none of them.",
            ),
            _row_check(
                "version_change_ranges_hold_their_differences",
                "a range holds its difference, lies within -1 and 1, and is no point",
                " or ".join(
                    [
                        f"{_RATE}_difference_low is null or {_RATE}_difference_high is null",
                        f"({_QUALITY}_difference_low is null) <> ({_QUALITY}_difference_high is null)",
                        f"({_QUALITY}_difference is null and {_QUALITY}_difference_low is not null)",
                        *(
                            f"{name}_difference_low > {name}_difference "
                            f"or {name}_difference_high < {name}_difference "
                            f"or {name}_difference_low < -1 or {name}_difference_high > 1 "
                            f"or {name}_difference_low >= {name}_difference_high"
                            for name in (_RATE, _QUALITY)
                        ),
                    ]
                ),
                "{regeneration_rate_difference_low} to {regeneration_rate_difference_high}, and "
                "{first_pass_quality_score_difference_low} to {first_pass_quality_score_difference_high}",
                "Whether a range excludes 0 is all that tells a difference from chance.",
            ),
            _IN_THE_FACTS,
        ),
    ),
)
