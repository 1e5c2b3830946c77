"""No module reads or writes a pickle, because reading one can execute any code."""

from __future__ import annotations

import ast
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
PACKAGES = ("orchestration", "forecasting", "expectations", "benchmarks")

# modules and names that read or write pickles
PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
PICKLED = {"read_pickle", "to_pickle", "allow_pickle", "write_gpickle", "read_gpickle"}


def pickles_in(source: str) -> set[str]:
    """The names in a module that read or write pickles."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names} & PICKLES
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module.split(".")[0]} & PICKLES
        elif isinstance(node, ast.Attribute):
            found |= {node.attr} & PICKLED
        elif isinstance(node, ast.keyword) and node.arg:
            is_refused = isinstance(node.value, ast.Constant) and node.value.value is False
            found |= set() if is_refused else {node.arg} & PICKLED
    return found


def test_no_module_of_the_product_reads_or_writes_a_pickle() -> None:
    modules = [
        path
        for package in ("orchestration", "forecasting", "expectations")
        for path in (REPO / package).rglob("*.py")
    ]
    assert len(modules) > 80
    found = {str(path.relative_to(REPO)): pickles_in(path.read_text(encoding="utf-8")) for path in modules}
    assert {path: names for path, names in found.items() if names} == {}


def test_pickles_are_found_under_every_name() -> None:
    source = """
from joblib import load
import _pickle
np.load(x, allow_pickle=True)
pd.read_pickle(x)
"""
    assert pickles_in(source) == {"joblib", "_pickle", "allow_pickle", "read_pickle"}
    assert pickles_in("np.load(x, allow_pickle=False)") == set()
