"""Which package may import what, checked on every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
PACKAGES = ("orchestration", "forecasting", "expectations")

# each fenced import, and the only paths that may use it
DAGSTER = (
    "orchestration/definitions.py",
    *(f"orchestration/{folder}/" for folder in ("defs", "operations", "runs", "cli")),
)
FENCES = {
    "dagster": DAGSTER,
    "dlt": ("orchestration/pull/",),
    "great_expectations": ("expectations/",),
    "sklearn": ("forecasting/",),
    "orchestration": ("orchestration/",),
    "expectations": ("orchestration/", "expectations/"),
    "forecasting": ("orchestration/", "forecasting/"),
    "duckdb": ("orchestration/",),
    "mcp": ("orchestration/ask/",),
    "altair": ("orchestration/dashboard/",),
    "pickle": (),
}


def modules() -> list[str]:
    return sorted(
        str(path.relative_to(REPO)) for package in PACKAGES for path in (REPO / package).rglob("*.py")
    )


def imported(source: str) -> Iterator[str]:
    """Top-level names of all imports of a module, function-level ones included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


def reads_environment(source: str) -> bool:
    names = {"environ", "getenv", "putenv"}
    return any(
        (isinstance(node, ast.Attribute) and node.attr in names)
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and names & {alias.name for alias in node.names}
        )
        for node in ast.walk(ast.parse(source))
    )


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_what_its_package_may(module: str) -> None:
    source = (REPO / module).read_text()
    beyond = {name for name in imported(source) if name in FENCES and not module.startswith(FENCES[name])}
    assert beyond == set(), (
        f"{module} imports {beyond}, which is allowed only in {[FENCES[name] for name in beyond]}"
    )
    assert module == "orchestration/settings.py" or not reads_environment(source), (
        f"{module} reads the environment"
    )


def test_a_forbidden_import_and_a_read_of_the_environment_are_found() -> None:
    assert set(imported("def f():\n    from dagster import asset\n    import sklearn.tree")) == {
        "dagster",
        "sklearn",
    }
    assert reads_environment("import os\nx = os.environ['A']")
    assert reads_environment("from os import getenv")
