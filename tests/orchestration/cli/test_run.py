"""`credits run` refuses a day to come before it loads anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.product import Credits


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
