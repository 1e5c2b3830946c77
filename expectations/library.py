"""The classes of Great Expectations that gates use, imported without the rest of it.

`import great_expectations` imports every expectation, data source and renderer, which takes four seconds of
CPU. Here its packages only say where their names come from, and import a name when it is used.
"""

from __future__ import annotations

import ast
import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT = "great_expectations"
_PACKAGES = frozenset(
    {
        _ROOT,
        f"{_ROOT}.core",
        f"{_ROOT}.data_context",
        f"{_ROOT}.data_context.data_context",
        f"{_ROOT}.expectations",
        f"{_ROOT}.expectations.core",
    }
)


class _Package(ModuleType):
    """A package whose names are imported when they are used."""

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return version("great-expectations")
        if name.startswith("__"):
            raise AttributeError(f"{self.__name__} has no {name}")
        module, original = self.__dict__["_names"].get(name, (f".{name}", None))
        try:
            imported = importlib.import_module(module, self.__name__)
        except ModuleNotFoundError as error:
            raise AttributeError(f"{self.__name__} has no {name}") from error
        return getattr(imported, original) if original else imported


class _PackageLoader(Loader):
    def __init__(self, init_file: str) -> None:
        self._init_file = init_file

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Package(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Keep which module each name of the package is from, instead of importing them all."""
        imports = (
            node
            for node in ast.parse(Path(self._init_file).read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom) and node.module
        )
        module.__dict__["_names"] = {
            alias.asname or alias.name: ("." * node.level + str(node.module), alias.name)
            for node in imports
            for alias in node.names
        }


class _PackageFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec and spec.origin:
            spec.loader = _PackageLoader(spec.origin)
        return spec


if _ROOT not in sys.modules:
    sys.meta_path.insert(0, _PackageFinder())

from great_expectations.core.expectation_suite import ExpectationSuite  # noqa: E402
from great_expectations.core.expectation_validation_result import ExpectationValidationResult  # noqa: E402
from great_expectations.expectations.core.expect_column_max_to_be_between import (  # noqa: E402
    ExpectColumnMaxToBeBetween,
)
from great_expectations.expectations.expectation import Expectation  # noqa: E402
from great_expectations.expectations.metadata_types import FailureSeverity  # noqa: E402

__all__ = [
    "ExpectColumnMaxToBeBetween",
    "Expectation",
    "ExpectationSuite",
    "ExpectationValidationResult",
    "FailureSeverity",
]
