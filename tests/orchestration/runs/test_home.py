"""A run starts in Dagster's home; an installed package makes its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.product import REPO

from orchestration import settings
from orchestration.runs.home import enter_home
from orchestration.settings import Settings

RELEASED = (REPO / "dagster.yaml").read_bytes()


def test_the_home_of_an_installed_package_gets_the_dagster_yaml_of_the_release(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setattr(settings, "IS_INSTALLED", True)
    installed = Settings.load(data_dir=tmp_path / "data")
    enter_home(installed)
    file = tmp_path / "data" / "dagster" / "dagster.yaml"
    assert (Path.cwd(), file.read_bytes()) == (file.parent, RELEASED)
    file.write_text("of an older release")
    enter_home(installed)
    assert file.read_bytes() == RELEASED


def test_a_home_that_was_named_keeps_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "IS_INSTALLED", True)
    (tmp_path / "dagster.yaml").write_text("mine")
    enter_home(Settings.load(data_dir=tmp_path / "data", dagster_home=tmp_path))
    assert (tmp_path / "dagster.yaml").read_text() == "mine"
