"""Says in lines what becomes of a file's first records.

What is counted is in `trial`.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from orchestration.landing.sources.connect.trial import Refusal, Trial
from orchestration.visible_text import counted

_MOST_REFUSED = 20


def trial_lines(trial: Trial, *, rate: Decimal | None = None) -> Iterator[str]:
    """The lines of the dry run.

    Args:
        trial: what became of the records.
        rate: the credits for each unit of the source's column, if there is one rate for all.
    """
    yield f"of {'all' if trial.is_whole else 'the first'} {counted(trial.records, 'record')}"
    loaded = ", ".join(f"{count:,} {feed}" for feed, count in trial.rows.items())
    yield f"  load         {loaded or 'none'}"
    yield f"  refused      {len(trial.refused):,}"
    if trial.left_out:
        yield f"  left out     {trial.left_out:,} by the mapping"
    if trial.first and trial.last:
        yield f"  days         {_day(trial.first)} to {_day(trial.last)} (UTC)"
    if len(trial.workspaces) > 1:
        yield f"  workspaces   {len(trial.workspaces):,}"
    if "generation_events" in trial.rows:
        yield f"  members      {trial.members:,}"
        yield f"  credits      {_number(trial.credits)}{_beside(trial, rate)}"
    if trial.rounded:
        yield f"  rounded      the total moved by {_number(trial.rounded)}"
    if trial.repeated:
        yield f"  no id        {trial.repeated:,}: their id is their content and its number among equal ones"
    if trial.same_ids:
        yield f"  conflicts    {counted(trial.same_ids, 'row')} with the id of another row and other content"
    yield from refusal_lines(trial.refused)


def refusal_lines(refused: tuple[Refusal, ...], most: int = _MOST_REFUSED) -> Iterator[str]:
    """Each refused record with its place, the reason and the remedy."""
    for refusal in refused[:most]:
        yield f"  {refusal.file}:{refusal.line}: {refusal.reject.reason}. {refusal.reject.remedy}"
    rest = refused[most:]
    if rest:
        rules: dict[str, int] = {}
        for refusal in rest:
            rules[refusal.reject.rule] = rules.get(refusal.reject.rule, 0) + 1
        listed = ", ".join(f"{count:,} {rule}" for rule, count in sorted(rules.items()))
        yield f"  and {len(rest):,} more: {listed}"


def _beside(trial: Trial, rate: Decimal | None) -> str:
    if trial.theirs is None:
        return ""
    name, total = trial.theirs
    times = f", times {_number(rate)} is {_number(total * rate)}" if rate is not None else ""
    return f"; {name} in the file adds up to {_number(total)}{times}"


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d}"


def _number(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
