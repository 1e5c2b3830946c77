"""How often each situation occurs in a set of generated histories, and which ones must.

Counted is what is delivered, not what was meant, so that the generator cannot praise itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from histories.deliveries import Deliveries
from histories.generate import NightDeliveries
from histories.other_situations import other_situations
from histories.turns import turns_of
from histories.usage_situations import usage_situations

_SITUATIONS = {
    "attempts": (
        "7 x 24 h and a microsecond apart",
        "at one instant",
        "exactly 7 x 24 h apart",
        "further apart than 7 days",
        "the earlier one is delivered on a later night",
        "within 7 days",
    ),
    "entry": (
        "a refund or adjustment of its own",
        "a top-up",
        "adjustment",
        "effective after as_of",
        "expires before the last night",
        "grant",
        "late",
        "of a lot nobody made",
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
    "file": ("a whole one again",),
    "key": (
        "other content on a later night",
        "other content on the same night",
        "same content again in another file",
        "same content again in the same file",
        "same content again on a later night",
    ),
    "line": ("broken",),
    "members": (
        "first row nights after an event",
        "name changes back",
        "name changes between nights",
        "updated_at equal",
        "updated_at missing",
        "updated_at older than what is there",
    ),
    "night": (
        "after missed ones",
        "days later",
        "goes back",
        "nothing is delivered",
        "same day again",
    ),
    "outcome": (
        "a use at the very instant of another attempt",
        "accepted",
        "dated after as_of",
        "dated before its event",
        "delivered nights after its event",
        "delivered nights before its event",
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
        "category changes between nights",
        "first row nights after an event",
        "updated_at equal",
        "updated_at missing",
        "updated_at older than what is there",
    ),
    "retraction": (
        "a second one of the same event",
        "dated after as_of",
        "delivered nights after its event",
        "delivered nights before its event",
        "of an attempt between others of its unit",
        "of an event dated after as_of",
        "of an event never delivered",
    ),
    "turn": (
        "a category changes after the event",
        "a day becomes empty",
        "a disposition changes",
        "a field becomes unneeded",
        "a field is unneeded no longer",
        "a usage_date moves",
        "a workspace becomes outcome-tracked",
        "a workspace is outcome-tracked no longer",
        "an attempt is renumbered",
        "an episode is renumbered",
        "pending matures",
        "pending matures though nothing is delivered",
        "the current outcome turns between used and rejected",
    ),
    "workspaces": (
        "first row nights after an event",
        "no row at all",
        "timezone changes back",
        "timezone changes between nights",
        "updated_at equal",
        "updated_at missing",
        "updated_at older than what is there",
    ),
}
# every one that a set of histories is there for
SITUATIONS = tuple(f"{of}: {what}" for of, whats in _SITUATIONS.items() for what in whats)


def census(nights: Sequence[NightDeliveries]) -> Counter[str]:
    """Situations by name; a situation that does not occur stands there with 0."""
    deliveries = Deliveries(nights)
    found = Counter(dict.fromkeys(SITUATIONS, 0))
    found.update([*usage_situations(deliveries), *other_situations(deliveries), *turns_of(nights)])
    return found
