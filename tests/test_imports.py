"""The structure of the packages: no import circle, no overfull folder, no __init__.py that re-exports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
PACKAGES = ("orchestration", "forecasting", "expectations")
MOST_MODULES = 15
MORE_MODULES = {"orchestration/defs": 20, "orchestration/cli": 99}  # one for each step, one for each command

Graph = dict[str, set[str]]


def modules(root: Path) -> dict[str, Path]:
    """Every module of the packages by its dotted name."""
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES
        for path in (root / package).rglob("*.py")
    }


def imported(tree: ast.Module) -> Iterator[str]:
    """The runtime imports of a module, function-level ones included; without those under TYPE_CHECKING."""
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        nodes += ast.iter_child_nodes(node)


def graph(root: Path) -> Graph:
    """Which module imports which, within the packages."""
    known = modules(root)
    return {
        name: {other for other in imported(ast.parse(path.read_text())) if other in known and other != name}
        for name, path in known.items()
    }


def circles(imports: Graph) -> list[list[str]]:
    """The modules that reach themselves, grouped by the circle they are on."""
    reached: Graph = {}
    for start in imports:
        seen: set[str] = set()
        pending = [*imports[start]]
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                pending += imports[name]
        reached[start] = seen
    on_circle = [name for name in imports if name in reached[name]]
    groups = {frozenset(other for other in on_circle if other in reached[name]) for name in on_circle}
    return [sorted(group) for group in groups]


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(graph(REPO)) == []


def test_a_circle_through_a_function_is_found(tmp_path: Path) -> None:
    package = tmp_path / "orchestration"
    package.mkdir()
    (package / "first.py").write_text("from orchestration import second\n")
    (package / "second.py").write_text("def late():\n    from orchestration.first import name\n")
    (package / "third.py").write_text("from orchestration.first import name\n")
    assert circles(graph(tmp_path)) == [["orchestration.first", "orchestration.second"]]


def folders() -> list[str]:
    return sorted(str(path.relative_to(REPO)) for path in {path.parent for path in modules(REPO).values()})


@pytest.mark.parametrize("folder", folders())
def test_a_folder_holds_at_most_15_modules(folder: str) -> None:
    found = [path.name for path in (REPO / folder).glob("*.py") if path.name != "__init__.py"]
    assert len(found) <= MORE_MODULES.get(folder, MOST_MODULES), found


@pytest.mark.parametrize("folder", folders())
def test_an_init_holds_only_its_docstring(folder: str) -> None:
    tree = ast.parse((REPO / folder / "__init__.py").read_text())
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1, "an __init__.py re-exports nothing"
