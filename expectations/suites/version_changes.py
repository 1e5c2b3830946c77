"""Gates on version changes: one row each, recent, with counts of the facts and ranges around the difference.

Not here: whether a range is wide enough; that is measured on simulated products, not on a batch.
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql

_REPORT = "Report it with the attempts of this workspace and type in the 180 days up to as_of"
_CHANGE = "workspace {workspace_id}, {generation_type}, {version_kind} {version_id}: "


def _row_check(name: str, rule: str, cases: str, found: str, why: str) -> Check:
    return Check(name=name, rule=rule, cases=cases, found=_CHANGE + found, why=why, remedy=_REPORT)


_ONCE = Check(
    name="version_changes_are_unique",
    rule="a workspace, generation type and new ruleset or template has one row, with another one before it",
    cases=read_sql("version_changes/version_changes_are_unique"),
    found=_CHANGE + "{row_count} rows, previous {previous_id}",
    why="Two rows of one change, or a version compared with itself, are read as two changes.",
    remedy=_REPORT,
)
_IN_THE_FACTS = Check(
    name="version_changes_count_the_attempts_of_the_facts",
    rule="the attempts before and after a change are those of the facts, of 30 days on either side",
    cases=read_sql("version_changes/version_changes_count_the_attempts_of_the_facts"),
    found=_CHANGE + "{attempts} attempts {side}, {found_attempts} in the facts",
    why="A drill-down from a change must find the same generations.",
    remedy=_REPORT,
)

GATES = (
    Gate(
        "waste.version_changes",
        (
            _ONCE,
            _row_check(
                "version_changes_are_of_the_last_90_days",
                "a change lies in the 90 days up to as_of",
                "select * from waste.version_changes "
                "where coalesce(changed_on > :as_of or changed_on <= :as_of - 90, true)",
                "changed on {changed_on}",
                "The list is read as recent changes.",
            ),
            _row_check(
                "version_changes_have_attempts_on_both_sides",
                "either side has attempts, and no more regenerations or scores than attempts",
                read_sql("version_changes/version_changes_have_attempts_on_both_sides"),
                "{attempts_before} attempts before, {attempts_after} after",
                "A side without attempts has no rate to compare with.",
            ),
            _row_check(
                "version_changes_have_exact_rates_and_differences",
                "a rate is regenerations / attempts, and a difference is after less before",
                read_sql("version_changes/version_changes_have_exact_rates_and_differences"),
                "{regeneration_rate_difference} and {first_pass_quality_score_difference}",
                "A difference must be that of the two figures next to it.",
            ),
            _row_check(
                "version_change_ranges_hold_their_differences",
                "a range contains its difference, lies within -1 and 1, and is not a point",
                read_sql("version_changes/version_change_ranges_hold_their_differences"),
                "{regeneration_rate_difference_low} to {regeneration_rate_difference_high}, and "
                "{first_pass_quality_score_difference_low} to {first_pass_quality_score_difference_high}",
                "Only a range that excludes 0 separates a difference from chance.",
            ),
            _IN_THE_FACTS,
        ),
    ),
)
