"""`credits pull` says what it wrote, and why not, with an exit code for each kind of failure."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.runs.lock import lock

PULL = "sql: {url: BILLING_DATABASE_URL}\ntables:\n  charges: {cursor: id}\n"
Pull = Callable[..., Result]


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landing directory with the source `billing`, of three charges."""
    (tmp_path / "dagster.yaml").touch()
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/billing.sqlite")
    with sqlite3.connect(tmp_path / "billing.sqlite") as connection:
        connection.execute("create table charges (id integer, note text)")
        connection.executemany("insert into charges values (?, ?)", [(i, f"n{i}") for i in range(3)])
    add_source(tmp_path / "landing", "billing")
    return tmp_path / "landing"


def add_source(landing: Path, name: str, text: str = PULL) -> None:
    (landing / name).mkdir(parents=True)
    (landing / name / "pull.yml").write_text(text)


@pytest.fixture
def pull(landing: Path) -> Pull:
    def run(*names: str) -> Result:
        options = ["--landing", str(landing), "--data-dir", str(landing.parent / "data")]
        return CliRunner().invoke(main, ["pull", *names, *options], catch_exceptions=False)

    return run


def test_new_rows_are_listed_and_a_second_pull_has_none(landing: Path, pull: Pull) -> None:
    done = pull("billing")
    (file,) = (landing / "billing" / "charges").iterdir()
    assert (done.exit_code, done.output) == (0, f"        3  billing/charges: billing/charges/{file.name}\n")
    assert pq.read_table(file).to_pylist()[0] == {"id": 0, "note": "n0"}
    again = pull()
    assert (again.exit_code, again.output) == (0, "        0  billing: nothing new\n")


def test_a_source_that_fails_does_not_stop_the_others(landing: Path, pull: Pull) -> None:
    add_source(landing, "away", PULL.replace("charges", "missing"))
    done = pull()
    assert done.exit_code == 1
    assert "credits: away: the database has no table missing" in done.output
    assert "3  billing/charges" in done.output


def test_a_wrong_use_exits_2(landing: Path, pull: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = pull("billling")
    assert unknown.exit_code == 2 and "folders with one: billing. Correct the name" in unknown.output
    outside = pull("../landing/billing")
    assert outside.exit_code == 2 and "does not exist" in outside.output
    monkeypatch.delenv("BILLING_DATABASE_URL")
    unset = pull("billing")
    assert unset.exit_code == 2 and "variable BILLING_DATABASE_URL" in unset.output
    (landing / "billing" / "pull.yml").write_text("sql: 7\n")
    bad = pull("billing")
    assert bad.exit_code == 2 and "billing/pull.yml:1: `sql` must be" in bad.output
    (landing / "billing" / "pull.yml").unlink()
    none = pull()
    assert none.exit_code == 2 and "has no folder with a pull.yml" in none.output


def test_without_dlt_one_sentence_says_what_to_install(pull: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def without_dlt(name: str, *args: Any) -> Any:
        return None if name == "dlt" else find(name, *args)

    monkeypatch.setattr("orchestration.pull.pull.find_spec", without_dlt)
    done = pull("billing")
    assert done.exit_code == 2
    assert done.output == (
        "credits: pulling needs the package dlt, which is not installed. Install it: "
        "pip install 'credit-usage-analytics[pull]'\n"
    )


def test_a_pull_that_runs_already_exits_3(landing: Path, pull: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    state = landing.parent / "data" / "pull" / "billing"
    with lock(state):
        monkeypatch.setattr("orchestration.runs.lock._held", set())  # as another process sees it
        done = pull("billing")
    assert done.exit_code == 3 and "One run at a time" in done.output
