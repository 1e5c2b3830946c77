"""Gates on the suggestions: ranked without gaps, each of one segment, with evidence that the facts confirm.

Not here: whether a segment stands out by chance; that is measured on simulated workspaces, not on a batch.
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql

_REPORT = "Report it with the generations of this workspace in the 90 days up to as_of"
_SUGGESTION = "workspace {workspace_id}, suggestion {suggestion_rank}: "
_KINDS = {
    "ruleset": "ruleset_id",
    "template": "template_id",
    "category_type": "product_category",
    "member_type": "member_id",
    "model": "model",
    "workflow": "workflow",
}
_MEASURES = ("generation_count", "wasted_generation_count", "credits", "wasted_credits")


def _row_check(name: str, rule: str, cases: str, found: str, why: str) -> Check:
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
    cases=read_sql("suggestions/suggestions_are_ranked_without_holes"),
    found="workspace {workspace_id}: {row_count} suggestions, ranks {first_rank} to {last_rank}",
    why="A gap in the ranks looks like a suggestion withheld.",
    remedy=_REPORT,
)
_FALLING = Check(
    name="suggestions_with_more_saving_come_first",
    rule="the potential saving does not rise with the rank",
    cases=read_sql("suggestions/suggestions_with_more_saving_come_first"),
    found=_SUGGESTION + "{saving} after {saving_before}",
    why="Readers often act on the first only: it must save the most.",
    remedy=_REPORT,
)
_EVIDENCE = Check(
    name="suggestions_have_the_evidence_of_the_facts",
    rule=(
        "the counts and credits of a suggestion are those the facts have of its generations from "
        "evidence_from to evidence_to, within the 90 days up to as_of"
    ),
    cases=read_sql("suggestions/suggestions_have_the_evidence_of_the_facts"),
    found=(
        _SUGGESTION + "{wasted_generation_count} of {generation_count} generations and {wasted_credits} of "
        "{credits} credits wasted from {evidence_from} on, in the facts {found_wasted_generation_count} of "
        "{found_generation_count} and {found_wasted_credits} of {found_credits}"
    ),
    why="A drill-down from a suggestion must find the same generations, to the last digit.",
    remedy=_REPORT,
)

GATES = (
    Gate(
        "waste.suggestions",
        (
            _RANKED,
            _row_check(
                "suggestions_name_the_segment_of_their_kind",
                "a suggestion names one ruleset, template, category and type, member, model or workflow, "
                "as its kind says",
                f"select * from waste.suggestions where not coalesce({_is_of_its_kind()}, false)",
                "{segment_kind} with ruleset {ruleset_id}, template {template_id}, "
                "category {product_category}, member {member_id}, model {model}, workflow {workflow}, "
                "type {generation_type}",
                "These ids are what the evidence is joined by; a wrong one points at the work of others.",
            ),
            _row_check(
                "suggestions_count_no_more_than_there_is",
                "what is affected or wasted is 0 or more and at most all, elsewhere too, and in credits",
                read_sql("suggestions/suggestions_count_no_more_than_there_is"),
                "{affected_count} of {evidence_count} affected, "
                "{elsewhere_affected_count} of {elsewhere_count} elsewhere; {wasted_generation_count} of "
                "{generation_count} generations and {wasted_credits} of {credits} credits wasted",
                "A share above 100 % discredits the whole suggestion.",
            ),
            _row_check(
                "potential_savings_are_at_most_what_was_wasted",
                "0 <= low <= mid <= high <= wasted_credits",
                read_sql("suggestions/potential_savings_are_at_most_what_was_wasted"),
                "{potential_saving_credits_low}, {potential_saving_credits_mid}, "
                "{potential_saving_credits_high} of {wasted_credits} wasted",
                "A saving cannot exceed the waste, and a range must be in order.",
            ),
            _FALLING,
            _EVIDENCE,
        ),
    ),
)
