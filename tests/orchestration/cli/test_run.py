"""`credits run` shows its progress and nothing else, and refuses a day to come before it loads anything."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.product import REPO, Credits, NightlyRun


def test_progress_starts_at_once_and_no_library_writes_into_it(sample_run: NightlyRun) -> None:
    lines = sample_run.result.stderr.splitlines()
    assert lines[:2] == ["  ... start", "  ... raw"]
    assert [line for line in lines if not line.startswith(("  ... ", "  ok  ", "      "))] == []


def test_make_run_ends_with_where_the_page_and_the_dashboard_are() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "run"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    *_, page, dashboard = shown.stdout.splitlines()
    assert "published/index.html" in page and "make dashboard" in dashboard


def test_a_day_that_has_ended_nowhere_is_refused(credits_command: Credits, tmp_path: Path) -> None:
    landing, data = tmp_path / "landing", tmp_path / "data"
    landing.mkdir()
    today = datetime.now(UTC).date()
    later = today + timedelta(days=3)
    result = credits_command("run", "--landing", landing, "--data-dir", data, "--as-of", str(later))
    assert result.returncode == 2
    newest = [today - timedelta(days=days) for days in (0, 1)]  # midnight may have passed since
    assert any(f"{later} has not, the newest complete day is {day}." in result.stderr for day in newest)
    assert "--allow-future" in result.stderr
    assert not (data / "raw").exists()
