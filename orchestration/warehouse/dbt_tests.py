"""The data tests of dbt, asked in one statement for each model: which they are, and what was found.

How dbt is started does not belong here: that is dbt_build.py; the statement is in
dbt_project/macros/data_tests.sql.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import GenericTestNode
    from dbt_common.events.base_types import EventMsg

OPERATION = "run_data_tests"
LOGGED = "JinjaLogDebug"  # the event of dbt for what a macro logs
_CALL = re.compile(r"\s*(ref|source|var|env_var)\s*\(")
VIEW = "tested"  # the name of a view in the statement that reads it once
_ANSWER = "answer: "  # before the answer of a statement in dbt's log


@dataclass(frozen=True)
class Answer:
    """What a test found.

    Attributes:
        test: the node of the test.
        failures: rows that fail it; 0, as dbt has it, where they are few enough to pass.
        passed: whether dbt neither fails nor warns.
        seconds: its share of the time of its statement.
    """

    test: GenericTestNode
    failures: int
    passed: bool
    seconds: float


@dataclass
class Asked:
    """The tests asked for, those of a model together, and the answers as dbt logs them.

    A statement that fails ends the operation, which leaves it and those after it without an answer.

    Attributes:
        models: the tests.
        views: the models that are views, by key, which a statement reads once for all of its tests: only the
            rows that their `meta.tested_rows` names, see rows_rebuilt_by_this_run.
    """

    models: Sequence[Sequence[GenericTestNode]]
    views: Mapping[str, Any] = field(default_factory=dict)
    answers: list[list[Answer]] = field(default_factory=list)
    error: str = ""
    _asked_at: float = field(default_factory=perf_counter)

    @property
    def arguments(self) -> str:
        """The arguments of the operation."""
        return json.dumps({"models": [self._of_model(tests) for tests in self.models]})

    def _of_model(self, tests: Sequence[GenericTestNode]) -> dict[str, Any]:
        view = self.views.get(tests[0].attached_node or "")
        if not view or len(tests) == 1:
            return {"view": None, "tests": [_described(test, _relation(test)) for test in tests]}
        return {
            "view": _relation(tests[0]),
            "rows": view.config.meta.get("tested_rows", "all"),
            "tests": [_described(test, VIEW) for test in tests],
        }

    def listen(self, event: EventMsg) -> None:
        """Take the answers from the events of dbt."""
        name, data = event.info.name, event.data
        if name in ("RunningOperationCaughtError", "RunningOperationUncaughtError"):
            self.error = data.exc
        elif name == LOGGED and data.msg.startswith(_ANSWER):
            tests, now = self.models[len(self.answers)], perf_counter()
            rows = sorted(json.loads(data.msg.removeprefix(_ANSWER)))
            seconds = (now - self._asked_at) / len(tests)
            self._asked_at = now
            self.answers.append([_answer(tests[place], *found, seconds=seconds) for place, *found in rows])


def tests_of(manifest: Manifest, layer: str, *, without: Collection[str] = ()) -> list[list[Any]]:
    """The data tests of the models of a layer, those of a model together.

    A test that also reads a later layer belongs to that one.

    Args:
        manifest: with its parent map.
        layer: of the models.
        without: nodes that could not be built, whose tests are left out.
    """
    built = {key for key, node in manifest.nodes.items() if layer_of(node) == layer}
    known, found = set(built), list(built)
    while found:
        parents = set(manifest.parent_map[found.pop()]) - known
        known |= parents
        found += parents
    tests: dict[str, list[Any]] = defaultdict(list)
    for key, node in sorted(manifest.nodes.items()):
        parents = set(manifest.parent_map[key])
        is_test = node.resource_type == "test"
        if is_test and parents & built and parents <= known.difference(without):
            tests[getattr(node, "attached_node", None) or key].append(node)
    return list(tests.values())


def layer_of(node: Any) -> str:
    """The layer that a model is built with: its schema, unless its configuration says `built_with`."""
    return str(node.config.meta.get("built_with") or node.config.schema)


def is_generic(test: Any) -> bool:
    """Whether a test calls a macro, and is no query of its own."""
    return hasattr(test, "test_metadata")


def _relation(test: GenericTestNode) -> str:
    """What a test reads, as the operation renders it."""
    # dbt's macro reads the condition from the configuration of the node that runs, and here none does
    return str(test.test_metadata.kwargs["model"]).replace("get_where_subquery", "")


def _described(test: GenericTestNode, model: str) -> dict[str, Any]:
    """A test of a relation as the operation takes it; it renders texts as dbt does those of a test."""
    config, called = test.config, test.test_metadata
    arguments = {
        name: f"{{{{ {value} }}}}" if isinstance(value, str) and _CALL.match(value) else value
        for name, value in called.kwargs.items()
    }
    arguments["model"] = f"(select * from {model} where {config.where}) as kept" if config.where else model
    return {
        **{"namespace": called.namespace, "name": called.name, "arguments": arguments},
        **{name: getattr(config, name) for name in ("fail_calc", "warn_if", "error_if", "limit")},
    }


def _answer(
    test: GenericTestNode, failures: int, is_warned: bool, is_failed: bool, *, seconds: float
) -> Answer:
    passed = not is_warned and not (is_failed and test.config.severity.upper() == "ERROR")
    return Answer(test, 0 if passed else failures, passed=passed, seconds=seconds)
