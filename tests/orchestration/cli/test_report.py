"""`credits report` as a page: destination, language, and opening it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from orchestration.cli.main import main

Credits = Callable[..., Any]


@pytest.fixture(scope="module")
def data_dir(sample_run: Any) -> Path:
    return Path(sample_run.data_dir)


def test_a_page_is_written_to_a_file_in_the_requested_language(
    credits_command: Credits, data_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    page = ("report", "--data-dir", data_dir, "--format", "html", "--out", out)
    done = credits_command(*page, "--lang", "th")
    assert done.returncode == 0, done.stderr
    assert f"written to {out}" in done.stderr and done.stdout == ""
    assert '<html lang="th">' in out.read_text(encoding="utf-8")
    assert credits_command(*page).returncode == 0
    assert '<html lang="en">' in out.read_text(encoding="utf-8")


def test_a_relative_file_is_written_where_the_command_is_typed(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.chdir(here)
    done = CliRunner().invoke(main, ["report", "--data-dir", str(data_dir), "--out", "report.txt"])
    assert done.exit_code == 0, done.output
    assert (list(home.iterdir()), list(here.iterdir())) == ([], [here / "report.txt"])


def test_a_page_is_opened_in_the_browser(
    credits_with: Callable[..., Credits], data_dir: Path, tmp_path: Path
) -> None:
    browser, asked = tmp_path / "browser", tmp_path / "asked"
    browser.write_text(f'#!/bin/sh\necho "$1" > {asked}\n')
    browser.chmod(0o700)
    credits = credits_with(BROWSER=f"{browser} %s")
    done = credits("report", "--data-dir", data_dir, "--format", "html", "--open")
    assert done.returncode == 0, done.stderr
    opened = Path(asked.read_text().strip().removeprefix("file://"))
    assert "Empty by 12 May 2026 at the current pace" in opened.read_text(encoding="utf-8")
    assert opened.name == "acme-store.html"
    shutil.rmtree(opened.parent)


def test_the_browser_is_opened_for_a_page_only(credits_command: Credits, data_dir: Path) -> None:
    refused = credits_command("report", "--data-dir", data_dir, "--open")
    assert refused.returncode == 2
    assert "add --format html" in refused.stderr


def test_pages_are_published_next_to_the_index(data_dir: Path) -> None:
    published = data_dir / "published"
    index = (published / "index.html").read_text(encoding="utf-8")
    assert '<a href="report/acme-store.html"><bdi>Acme Store</bdi></a>' in index
    assert (
        (published / "report" / "acme-store.csv").read_text(encoding="utf-8").startswith("breakdown,id,name")
    )
