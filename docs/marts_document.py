"""Writes docs/marts.md from the yml of the marts: each mart, its columns, its keys and what is tested.

    python docs/marts_document.py

Not here: what a column means (dbt_project/models/marts/*.yml and the doc blocks of models/columns.md), or how it
is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import PROJECT_DIR

MODELS_DIR = PROJECT_DIR / "dbt_project" / "models" / "marts"
DOC_BLOCKS = PROJECT_DIR / "dbt_project" / "models" / "columns.md"
DOCUMENT = PROJECT_DIR / "docs" / "marts.md"
_HEAD = """\
# Every column of every mart

Generated from `dbt_project/models/marts/*.yml` and `models/columns.md` by `make docs`; edit those. How the words are defined, and the formulas, is in [what every number means](definitions.md).

They are in schema `marts` of `DATA_DIR/published/credits.duckdb`, and `DATA_DIR/published/parquet/<mart>.parquet`. Types are contracts that dbt enforces; a key is tested to be unique and without nulls. In the database, the descriptions are comments: `credits query "select column_name, data_type, comment from duckdb_columns() where table_name = 'usage_daily'"`.
"""


def describe_marts(models_dir: Path) -> str:
    """The document: every mart described in a yml of the folder, by name."""
    models = [
        model
        for file in sorted(models_dir.glob("*.yml"))
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])
    ]
    index = [f"| [`{model['name']}`](#{model['name']}) | {_cell(_grain(model))} |" for model in models]
    parts = [_HEAD, "\n".join(["| mart | one row per |", "|---|---|", *index])]
    return "\n".join([*parts, *("\n".join(_mart(model)) for model in models)]) + "\n"


def _mart(model: dict[str, Any]) -> Iterator[str]:
    tests = [_only(test) for test in model.get("data_tests", [])]
    key: list[str] = next((arguments["columns"] for kind, arguments, _ in tests if kind == "unique_key"), [])
    yield f"\n## {model['name']}\n"
    yield f"{model['description']}\n"
    if key:
        yield f"Key: {', '.join(f'`{name}`' for name in key)}.\n"
    for kind, arguments, described in tests:
        if kind == "expression_is_true":
            yield f"Tested in every row: `{arguments['expression']}`.\n"
        elif kind != "unique_key":
            yield f"Tested: {described}\n"
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in model["columns"]:
        name = f"`{column['name']}`" + (" (key)" if column["name"] in key else "")
        meaning = " ".join([_rendered(column["description"]), *_tested(column)])
        yield f"| {name} | {column['data_type']} | {_cell(meaning)} |"


def _tested(column: dict[str, Any]) -> Iterator[str]:
    """The tests of a column, as sentences."""
    for test in column.get("data_tests", []):
        kind, arguments, described = _only(test)
        if kind == "accepted_values":
            yield f"One of {', '.join(f'`{value}`' for value in arguments['values'])}."
        elif kind == "not_null":
            yield "Never null."
        elif kind == "relationships":
            mart = str(arguments["to"]).removeprefix("ref('").removesuffix("')")
            yield f"Tested: in `{mart}.{arguments['field']}`, if it is not null."
        else:
            yield f"Tested: {described}"


def _grain(model: dict[str, Any]) -> str:
    """The grain: the first sentence of the description."""
    first = str(model["description"]).partition(". ")[0].removesuffix(".")
    return first.removeprefix("One row per ")


def _only(test: str | dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """Kind, arguments and description of a test, which may be a bare name."""
    if isinstance(test, str):
        return test, {}, test
    ((kind, properties),) = test.items()
    properties = properties or {}
    return kind, properties.get("arguments", {}), str(properties.get("description", kind))


def _rendered(description: str) -> str:
    """The description with `{{ doc('name') }}` replaced by the doc block, as dbt renders it."""
    return re.sub(r"\{\{ doc\('(\w+)'\) \}\}", lambda reference: _doc_blocks()[reference[1]], description)


@cache
def _doc_blocks() -> Mapping[str, str]:
    blocks = re.findall(
        r"\{% docs (\w+) %\}\n(.*?)\n\{% enddocs %\}", DOC_BLOCKS.read_text(encoding="utf-8"), re.DOTALL
    )
    return dict(blocks)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    DOCUMENT.write_text(describe_marts(MODELS_DIR), encoding="utf-8")
