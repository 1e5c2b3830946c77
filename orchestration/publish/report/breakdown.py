"""A breakdown as displayed: the ten that spent most, all others as one line, figures that add up.

Not here: the lines themselves (model.py), or how they are laid out (text.py, as_json.py, page.py).
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from orchestration.publish.report.formatting import count, credits_adding_up, distinct_labels, whole_percents
from orchestration.publish.report.i18n import N_, SOURCE, current_language
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import UsageLine

LINES_SHOWN = 10
# as dim_generation_types has them; other types are named by who delivers them
TYPE_NAMES = {
    "description": N_("Descriptions"),
    "meta": N_("Meta tags"),
    "bullets": N_("Bullet points"),
    "keywords": N_("Keywords"),
}


class DisplayedLine(NamedTuple):
    """One line of a displayed breakdown.

    Attributes:
        label: safe to print.
        credits: exact.
        written: the credits as displayed.
        percent: of all credits of the breakdown; None if there are none.
        usage: None for the line of the others.
    """

    label: str
    credits: Decimal
    written: str
    percent: int | None
    usage: UsageLine | None


def displayed_lines(lines: Sequence[UsageLine], *, limit: int = LINES_SHOWN) -> tuple[DisplayedLine, ...]:
    """Shorten a breakdown, most credits first, to `limit` lines, the most efficient and "others (n)"."""
    labels = labels_of(lines)
    marked = [line for line in lines[limit:] if line.is_most_efficient]
    ordered = [*lines[:limit], *marked, *(line for line in lines[limit:] if not line.is_most_efficient)]
    return abridge([(labels[line.id], line.credits, line) for line in ordered], limit=limit + len(marked))


def named_types(lines: Sequence[UsageLine]) -> Sequence[UsageLine]:
    """Lines by generation type, with the names of TYPE_NAMES in the current language."""
    if current_language() == SOURCE:
        return lines
    return [replace(line, name=_(TYPE_NAMES[line.id])) if line.id in TYPE_NAMES else line for line in lines]


def labels_of(lines: Sequence[UsageLine]) -> dict[str, str]:
    """The label of each line by its id; lines of one name have their id in it."""
    labels = distinct_labels([(line.id, line.name) for line in lines])
    return {line.id: label for line, label in zip(lines, labels, strict=True)}


def abridge(
    entries: Sequence[tuple[str, Decimal, UsageLine | None]], *, limit: int = LINES_SHOWN
) -> tuple[DisplayedLine, ...]:
    """The same for labels, safe to print, with their credits."""
    kept, others = list(entries[:limit]), entries[limit:]
    if others:
        rest = sum((entry[1] for entry in others), Decimal(0))
        kept.append((_("others ({count})", count=count(len(others))), rest, None))
    amounts = [entry[1] for entry in kept]
    written, percents = credits_adding_up(amounts), whole_percents(amounts)
    return tuple(
        DisplayedLine(label, amount, written[index], percents[index] if percents else None, usage)
        for index, (label, amount, usage) in enumerate(kept)
    )


def most_efficient(lines: Sequence[UsageLine]) -> UsageLine | None:
    """The most efficient member, if one is marked; may be among the others."""
    return next((line for line in lines if line.is_most_efficient), None)
