"""The clearing equation: each delivered line and credit is explained once, for each file and in total.

Not here: what a line, a duplicate or a retraction is; staging and the facts decide that.
"""

from expectations.gates import Check
from expectations.sql_files import read_sql

_REBUILD = "The warehouse does not fit the lake: run again with --full-refresh, and report it if it stays"

PER_FILE = Check(
    name="lines_and_credits_of_each_file_clear",
    rule=(
        "each line of a generation file is reported, retracted, later than as_of, a duplicate, a conflict or "
        "quarantined, and so are its credits, once"
    ),
    cases=read_sql("clearing/lines_and_credits_of_each_file_clear"),
    found=(
        "file {file_path} of batch {batch_id}: {line_count} lines, {explained_count} explained ({reported} "
        "reported, {retracted} retracted, {later} later, {duplicate} duplicate, {conflicting} conflicting, "
        "{quarantined} quarantined); {accepted_credits} credits accepted, {explained_credits} explained"
    ),
    why="A line or credit that is none of these was lost on the way; one that is two of them counts twice.",
    remedy=_REBUILD,
)

# sums of sums: the same few seconds whatever a run loads
IN_TOTAL = Check(
    name="all_lines_and_credits_clear",
    rule=(
        "of all generation files ever delivered, accepted = live + repeated, and live less what is retracted "
        "or later = the sum of the facts = the sum of the marts, in lines and in credits"
    ),
    cases=read_sql("clearing/all_lines_and_credits_clear"),
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
    cases=read_sql("clearing/all_credit_entries_clear"),
    found=(
        "{accepted} accepted ({accepted_credits} credits), {live} live ({live_credits}) and {repeated} "
        "repeated ({repeated_credits})"
    ),
    why="An entry that is lost or doubled is a credit that nobody bought, or one that was paid for nothing.",
    remedy=_REBUILD,
)
