"""dbt, in this process: the project parsed once, and one layer of it built at a time.

Not Dagster, and not what a model means: that is dbt_project/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.warehouse.dbt_tests import LOGGED, OPERATION, Asked, is_generic, layer_of, tests_of

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

SKIPPED = "skipped"
KEPT_PARSED = 4
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
        description: of a test, what it proves; empty if it does not say.
    """

    kind: str
    table: str
    name: str
    passed: bool
    found: str
    seconds: float
    description: str = ""


class DbtProject:
    """The dbt project of one data directory.

    A process of its own for each layer would spend most of a small run on imports and parsing. What dbt
    parsed is kept by the content of the project, so that only the first run after a change parses.

    Args:
        project_dir: the folder of dbt_project.yml and profiles.yml.
        target_dir: where dbt keeps what it compiled and logged; one for each target.
        target: of profiles.yml, which is the engine.
        schema_prefix: of the names of schemas, which are part of what is parsed.
        is_read_only: write nothing next to the project, which is part of an installed package.
    """

    def __init__(
        self,
        project_dir: Path,
        *,
        target_dir: Path,
        target: str = "duckdb",
        schema_prefix: str = "",
        is_read_only: bool = False,
    ) -> None:
        self.project_dir = project_dir
        self.target_dir = target_dir
        self.target = target
        self.schema_prefix = schema_prefix
        self._has_logged = False
        self.is_read_only = is_read_only

    @property
    def manifest_path(self) -> Path:
        """The manifest of the project as it is now on disk."""
        return self._parsed_dir / "manifest.json"

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """The variables of dbt_project.yml, for what Python decides by the same policy as the models."""
        project = yaml.safe_load((self.project_dir / "dbt_project.yml").read_text())
        return dict(project["vars"])

    @cached_property
    def manifest(self) -> Manifest:
        """What dbt parsed of the project, ready to run."""
        _prepare_imports()
        from dbt.constants import PARTIAL_PARSE_FILE_NAME
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        packed = (self._parsed_dir / PARTIAL_PARSE_FILE_NAME).read_bytes()
        manifest: Manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
        manifest.build_parent_and_child_maps()
        return manifest

    @cached_property
    def _untested(self) -> Manifest:
        """The manifest without its tests, which every command would put in order, and none of these runs."""
        manifest = copy(self.manifest)
        manifest.nodes = {key: node for key, node in manifest.nodes.items() if node.resource_type != "test"}
        manifest.unit_tests = {}
        manifest.build_parent_and_child_maps()
        return manifest

    @property
    def kept_manifest_path(self) -> Path | None:
        """The manifest of the project as it is now, if an earlier command has parsed it."""
        manifest = self._kept_dir / "manifest.json"
        return manifest if manifest.exists() else None

    @property
    def _kept_dir(self) -> Path:
        return self._cache_dir / f"{self.target}-{self._fingerprint()}"

    @cached_property
    def _parsed_dir(self) -> Path:
        """The folder of what dbt parsed of the project as it is now; parsed first if there is none."""
        parsed = self._kept_dir
        if not (parsed / "manifest.json").exists():
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=self._cache_dir) as folder:
                self.parse(Path(folder))
                with suppress(OSError):  # another process was first
                    Path(folder).rename(parsed)
            self._remove_older(parsed)
        return parsed

    @property
    def _cache_dir(self) -> Path:
        """Beside the project, for every data directory, where it may be written; else in this one."""
        shared = self.project_dir / "target"
        folder = shared if shared.exists() else self.project_dir
        is_writable = os.access(folder, os.W_OK) and not self.is_read_only
        return shared / "parsed" if is_writable else self.target_dir / "parsed"

    def _fingerprint(self) -> str:
        """Of every file that dbt parses, and of what else decides on the result."""
        digest = sha256(f"{version('dbt-core')} {self.schema_prefix}".encode())
        names = ("models", "macros", "seeds", "tests", "*.yml")
        for file in sorted(file for name in names for file in _files(self.project_dir, name)):
            digest.update(f"\0{file.relative_to(self.project_dir)}\0".encode() + file.read_bytes())
        return digest.hexdigest()[:32]

    def parse(self, folder: Path) -> None:
        """Parse into a folder: what dbt reads again, and the manifest as JSON."""
        _prepare_imports()
        from dbt.cli.main import dbtRunner
        from dbt.contracts.graph.manifest import Manifest

        parsed = dbtRunner().invoke(["parse", *self.flags(target_dir=folder)])
        if not isinstance(parsed.result, Manifest):
            raise DbtFailed(f"dbt could not parse {self.project_dir}: {parsed.exception}")
        parsed.result.writable_manifest().write(str(folder / "manifest.json"))

    def _remove_older(self, parsed: Path) -> None:
        """Keep the few that were parsed last."""
        others = [folder for folder in self._cache_dir.glob(f"{self.target}-*") if folder != parsed]
        for folder in sorted(others, key=lambda folder: folder.stat().st_mtime)[:-KEPT_PARSED]:
            shutil.rmtree(folder, ignore_errors=True)

    def relations(self, layer: str) -> set[str]:
        """The names of the models and seeds of one layer that are tables or views."""
        nodes = (node for node in self.manifest.nodes.values() if layer_of(node) == layer)
        return {node.name for node in nodes if node.is_refable and not node.is_ephemeral}

    def build(
        self,
        layer: str,
        *,
        variables: Mapping[str, object],
        is_rebuilt: bool = False,
        unchanged: Collection[str] = (),
    ) -> Sequence[NodeResult]:
        """Build the models and seeds of one layer, then test them; for failures, see `raise_failures`.

        What was skipped because something before it failed is not in the results.

        Args:
            layer: the schema, or what `built_with` says in a model's configuration.
            variables: of dbt.
            is_rebuilt: use nothing of what is there.
            unchanged: names of models and seeds to leave as they are, and only test.

        Raises:
            DbtFailed: dbt did not get as far as any result.
        """
        built: Sequence[Any] = []
        if not unchanged or not self.relations(layer) <= set(unchanged):
            words = ["build", "--select", f"config.schema:{layer}", f"config.meta.built_with:{layer}"]
            words += ["--full-refresh"] if is_rebuilt else []
            excluded = [*unchanged, *self._built_elsewhere(layer)]
            words += ["--exclude", *excluded] if excluded else []
            built = self._invoke(words, variables).results
        unbuilt = {result.node.unique_id for result in built if str(result.status) not in PASSING}
        results = [self._node_result(result) for result in built if str(result.status) != SKIPPED]
        return [*results, *self._test(tests_of(self.manifest, layer, without=unbuilt), variables)]

    def _built_elsewhere(self, layer: str) -> list[str]:
        """The names of the models of this schema that are built with another layer."""
        nodes = (node for node in self.manifest.nodes.values() if node.config.schema == layer)
        return [node.name for node in nodes if node.is_refable and layer_of(node) != layer]

    def _test(self, tests: Sequence[Sequence[Any]], variables: Mapping[str, object]) -> Iterator[NodeResult]:
        """Run data tests, all of a model in one statement; those of a statement that fails one by one."""
        views = {key: node for key, node in self.manifest.nodes.items() if node.config.materialized == "view"}
        asked = Asked([of_model for of_model in tests if is_generic(of_model[0])], views)
        if asked.models:
            words = ["run-operation", OPERATION, "--args", asked.arguments]
            self._invoke(words, variables, listener=asked.listen)
        if "interrupted" in asked.error:
            raise DbtFailed(f"dbt could not test the models: {asked.error}")
        for answer in (answer for of_model in asked.answers for answer in of_model):
            found = f"{answer.failures} failing rows"
            yield self._result_of(answer.test, passed=answer.passed, found=found, seconds=answer.seconds)
        answered = asked.models[: len(asked.answers)]
        others = [test.name for of_model in tests if of_model not in answered for test in of_model]
        if others:
            words = ["test", "--indirect-selection", "empty", "--select", *others]
            yield from map(self._node_result, self._invoke(words, variables, manifest=self.manifest).results)

    def _invoke(
        self,
        words: Sequence[str],
        variables: Mapping[str, object],
        *,
        listener: Callable[[EventMsg], None] | None = None,
        manifest: Manifest | None = None,
    ) -> Any:
        """The result of a command of dbt, also if nodes failed; `listener` gets dbt's events.

        Unit tests are for make test, and data tests are asked by an operation: a command has none of them,
        unless `manifest` has.
        """
        _prepare_imports()
        from dbt.cli.main import dbtRunner

        options = ["--vars", json.dumps(dict(variables)), "--cache-selected-only", *self.flags()]
        with self._log() as log, _interrupts_as_dbt_expects(), _as_it_was_parsed():
            manifest = manifest or self._untested
            dbt = dbtRunner(manifest=manifest, callbacks=[log, *([listener] if listener else [])])
            ran = dbt.invoke([*words, *options])
        if ran.result is None:
            raise DbtFailed(f"dbt could not {' '.join(words[:4])}: {ran.exception!r}")
        return ran.result

    @contextmanager
    def _log(self) -> Iterator[Callable[[EventMsg], None]]:
        """What writes an event to dbt.log, which holds those of the last run of this process.

        dbt's own logs make a text of every event, also of the thousands that their level then leaves out.
        """
        self.target_dir.mkdir(parents=True, exist_ok=True)
        with (self.target_dir / "dbt.log").open("a" if self._has_logged else "w") as log:
            self._has_logged = True

            def write(event: EventMsg) -> None:
                info: Any = event.info
                if info.level not in ("debug", "test"):
                    log.write(f"{datetime.now():%H:%M:%S} {info.level:<5} {info.msg}\n")

            yield write

    def flags(self, *, target_dir: Path | None = None) -> list[str]:
        """The options that every dbt command of this project gets."""
        target_dir = target_dir or self.target_dir
        folders = {"project-dir": self.project_dir, "profiles-dir": self.project_dir}
        folders |= {"target-path": target_dir, "log-path": target_dir}
        return [text for name, folder in folders.items() for text in (f"--{name}", str(folder))] + [
            *("--target", self.target),
            *("--log-level", "none", "--log-level-file", "none"),
            "--no-write-json",  # megabytes after each layer, which nobody reads
        ]

    def _node_result(self, result: Any) -> NodeResult:
        is_counted = result.node.resource_type == "test" and result.failures is not None
        message = _FRAMES.sub("", str(result.message or result.status))
        return self._result_of(
            result.node,
            passed=str(result.status) in PASSING,
            found=f"{result.failures} failing rows" if is_counted else message,
            seconds=float(result.execution_time),
        )

    def _result_of(self, node: Any, *, passed: bool, found: str, seconds: float) -> NodeResult:
        attached = getattr(node, "attached_node", None)
        about = self.manifest.nodes[attached] if attached else node
        is_view = node.config.materialized == "view"
        return NodeResult(
            kind="test" if node.resource_type == "test" else "view" if is_view else "table",
            table=f"{about.config.schema}.{about.name}",
            name=node.name,
            passed=passed,
            found=found,
            seconds=seconds,
            description=node.description,
        )


