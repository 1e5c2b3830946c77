"""docs/marts.md is generated from the yml of the marts."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.documents import DOCS
from support.product import REPO

from docs.marts_document import DOCUMENT, MODELS_DIR, describe_marts


def test_marts_md_is_up_to_date() -> None:
    assert DOCUMENT == DOCS / "marts.md"
    assert DOCUMENT.read_text(encoding="utf-8") == describe_marts(MODELS_DIR), (
        "docs/marts.md differs from the yml of the marts; run make docs"
    )


def test_marts_md_has_the_key_and_every_column_of_each_mart() -> None:
    text = describe_marts(MODELS_DIR)
    marts = sorted(file.stem for file in MODELS_DIR.glob("*.sql"))
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == marts
    for mart in marts:
        part = text.partition(f"\n## {mart}\n")[2].partition("\n## ")[0]
        assert "\nKey: `" in part and " (key) |" in part, mart
        columns = (MODELS_DIR / f"{mart}.yml").read_text().count("data_type:")
        assert part.count("\n| `") == columns, mart


def test_a_changed_description_changes_marts_md(tmp_path: Path) -> None:
    shutil.copy(MODELS_DIR / "credit_lots.yml", tmp_path)
    before = describe_marts(tmp_path)
    assert "| `lot_id` (key) | string | Id of the lot, unique within the workspace. |" in before
    assert "One of `expected`, `scheduled`, `active`, `exhausted`, `expired`, `voided`." in before
    file = tmp_path / "credit_lots.yml"
    file.write_text(file.read_text().replace("Instant from which the lot", "Instant a|b from which the lot"))
    assert r"Instant a\|b from which the lot" in describe_marts(tmp_path)


def test_definitions_and_columns_refer_to_each_other() -> None:
    assert "(marts.md)" in (DOCS / "definitions.md").read_text()
    assert "(definitions.md)" in DOCUMENT.read_text()
    assert REPO in DOCUMENT.parents
