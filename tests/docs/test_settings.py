"""docs/settings.md is what the class of the settings says."""

from __future__ import annotations

from support.documents import DOCS

from docs.settings_document import DOCUMENT, describe_settings
from orchestration.settings import Settings


def test_the_document_of_the_settings_is_current() -> None:
    assert DOCUMENT == DOCS / "settings.md"
    assert DOCUMENT.read_text(encoding="utf-8") == describe_settings(), (
        "docs/settings.md differs from orchestration/settings.py; regenerate it: make docs"
    )


def test_every_setting_has_its_variable_its_rule_and_its_meaning() -> None:
    rows = [line for line in describe_settings().splitlines() if line.startswith("| `")]
    assert len(rows) == len(Settings.model_fields)
    for row, field in zip(rows, Settings.model_fields.values(), strict=True):
        assert field.title and field.description
        assert row.startswith(f"| `{field.validation_alias}`") and row.count(" | ") == 3
