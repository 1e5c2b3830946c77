"""The doctor checks Python, packages, time zones, memory, the schedule and the dbt project."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from support.product import REPO

from orchestration.health.doctor import machine, project
from orchestration.health.doctor.finding import Finding
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtProject


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with the project's declared and locked packages."""
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(REPO / name, tmp_path)
    return tmp_path


def test_a_finding_has_a_remedy_exactly_if_it_is_not_ok() -> None:
    with pytest.raises(ValueError, match="remedy"):
        Finding("lock", "problem", "held")
    with pytest.raises(ValueError, match="remedy"):
        Finding("lock", "ok", "free", "nothing")


@pytest.mark.parametrize(
    ("running", "state"), [("3.10.14", "problem"), ("3.11.2", "ok"), ("3.13.9", "ok"), ("3.14.0", "problem")]
)
def test_only_a_supported_python_is_ok(running: str, state: str) -> None:
    found = machine.check_python(REPO, running=running)
    assert found.state == state
    assert running in found.found and "3.11" in found.found + found.remedy


def test_the_packages_of_this_environment_are_those_of_the_lock() -> None:
    assert machine.check_packages(REPO).state == "ok"


def test_a_package_that_is_missing_or_not_allowed_is_a_problem(copied: Path) -> None:
    def installed(name: str) -> str:
        if name == "scikit-learn":
            raise PackageNotFoundError
        return {"duckdb": "1.4.0", "dbt-core": "1.12.1"}.get(name) or machine.version(name)

    found = machine.check_packages(copied, installed=installed)
    assert found.state == "problem"
    assert "scikit-learn is not installed" in found.found
    assert "duckdb 1.4.0 is installed, ==2.0.1 is wanted" in found.found
    assert "dbt-core 1.12.1 is installed" in found.found
    assert "--require-hashes" in found.remedy


def test_a_package_that_is_allowed_but_not_the_locked_one_is_a_warning(copied: Path) -> None:
    def installed(name: str) -> str:
        return {"numpy": "2.4.99", "dbt-core": "1.11.16"}.get(name) or machine.version(name)

    found = machine.check_packages(copied, installed=installed)
    assert (found.state, "numpy 2.4.99 instead of" in found.found) == ("warning", True)
    (copied / "requirements.lock").unlink()
    without = machine.check_packages(copied, installed=installed)
    assert (without.state, "no requirements.lock" in without.found) == ("ok", True)


def test_the_locked_version_is_ok_also_where_pip_alone_would_not_take_it(copied: Path) -> None:
    lock = copied / "requirements.lock"
    lock.write_text(lock.read_text().replace("numpy==2.4.6", "numpy==9.9"))
    locked = {"numpy": "9.9"}
    found = machine.check_packages(copied, installed=lambda name: locked.get(name) or machine.version(name))
    assert found.state == "ok", found


def test_a_machine_without_time_zones_is_a_problem() -> None:
    assert machine.check_time_zones().state == "ok"
    found = machine.check_time_zones(known=lambda: {"UTC"})
    assert (found.state, "pip install tzdata" in found.remedy) == ("problem", True)


@pytest.mark.parametrize(
    ("limit", "gigabytes", "state"),
    [
        ("6GB", 16, "ok"),
        ("6GB", 7, "warning"),
        ("6GB", 4, "warning"),
        ("1.5 GiB", 2, "warning"),
        ("512MB", 1, "ok"),
    ],
)
def test_duckdbs_memory_limit_leaves_room_in_the_memory_of_the_machine(
    limit: str, gigabytes: int, state: str
) -> None:
    found = machine.check_memory(limit, memory_bytes=gigabytes * 1000**3)
    assert found.state == state
    assert state == "ok" or "CREDITS_MEMORY_LIMIT" in found.remedy


def test_the_memory_of_a_container_counts_if_it_is_less_than_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "_CGROUP_LIMITS", (str(limit),))
    limit.write_text("max\n")
    whole = machine.available_memory()
    limit.write_text("1000000000\n")
    assert machine.available_memory() == 1_000_000_000 < whole
    assert machine.check_memory("6GB").state == "warning"


def test_a_schedule_that_dagster_refuses_is_a_problem(tmp_path: Path) -> None:
    settings = Settings(landing_dir=tmp_path, data_dir=tmp_path)
    assert project.check_schedule(settings) == Finding("schedule", "ok", "0 2 * * * in UTC")
    monthly = Settings(landing_dir=tmp_path, data_dir=tmp_path, schedule_cron="30 4 1 * *")
    assert project.check_schedule(monthly) == Finding("schedule", "ok", "30 4 1 * * in UTC")
    never = Settings(landing_dir=tmp_path, data_dir=tmp_path, schedule_cron="99 2 * * *")
    found = project.check_schedule(never)
    assert (found.state, "99 2 * * *" in found.found) == ("problem", True)
    assert "CREDITS_SCHEDULE_CRON" in found.remedy


@pytest.mark.slow
def test_a_model_that_dbt_cannot_parse_is_a_problem_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path))
    dbt_dir = tmp_path / "dbt_project"
    shutil.copytree(REPO / "dbt_project", dbt_dir, ignore=shutil.ignore_patterns("target", "logs"))
    dbt = DbtProject(dbt_dir, target_dir=tmp_path / "target")
    before = sorted(dbt_dir.rglob("*"))
    assert project.check_dbt(dbt).state == "ok"
    assert (sorted(dbt_dir.rglob("*")), list(temporary.iterdir())) == (before, [])

    (dbt_dir / "models" / "marts" / "credit_lots.sql").write_text("select * from {{ ref('nowhere') }}")
    found = project.check_dbt(dbt)
    assert (found.state, "nowhere" in found.found) == ("problem", True)
    assert list(temporary.iterdir()) == []


def test_a_project_that_was_parsed_as_it_is_is_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("parsed again")

    (tmp_path / "dbt_project.yml").write_text("name: credits")
    dbt = DbtProject(tmp_path, target_dir=tmp_path / "target")
    assert dbt.kept_manifest_path is None
    dbt._kept_dir.mkdir(parents=True)
    nodes = {"a": {"resource_type": "model"}, "b": {"resource_type": "test"}}
    (dbt._kept_dir / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    monkeypatch.setattr(DbtProject, "parse", refuse)

    assert project.check_dbt(dbt) == Finding("dbt", "ok", "1 models and 1 tests parse")
    (tmp_path / "dbt_project.yml").write_text("name: other")
    assert dbt.kept_manifest_path is None, "the project has changed since"
