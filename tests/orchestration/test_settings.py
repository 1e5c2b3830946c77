"""What the environment may say, and what is said of it if it says something else."""

from __future__ import annotations

import pytest

from orchestration.settings import Settings, SettingsError, use


@pytest.mark.parametrize(("value", "is_on"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_workspaces_are_published_alone_if_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch, value: str | None, is_on: bool
) -> None:
    if value is None:
        monkeypatch.delenv("CREDITS_WORKSPACE_FILES", raising=False)
    else:
        monkeypatch.setenv("CREDITS_WORKSPACE_FILES", value)
    assert Settings.load().workspace_files is is_on


def test_a_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITS_WORKSPACE_FILES", "yes")
    with pytest.raises(SettingsError, match=r"must be 1 \(on\) or 0 \(off\); found 'yes'"):
        use()
