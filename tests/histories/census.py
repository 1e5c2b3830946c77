"""How often each situation occurs in a set of generated histories, and which ones must.

What is delivered is counted, not what was intended, so that the generator cannot vouch for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from histories.deliveries import Deliveries
from histories.generate import RunDeliveries
from histories.other_situations import other_situations
from histories.transitions import transitions_of
from histories.usage_situations import usage_situations

_SITUATIONS = {
    "attempts": (
        "7 x 24 h and a microsecond apart",
        "at one instant",
        "exactly 7 x 24 h apart",
        "further apart than 7 days",
        "the earlier one is delivered in a later run",
        "within 7 days",
    ),
    "entry": (
        "a refund or adjustment that opens a lot",
        "a top-up",
        "adjustment",
        "effective after as_of",
        "expires before the last run",
        "grant",
        "late",
        "of an unknown lot",
        "purchase",
        "refund",
        "void",
    ),
    "event": (
        "delivered ahead of as_of",
        "failed",
        "its id in two sources",
        "late",
        "no locale",
        "no product_category",
        "on a day of 23 hours",
        "on a day of 25 hours",
        "score about 0.6",
        "score missing",
        "six decimals of credits",
    ),
    "file": ("an earlier one again",),
    "key": (
        "other content in a later run",
        "other content in the same run",
        "same content again in another file",
        "same content again in the same file",
        "same content again in a later run",
    ),
    "line": ("broken",),
    "members": (
        "first row runs after an event",
        "name changes back",
        "name changes between runs",
        "updated_at equal",
        "updated_at missing",
        "updated_at older than what is there",
    ),
    "outcome": (
        "a use at the exact instant of another attempt",
        "accepted",
        "dated after as_of",
        "dated before its event",
        "delivered runs after its event",
        "delivered runs before its event",
        "discarded",
        "edited",
        "equal instants for one event",
        "of an event never delivered",
        "published",
        "rejected",
        "unpublished",
    ),
    "products": (
        "category changes back",
        "category changes between runs",
        "first row runs after an event",
        "updated_at equal",
        "updated_at missing",
        "updated_at older than what is there",
    ),
    "retraction": (
        "a second one of the same event",
        "dated after as_of",
        "delivered runs after its event",
        "delivered runs before its event",
        "of an attempt between others of its unit",
        "of an event dated after as_of",
        "of an event never delivered",
    ),
    "run": (
        "after missed ones",
        "days later",
        "goes back",
        "nothing is delivered",
        "same day again",
    ),
    "transition": (
        "a category changes after the event",
        "a day becomes empty",
        "a disposition changes",
        "a field becomes unneeded",
        "a field is no longer unneeded",
        "a usage_date moves",
        "a workspace becomes outcome-tracked",
        "a workspace is no longer outcome-tracked",
        "an attempt is renumbered",
        "an episode is renumbered",
        "pending matures",
        "pending matures though nothing is delivered",
        "the current outcome changes between used and rejected",
    ),
    "workspaces": (
        "first row runs after an event",
        "no row at all",
        "timezone changes back",
        "timezone changes between runs",
        "updated_at equal",
        "updated_at missing",
        "updated_at older than what is there",
    ),
}
# every situation that a set of histories must cover
SITUATIONS = tuple(f"{subject}: {what}" for subject, found in _SITUATIONS.items() for what in found)


def census(runs: Sequence[RunDeliveries]) -> Counter[str]:
    """Situations by name; a situation that does not occur has the count 0."""
    deliveries = Deliveries(runs)
    found = Counter(dict.fromkeys(SITUATIONS, 0))
    found.update([*usage_situations(deliveries), *other_situations(deliveries), *transitions_of(runs)])
    return found
