"""Which models of dbt an increment need not build: those that depend on nothing new.

A model that is left out is as the last complete run left it: a run since then that was killed built it, if at
all, from the same rows. So nothing has to be recorded about a model.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestration.warehouse.dbt_tests import layer_of
from orchestration.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

RAW = "raw"
# variables of a run, of which those that say what is published change after each
_OF_AS_OF = {"as_of", "known_from", "known_to"}
_OF_PUBLISHED = {"served_batch", "served_as_of", "is_redefined", "is_renamed"}
_BATCH = "since_batch"
_VARIABLE = re.compile(r"\bvar\(\s*['\"](\w+)")


def tables_without_new_rows(warehouse: Warehouse, tables: Collection[str], *, since_batch: int) -> set[str]:
    """Those of the raw tables without a row of a batch after the last complete run."""
    counted = " union all ".join(
        f"select '{table}' as name, count(*) as found from {RAW}.{table} where batch_id > {since_batch}"
        for table in sorted(tables)
    )
    found = warehouse.query(f"select name from ({counted}) as counted where found = 0")
    return set(found["name"])


class Changes:
    """What changed for the models of a project since the last complete run.

    Args:
        manifest: with its parent map.
        variables: of this run, which builds on a complete one.
        old_tables: raw tables without new rows.
    """

    def __init__(
        self, manifest: Manifest, variables: Mapping[str, object], *, old_tables: Collection[str]
    ) -> None:
        self._manifest = manifest
        self._old_tables = old_tables
        is_same_day = variables["known_from"] == variables["known_to"]
        self._changed_variables = _OF_PUBLISHED | (set() if is_same_day else _OF_AS_OF)
        self._has_new_rows: dict[str, bool] = {}

    def unchanged(self, layer: str) -> set[str]:
        """The names of the models and seeds of a layer that need not be built."""
        nodes = (node for node in self._manifest.nodes.values() if layer_of(node) == layer)
        return {node.name for node in nodes if not node.is_ephemeral and not self._is_built(node)}

    def _is_built(self, node: Any) -> bool:
        if node.config.materialized == "view":
            return self._is_other_query(node)
        return self.has_new_rows(node.unique_id)

    def has_new_rows(self, key: str) -> bool:
        """Whether the rows of a node or source may differ from those of the last complete run."""
        if key not in self._has_new_rows:
            self._has_new_rows[key] = self._may_differ(key)
        return self._has_new_rows[key]

    def _may_differ(self, key: str) -> bool:
        if source := self._manifest.sources.get(key):
            # what a Python step wrote is taken to be new
            return source.source_name != RAW or source.name not in self._old_tables
        node = self._manifest.nodes[key]
        return self._is_other_query(node) or any(map(self.has_new_rows, self._manifest.parent_map[key]))

    def _is_other_query(self, node: Any) -> bool:
        """Whether the query of a model gives other rows of the same rows than in the last complete run.

        An increment reads `since_batch` only to do less; anything else keeps what is new in this run.
        """
        read = self._variables_of(node)
        is_of_this_run = _BATCH in read and node.config.materialized != "incremental"
        return is_of_this_run or bool(read & self._changed_variables)

    def _variables_of(self, node: Any) -> set[str]:
        """The variables that a model reads, in its hooks and macros too."""
        texts = [getattr(node, "raw_code", ""), *(hook.sql for hook in getattr(node.config, "pre_hook", []))]
        called = set(getattr(node.depends_on, "macros", ())) & self._variables_of_macros.keys()
        read = {name for text in texts for name in _VARIABLE.findall(text)}
        return read.union(*(self._variables_of_macros[key] for key in called))

    @cached_property
    def _variables_of_macros(self) -> dict[str, set[str]]:
        """The variables that each macro of the project reads, itself or by those that it calls."""
        project = self._manifest.metadata.project_name
        macros = {key: macro for key, macro in self._manifest.macros.items() if macro.package_name == project}
        read = {key: set(_VARIABLE.findall(macro.macro_sql)) for key, macro in macros.items()}
        is_growing = True
        while is_growing:
            sizes = sum(map(len, read.values()))
            for key, macro in macros.items():
                read[key] = read[key].union(
                    *(read[other] for other in macro.depends_on.macros if other in read)
                )
            is_growing = sum(map(len, read.values())) > sizes
        return read
