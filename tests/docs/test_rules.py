"""The disposition table of docs/definitions.md is that of the seed."""

from __future__ import annotations

import pytest

from docs.rules_document import DOCUMENT, describe_rules, with_rules


def test_the_table_of_definitions_md_is_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_rules(text), "the table differs from the seed; run make docs"
    assert describe_rules().count("\n") == 14


def test_a_changed_table_is_replaced_and_a_missing_one_is_refused() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_rules(text.replace("| 10 | otherwise |", "| 10 | perhaps |")) == text
    with pytest.raises(ValueError, match="must have the table"):
        with_rules("# no table")
