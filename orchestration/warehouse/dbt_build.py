"""dbt, in this process: the project parsed once, and one layer of it built at a time.

Not Dagster, and not what a model means: that is dbt_project/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner

Command = Literal["build", "rebuild", "test"]
SKIPPED = "skipped"
PASSING = {"success", "pass", "no-op"}
_FRAMES = re.compile(r"\s+at [\w.$]+\([\w.]+(:\d+)?\).*", re.DOTALL)  # where in Java it was


class DbtFailed(RuntimeError):
    """dbt could not parse, or a model or test failed; the message says which and why."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or data test.

    Attributes:
        kind: "table", "view" or "test"; an increment is a table.
        table: schema.table of the model, or of the model that the test is about.
        name: of the model or test.
        passed: whether it was built, or held.
        found: what was found, such as "3 failing rows"; dbt's message where it failed.
        seconds: how long it took.
    """

    kind: str
    table: str
    name: str
    passed: bool
    found: str
    seconds: float


class DbtProject:
    """The dbt project of one data directory.

    A process of its own for each layer would spend most of a small night on imports and parsing.

    Args:
        project_dir: the folder of dbt_project.yml and profiles.yml.
        target_dir: where dbt keeps what it parsed and logged; one for each target.
        target: of profiles.yml, which is the engine.
    """

    def __init__(self, project_dir: Path, *, target_dir: Path, target: str = "duckdb") -> None:
        self.project_dir = project_dir
        self.target_dir = target_dir
        self.target = target

    @property
    def manifest_path(self) -> Path:
        """The manifest of the project as it is now on disk."""
        assert self._manifest is not None
        return self.target_dir / "manifest.json"

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """The variables of dbt_project.yml, for what Python decides by the same policy as the models."""
        project = yaml.safe_load((self.project_dir / "dbt_project.yml").read_text())
        return dict(project["vars"])

    @cached_property
    def _manifest(self) -> Any:
        parsed = dbtRunner().invoke(["parse", *self._flags("none")])
        if not parsed.success:
            raise DbtFailed(f"dbt could not parse {self.project_dir}: {parsed.exception}")
        return parsed.result

    def build(
        self, layer: str, *, variables: Mapping[str, object], command: Command = "build"
    ) -> Sequence[NodeResult]:
        """Build and test the models of models/<layer>; failures are in the results, see `raise_failures`.

        The command `rebuild` uses nothing of what is there; `test` leaves the models as they are.

        What was skipped because something before it failed is not in the results.

        Raises:
            DbtFailed: dbt did not get as far as any result.
        """
        words = ["build", "--full-refresh"] if command == "rebuild" else [command]
        words += ["--select", f"fqn:credits.{layer}", "--vars", json.dumps(dict(variables))]
        # unit tests are for make test; a test that also looks at a later layer belongs to that layer
        words += ["--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
        built = dbtRunner(manifest=self._manifest).invoke([*words, *self._flags("info")])
        if not isinstance(built.result, RunExecutionResult):
            raise DbtFailed(f"dbt could not build {layer}: {built.exception!r}")
        results = [self._node_result(result) for result in built.result.results]
        return [result for result in results if result.found != SKIPPED]

    def _flags(self, log_level: str) -> list[str]:
        folders = {"project-dir": self.project_dir, "profiles-dir": self.project_dir}
        folders |= {"target-path": self.target_dir, "log-path": self.target_dir}
        return [text for name, folder in folders.items() for text in (f"--{name}", str(folder))] + [
            *("--target", self.target),
            *("--log-level", log_level),
        ]

    def _node_result(self, result: Any) -> NodeResult:
        node = result.node
        is_test = node.resource_type == "test"
        about = self._manifest.nodes[node.attached_node] if is_test and node.attached_node else node
        passed = str(result.status) in PASSING
        rows = f"{result.failures} failing rows" if result.failures is not None else ""
        return NodeResult(
            kind="test" if is_test else "view" if node.config.materialized == "view" else "table",
            table=f"{about.fqn[1]}.{about.name}",
            name=node.name,
            passed=passed,
            found=rows if is_test and rows else _FRAMES.sub("", str(result.message or result.status)),
            seconds=float(result.execution_time),
        )


def raise_failures(layer: str, results: Sequence[NodeResult]) -> None:
    """Raise DbtFailed naming every model and test of the layer that failed, if any did."""
    failed = [result for result in results if not result.passed]
    if failed:
        listed = "; ".join(
            f"{result.kind} {result.name} of {result.table}: {result.found}" for result in failed
        )
        raise DbtFailed(f"{len(failed)} of {len(results)} dbt models and tests of {layer} failed: {listed}")
