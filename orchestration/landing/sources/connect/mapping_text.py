"""Writes a proposed mapping as the text of a mapping file."""

import json
import re
from collections.abc import Mapping
from typing import Any

from orchestration.landing.sources.connect.flat.propose import FEED, Proposal

_PLAIN = re.compile(r"[^\W\d_][\w./-]*( [\w./-]+)*")
# what YAML reads as something else than text
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "~"])


def mapping_text(proposal: Proposal, *, shown_as: str, records: str | None = None) -> str:
    """The mapping file of a proposal.

    Args:
        proposal: without open questions.
        shown_as: the file it was proposed for.
        records: the path of the array of records in a page.
    """
    file = " ".join(shown_as.split())
    lines = [f"# Proposed for {file}. Change what is not so; the next run maps every record again."]
    reads = ({"records": records} if records else {}) | proposal.reads
    if reads:
        lines.append(f"reads: {flow(reads)}")
    lines += ["feeds:", f"  {FEED}:"]
    for pair in proposal.pairs:
        note = f"  # {pair.note}" if pair.note else ""
        lines.append(f"    {pair.ours}: {flow(pair.value)}{note}")
    if proposal.unused:
        kept = ", ".join(flow(path) for path in proposal.unused)
        lines.append(f"    # not mapped; what keep lists becomes an attribute: keep: [{kept}]")
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if is_plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
