"""What dbt parsed is kept by the content of the project."""

from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

from orchestration.warehouse.dbt_build import KEPT_PARSED, DbtFailed, DbtProject, _as_it_was_parsed


@pytest.fixture
def project_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one model; to parse it writes one file, so that no dbt is needed."""
    monkeypatch.setattr(DbtProject, "parse", lambda _, folder: (folder / "manifest.json").touch())
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "target").mkdir()
    (project / "models" / "a.sql").write_text("select 1")
    return project


def parsed(project_dir: Path) -> Path:
    return DbtProject(project_dir, target_dir=project_dir.parent / "data").manifest_path


@pytest.mark.parametrize(
    "change", ["models/a.sql", "models/b.yml", "macros/m.sql", "seeds/s.csv", "dbt_project.yml"]
)
def test_a_changed_project_is_parsed_again_and_the_same_one_is_not(project_dir: Path, change: str) -> None:
    before = parsed(project_dir)
    before.write_text("kept")
    assert parsed(project_dir).read_text() == "kept"
    (project_dir / change).parent.mkdir(exist_ok=True)
    (project_dir / change).write_text("select 2")
    after = parsed(project_dir)
    assert (after != before, after.read_text()) == (True, "")


def test_a_few_parsed_projects_are_kept(project_dir: Path) -> None:
    for number in range(KEPT_PARSED + 3):
        (project_dir / "models" / "a.sql").write_text(f"select {number}")
        newest = parsed(project_dir)
    folders = list((project_dir / "target" / "parsed").iterdir())
    assert (len(folders), newest.parent in folders) == (KEPT_PARSED + 1, True)


def test_a_project_that_cannot_be_written_to_is_parsed_into_the_data_directory(
    project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.warehouse.dbt_build.os.access", lambda *_: False)
    assert parsed(project_dir).is_relative_to(project_dir.parent / "data")


def test_nothing_is_written_beside_the_project_of_an_installed_package(project_dir: Path) -> None:
    data = project_dir.parent / "data"
    manifest = DbtProject(project_dir, target_dir=data, is_read_only=True).manifest_path
    assert manifest.is_relative_to(data)


def test_an_interrupt_reaches_dbt_as_the_one_on_which_it_ends_its_threads(
    project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    while_building: list[Any] = []

    def invoke(*_: Any) -> dbtRunnerResult:
        while_building.extend(signal.getsignal(number) for number in numbers)
        return dbtRunnerResult(success=False, exception=KeyboardInterrupt())

    before = [signal.getsignal(number) for number in numbers]
    monkeypatch.setattr(dbtRunner, "invoke", invoke)
    manifest = SimpleNamespace(nodes={})
    monkeypatch.setattr(DbtProject, "manifest", manifest)
    monkeypatch.setattr(DbtProject, "_untested", manifest)
    with pytest.raises(DbtFailed, match="KeyboardInterrupt"):
        DbtProject(project_dir, target_dir=project_dir.parent).build("staging", variables={})
    assert while_building == [signal.default_int_handler] * 2
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_project_of_another_form_is_refused_when_it_is_parsed_after_runs_too(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text("p: {target: duckdb, outputs: {duckdb: {type: duckdb}}}")
    (tmp_path / "dbt_project.yml").write_text("{name: n, profile: p, model-paths: 3}")
    with _as_it_was_parsed():
        pass  # a command of dbt
    with pytest.raises(DbtFailed, match=r"at path \['model-paths'\]: 3 is not valid"):
        DbtProject(tmp_path, target_dir=tmp_path).parse(tmp_path)
