"""What the documents point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.documents import DOCS

DOCUMENTS = sorted([*DOCS.rglob("*.md"), DOCS.parent / "README.md", DOCS.parent / "SECURITY.md"])
LINK = re.compile(r"\]\(([^)#\s]+)?(?:#([^)\s]+))?\)")


def anchors(document: Path) -> set[str]:
    """What a heading can be pointed at by."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    for target, anchor in LINK.findall(text):
        if "://" in target:
            continue
        led_to = (document.parent / target).resolve() if target else document
        assert led_to.exists(), f"{document.name} points to {target}, which is not there"
        assert not anchor or led_to.suffix != ".md" or anchor in anchors(led_to), f"{target}#{anchor}"
