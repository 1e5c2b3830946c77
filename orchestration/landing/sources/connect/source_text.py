"""Says in lines what a source is, how it is mapped, and what becomes of its first records."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from orchestration.landing.sources.connect.mapping_text import flow
from orchestration.landing.sources.connect.sampled_files import shown_format
from orchestration.landing.sources.connect.source import Seen, Source
from orchestration.landing.sources.connect.trial_text import trial_lines
from orchestration.landing.sources.mapping import shipped


def source_lines(seen: Seen, source: Source) -> Iterator[str]:
    """What the file is, how it is mapped, and what becomes of it."""
    first, *others = seen.files
    more = f" and {len(others):,} more files" if others else ""
    if source.proposal is None:
        kind = "changed" if source.text else "shipped" if source.name in shipped() else "its own"
        yield f"{first.name}{more}: {source.name} ({kind} mapping), {shown_format(first.path)}"
    else:
        kind = shown_format(first.path)
        yield f"{first.name}{more}: of no shipped source; {kind}, mapped as {source.name}"
        for pair in source.proposal.pairs:
            note = f"  ({pair.note})" if pair.note else ""
            yield f"  {pair.ours:<18} {flow(_without_key(pair.value))}{note}"
        if source.proposal.unused:
            yield f"  not mapped: {', '.join(source.proposal.unused)}"
    rates = [Decimal(row["credits_per_unit"]) for row in source.rate_rows]
    yield from trial_lines(source.trial, rate=rates[0] if len(rates) == 1 else None)
    if source.text and source.trial.emails == 0 and "pseudonym" in source.text:
        yield "member ids were e-mail addresses; they became pseudonyms (--allow-email-ids keeps them)"


def _without_key(value: Any) -> Any:
    """A value as it is shown: the key of pseudonyms stays in the mapping."""
    return value | {"pseudonym": "…"} if isinstance(value, dict) and "pseudonym" in value else value
