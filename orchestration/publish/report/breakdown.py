"""What is shown of a breakdown: the ten that spent most, all others as one line, figures that add up.

Not here: the lines themselves (report.py), or how they are laid out (text.py, as_json.py, page.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchestration.publish.report.formatting import credits_adding_up, plain, whole_percents
from orchestration.publish.report.i18n import say
from orchestration.publish.report.model import UsageLine

LINES_SHOWN = 10


@dataclass(frozen=True)
class ShownLine:
    """One line of a shown breakdown.

    Attributes:
        label: safe to print.
        credits: exact.
        written: the credits as they are displayed.
        percent: of all credits of the breakdown; None if there are none.
        usage: None for the others.
    """

    label: str
    credits: Decimal
    written: str
    percent: int | None
    usage: UsageLine | None


def shown(lines: Sequence[UsageLine], *, limit: int = LINES_SHOWN) -> tuple[ShownLine, ...]:
    """Shortens a breakdown, sorted by credits, to `limit` lines and "others (n)"."""
    return abridged(
        [(plain(line.name, otherwise=plain(line.id)), line.credits, line) for line in lines], limit=limit
    )


def abridged(
    entries: Sequence[tuple[str, Decimal, UsageLine | None]], *, limit: int = LINES_SHOWN
) -> tuple[ShownLine, ...]:
    """The same of labels, safe to print, and their credits."""
    kept, others = list(entries[:limit]), entries[limit:]
    if others:
        rest = sum((credits for _, credits, _ in others), Decimal(0))
        kept.append((say("others ({count})", count=f"{len(others):,}"), rest, None))
    amounts = [amount for _, amount, _ in kept]
    written, percents = credits_adding_up(amounts), whole_percents(amounts)
    return tuple(
        ShownLine(label, amount, written[place], percents[place] if percents else None, usage)
        for place, (label, amount, usage) in enumerate(kept)
    )


def most_efficient(lines: Sequence[UsageLine]) -> UsageLine | None:
    """The member who is marked, if any; may be one of the others."""
    return next((line for line in lines if line.is_most_efficient), None)
