"""Gates on what was delivered and loaded, and yet has no effect or looks wrong: all of them warnings.

Not here: lines that were rejected (raw.py), charges and volumes that are implausible (facts.py).
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql

_FAR_DAYS = 400

_REFERENCES = Check(
    name="references_name_known_events",
    rule="every outcome, retraction and refund names a generation that was delivered",
    cases=read_sql("delivered/references_name_known_events"),
    found=(
        "{unknown_count} of {reference_count} {kinds} name no event that is known{hint}, such as {example}"
    ),
    why="They change nothing: content that was used stays untracked, and what was taken back still counts.",
    remedy=(
        "If the events have another source (left out it is native), deliver these rows again with it and the "
        "same ids, a refund with its related_source and a higher revision; otherwise deliver the events that "
        "are missing"
    ),
    severity="warning",
)

_FAR = Check(
    name="nothing_is_dated_far_after_as_of",
    rule=f"no event, outcome, retraction or credit entry is dated more than {_FAR_DAYS} days after as_of",
    cases=f"select * from facts.fct_rows_waiting where waits_for > :as_of + {_FAR_DAYS}",
    found="{feed} {delivered_id} of {row_scope}, dated {waits_for}",
    why="It counts in nothing until that day; such a date is usually a typing error or a wrong unit of time.",
    remedy=(
        "If the date is wrong, deliver the row with the right one under a new id; an event that waits can be "
        "retracted"
    ),
    severity="warning",
)

_NAMED = Check(
    name="used_ids_are_in_their_feed",
    rule=(
        "of a workspace that has a products (or members) feed, at most half of the credits of 30 days have a "
        "product (or member) that it does not name"
    ),
    cases="select * from facts.fct_unnamed_usage where unnamed_credits * 2 > credits",
    found=(
        "workspace {workspace_id}: {unnamed_credits} of {credits} credits have one of {unnamed_count} "
        '{id_kind} ids that no row of {id_kind}s names, such as "{first_unnamed_id}"'
    ),
    why="Its title, category, name or team is missing in every breakdown.",
    remedy=(
        "Compare the ids of the events with those of the feed: a prefix, a trailing .0, a SKU in place of an "
        "id, or another workspace_id; deliver the rows that are missing"
    ),
    severity="warning",
)

_ALIKE = Check(
    name="ids_do_not_look_alike",
    rule=(
        "no two ids of products, members, generation types or workspaces that were used in 90 days differ "
        "only in case, blanks, Unicode's normal form or a trailing .0"
    ),
    cases=read_sql("delivered/ids_do_not_look_alike"),
    found="workspace {workspace_id}, {id_kind} ids ({group_count}): {ids}",
    why="They are counted apart; if they are one thing, its rows, ranks and rates are split.",
    remedy=(
        "If they are one thing, write its id in one way at the source; retract what was delivered otherwise "
        "and deliver it again under new event ids"
    ),
    severity="warning",
)

GATES = (
    Gate("facts.int_references_unknown", (_REFERENCES,)),
    Gate("facts.fct_rows_waiting", (_FAR,)),
    Gate("facts.fct_unnamed_usage", (_NAMED,)),
    Gate("facts.fct_look_alike_ids", (_ALIKE,)),
)