@contextmanager
def _interrupts_as_dbt_expects() -> Iterator[None]:
    """On KeyboardInterrupt dbt ends its threads; on what Dagster raises they would go on building."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in handlers:
            signal.signal(number, signal.default_int_handler)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _as_it_was_parsed() -> Iterator[None]:
    """Neither check the form of the project again, which made a schema of every class of it, nor describe it.

    Its form is checked where it is parsed, which is after each change; nobody reads the description.
    """
    from dbt.compilation import Linker
    from dbt_common.dataclass_schema import dbtClassMixin

    validate, summary = dbtClassMixin.__dict__["validate"], Linker.get_graph_summary
    dbtClassMixin.validate = classmethod(lambda cls, data: None)  # type: ignore[assignment, method-assign]
    Linker.get_graph_summary = lambda self, manifest: {}  # type: ignore[method-assign]
    try:
        yield
    finally:
        dbtClassMixin.validate, Linker.get_graph_summary = validate, summary  # type: ignore[method-assign]


def _prepare_imports() -> None:
    """Before dbt is imported, what it would do at every start or command, and nothing here needs.

    Its classes compile how they are read and written as they are defined, a fifth of the two seconds that the
    import takes; now they do when that is first done. For each command it reads the source text of every
    caller, a hundred files, to name the adapter in a warning. And it makes two protobuf messages of each of
    thousands of debug events, a tenth of the time of a layer, of which only a macro's `log` is read here; and
    groups all tokens of statements in which it then looks for `with` outside parentheses.
    """
    from mashumaro.config import BaseConfig
    from sqlparse.engine import filter_stack

    BaseConfig.lazy_compilation = True
    grouping = filter_stack.grouping
    grouping.group = lambda statement: grouping.group_parenthesis(statement) or statement
    from dbt_common.behavior_flags import BehaviorFlagRendered
    from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
    from dbt_common.events.event_manager import EventManager

    if hasattr(EventManager.fire_event, "is_prepared"):
        return
    BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt.adapters")  # type: ignore[method-assign]
    make_message, fire_event = BaseEvent.__init__, EventManager.fire_event

    def make(self: DebugLevel, *words: Any, **fields: Any) -> None:
        if type(self).__name__ == LOGGED:
            make_message(self, *words, **fields)
        else:
            self.pb_msg = SimpleNamespace(**fields)

    def fire(
        self: EventManager, event: BaseEvent, level: EventLevel | None = None, *rest: Any, **options: Any
    ) -> None:
        if not isinstance(event.pb_msg, SimpleNamespace):
            fire_event(self, event, level, *rest, **options)

    fire.is_prepared = True  # type: ignore[attr-defined]
    DebugLevel.__init__, EventManager.fire_event = make, fire  # type: ignore[assignment, method-assign]


def _files(folder: Path, name: str) -> Iterator[Path]:
    """The files of a sub-folder, or those that a pattern matches."""
    return (
        folder.glob(name) if "*" in name else (file for file in (folder / name).rglob("*") if file.is_file())
    )


def raise_failures(layer: str, results: Sequence[NodeResult]) -> None:
    """Raise DbtFailed naming every model and test of the layer that failed, if any did."""
    failed = [result for result in results if not result.passed]
    if failed:
        listed = "; ".join(
            f"{result.kind} {result.name} of {result.table}: {result.found}" for result in failed
        )
        raise DbtFailed(f"{len(failed)} of {len(results)} dbt models and tests of {layer} failed: {listed}")
