"""Gates on the suggestions: ranked without holes, each of one segment, with evidence that is found again.

Not here: whether a segment stands out by chance; that is measured on simulated workspaces, not on a batch.
"""

from expectations.gates import Check, Gate

_REPORT = "Report it with the generations of this workspace in the 90 days up to as_of"
_SUGGESTION = "workspace {workspace_id}, suggestion {suggestion_rank}: "
_KINDS = {
    "ruleset": "ruleset_id",
    "template": "template_id",
    "category_type": "product_category",
    "member_type": "member_id",
}
_MEASURES = ("generation_count", "wasted_generation_count", "credits", "wasted_credits")


def _row_check(name: str, rule: str, broken: str, found: str, why: str) -> Check:
    cases = f"select * from waste.suggestions where {broken}"
    return Check(name=name, rule=rule, cases=cases, found=_SUGGESTION + found, why=why, remedy=_REPORT)


def _is_of_its_kind() -> str:
    """SQL: whether the column of the kind is filled, and that of no other kind."""
    kinds = [
        " and ".join(f"{other} is {'not null' if other == column else 'null'}" for other in _KINDS.values())
        + f" and segment_kind = '{kind}'"
        + (" and generation_type is not null" if kind == "category_type" else "")
        for kind, column in _KINDS.items()
    ]
    return " or ".join(f"({kind})" for kind in kinds)


_RANKED = Check(
    name="suggestions_are_ranked_without_holes",
    rule="the suggestions of a workspace have the ranks 1, 2, 3 … each once",
    cases="""
        select workspace_id, count(*) as row_count, min(suggestion_rank) as first_rank,
            max(suggestion_rank) as last_rank
        from waste.suggestions
        group by workspace_id
        having
            workspace_id is null or count(distinct suggestion_rank) <> count(*)
            or min(suggestion_rank) <> 1 or max(suggestion_rank) <> count(*)
    """,
    found="workspace {workspace_id}: {row_count} suggestions, ranks {first_rank} to {last_rank}",
    why="A list with a hole looks like one that something was kept back from.",
    remedy=_REPORT,
)
_FALLING = Check(
    name="suggestions_with_more_saving_come_first",
    rule="the potential saving does not rise with the rank",
    cases="""
        select *
        from (
            select workspace_id, suggestion_rank, potential_saving_credits_mid as saving,
                lag(potential_saving_credits_mid) over (
                    partition by workspace_id order by suggestion_rank
                ) as saving_before
            from waste.suggestions
        ) as ranked
        where saving > saving_before
    """,
    found=_SUGGESTION + "{saving} after {saving_before}",
    why="People do the first and stop: it must be the one that saves most.",
    remedy=_REPORT,
)
# by all that a segment may be made of, so that the generations are read once for all suggestions
_EVIDENCE = Check(
    name="suggestions_have_the_evidence_of_the_facts",
    rule=(
        "the counts and credits of a suggestion are those the facts have of its generations from "
        "evidence_from to evidence_to, within the 90 days up to as_of"
    ),
    cases=f"""
        with generations as (
            select
                workspace_id, usage_date, generation_type, {", ".join(_KINDS.values())},
                count(*) as generation_count,
                sum(case when disposition = 'wasted' then 1 else 0 end) as wasted_generation_count,
                sum(credits) as credits,
                sum(case when disposition = 'wasted' then credits else 0 end) as wasted_credits
            from facts.fct_generations
            where
                usage_date > :as_of - 90
                and workspace_id in (select workspace_id from waste.suggestions)
            group by workspace_id, usage_date, generation_type, {", ".join(_KINDS.values())}
        ),
        found as (
            select
                told.workspace_id, told.suggestion_rank,
                {", ".join(f"coalesce(sum(generations.{name}), 0) as {name}" for name in _MEASURES)}
            from waste.suggestions as told
            left join generations
                on
                    told.workspace_id = generations.workspace_id
                    and generations.usage_date between told.evidence_from and told.evidence_to
                    {
        " ".join(
            f"and (told.{name} is null or told.{name} = generations.{name})"
            for name in ("generation_type", *_KINDS.values())
        )
    }
            group by told.workspace_id, told.suggestion_rank
        )
        select
            told.workspace_id, told.suggestion_rank, told.evidence_from,
            {", ".join(f"told.{name}, found.{name} as found_{name}" for name in _MEASURES)}
        from waste.suggestions as told
        inner join found
            on told.workspace_id = found.workspace_id and told.suggestion_rank = found.suggestion_rank
        where
            coalesce(told.evidence_from <> :as_of - 89 or told.evidence_to > :as_of, true)
            or {" or ".join(f"coalesce(told.{name} <> found.{name}, true)" for name in _MEASURES)}
    """,
    found=(
        _SUGGESTION + "{wasted_generation_count} of {generation_count} generations and {wasted_credits} of "
        "{credits} credits wasted from {evidence_from} on, in the facts {found_wasted_generation_count} of "
        "{found_generation_count} and {found_wasted_credits} of {found_credits}"
    ),
    why="Whoever follows a suggestion to its generations must find as many, to the last digit.",
    remedy=_REPORT,
)

GATES = (
    Gate(
        "waste.suggestions",
        (
            _RANKED,
            _row_check(
                "suggestions_name_the_segment_of_their_kind",
                "a suggestion names one ruleset, template, category and type, or member, as its kind says",
                f"not coalesce({_is_of_its_kind()}, false)",
                "{segment_kind} with ruleset {ruleset_id}, template {template_id}, "
                "category {product_category}, member {member_id}, type {generation_type}",
                "These ids are what the evidence is joined by; a wrong one points at somebody else's work.",
            ),
            _row_check(
                "suggestions_count_no_more_than_there_is",
                "what is affected or wasted is 0 or more and at most all, elsewhere too, and in credits",
                """
                coalesce(
                    waste_reason is null
                    or affected_count < 0 or affected_count > evidence_count
                    or elsewhere_affected_count < 0 or elsewhere_affected_count > elsewhere_count
                    or wasted_generation_count < 0 or wasted_generation_count > generation_count
                    or wasted_credits < 0 or wasted_credits > credits
                    or (
                        waste_reason <> 'excess_regeneration' and (
                            evidence_count <> generation_count or affected_count > wasted_generation_count
                        )
                    ),
                    true
                )
                """,
                "{affected_count} of {evidence_count} affected, "
                "{elsewhere_affected_count} of {elsewhere_count} elsewhere; {wasted_generation_count} of "
                "{generation_count} generations and {wasted_credits} of {credits} credits wasted",
                "Shares of more than all are believed by nobody, nor is what stands beside them.",
            ),
            _row_check(
                "potential_savings_are_at_most_what_was_wasted",
                "0 <= low <= mid <= high <= wasted_credits",
                """
                coalesce(
                    potential_saving_credits_low < 0
                    or potential_saving_credits_low > potential_saving_credits_mid
                    or potential_saving_credits_mid > potential_saving_credits_high
                    or potential_saving_credits_high > wasted_credits,
                    true
                )
                """,
                "{potential_saving_credits_low}, {potential_saving_credits_mid}, "
                "{potential_saving_credits_high} of {wasted_credits} wasted",
                "Nobody saves more than was wasted, and a range that crosses itself is no range.",
            ),
            _FALLING,
            _EVIDENCE,
        ),
    ),
)
