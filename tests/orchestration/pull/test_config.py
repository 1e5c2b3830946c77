"""A pull.yml that cannot be used is refused with file, line, key and remedy, and never shows a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.pull.config import PullConfigError, RestPull, SqlPull, configured, read_pull

SQL = "sql:\n  url: BILLING_DATABASE_URL\ntables:\n  charges:\n    cursor: changed_at\n"
REST = "rest:\n  url: https://api.example.com/v1\ntables:\n  charges:\n    path: charges\n"
ADDRESS = "postgresql://kim:" + "hunter2@db/billing"

REFUSED = {
    "": ":1: one of the keys `sql` and `rest` must say where rows come from; found neither. See docs",
    SQL + REST: ":8: `tables` is there twice. Remove one.",
    SQL + "rest: {url: https://api.example.com}\n": ":1: one of the keys .* found sql and rest",
    SQL + "    lag: soon\n": ":6: `tables.charges.lag` must be a duration .*; found 'soon'. Correct",
    SQL + "    lag: -1\n": ":6: `tables.charges.lag` must be a duration",
    SQL + "    laag: 1h\n": ":6: `tables.charges.laag` is no key here. Use one of: cursor, lag, start.",
    SQL + "    start: [1]\n": ":6: `tables.charges.start` must be a date, a time or a number; found .1.",
    SQL + "  _hidden: {}\n": ":3: `tables` must be names of tables without / that do not begin with . or _",
    SQL + "  ../up: {}\n": ":3: `tables` must be names of tables",
    SQL + "  other: {lag: 1h}\n": ":6: table other: `lag`, `start` and `since` need a `cursor`",
    SQL.replace("  url: BILLING_DATABASE_URL", "  schema: x"): ":1: `sql.url` is missing. Add it.",
    SQL.replace("BILLING_DATABASE_URL", ADDRESS): ":2: `sql.url` must be the name of an environment variable",
    SQL.replace("\n    cursor", "\n  \tcursor"): ":5: not YAML",
    "sql: {url: BILLING_DATABASE_URL}\ntables: {}\n": ":2: `tables` must be names of tables",
    "sql: {url: BILLING_DATABASE_URL}\ntables: 7\n": ":2: `tables` must be names of tables",
    REST.replace("https://", "ftp://"): ":2: `rest.url` must be an address that starts with http",
    REST.replace(
        "https://", "https://kim:" + "hunter2@"
    ): ":2: `rest.url` must be an address .* without a password",
    REST.replace(
        "tables", "  bearer: hunter2\ntables"
    ): ":3: `rest.bearer` must be the name of an environment",
    REST.replace("tables", "  headers: {X-Key: hunter2}\ntables"): ":3: `rest.headers.X-Key` must be",
    REST.replace("tables", "  headers: hunter2\ntables"): ":3: `rest.headers` must be the name",
    REST.replace("tables", "  token: hunter2\ntables"): ":3: `rest.token` is no key here. Use one of: url,",
    REST.replace("    path: charges", "    records: data"): ":4: `tables.charges.path` is missing",
    REST + "    pages: {cursor: next, page: p}\n": ":4: table charges: `pages` must have one of",
    REST + "    pages: {size: 0}\n": ":6: `tables.charges.pages.size` must be a whole number .*; found 0",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_has_file_line_key_and_remedy(text: str, tmp_path: Path) -> None:
    file = tmp_path / "billing" / "pull.yml"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(PullConfigError, match=f"^billing/pull.yml{REFUSED[text]}") as refused:
        read_pull(file)
    assert "hunter2" not in str(refused.value)
    assert str(refused.value).endswith((".", ".md"))


def test_durations_and_dates_are_read(tmp_path: Path) -> None:
    file = tmp_path / "pull.yml"
    file.write_text(SQL + "    lag: 2h\n    start: 2026-01-01\n")
    pull = read_pull(file)
    assert isinstance(pull, SqlPull)
    assert pull.tables["charges"].lag == 7200 and str(pull.tables["charges"].start) == "2026-01-01"


def test_variables_are_those_that_the_file_names(tmp_path: Path) -> None:
    file = tmp_path / "pull.yml"
    file.write_text(REST.replace("tables", "  bearer: A_KEY\n  headers: {X-Account: AN_ACCOUNT}\ntables"))
    pull = read_pull(file)
    assert isinstance(pull, RestPull) and pull.variables == ["A_KEY", "AN_ACCOUNT"]
    assert pull.rest.url == "https://api.example.com/v1/"


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pull.yml"
    file.write_bytes(b"sql: \xff")
    with pytest.raises(PullConfigError, match="cannot be read"):
        read_pull(file)


def test_sources_are_the_folders_with_a_pull_yml(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden", "_half", "none"):
        (tmp_path / name).mkdir()
        if name != "none":
            (tmp_path / name / "pull.yml").touch()
    assert configured(tmp_path) == ["a", "b"]
    assert configured(tmp_path / "missing") == []
