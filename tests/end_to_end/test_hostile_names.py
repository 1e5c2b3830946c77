"""Names that attack whoever shows or stores them: kept exactly, and nowhere more than text.

Not here: each way out by itself (tests/orchestration/publish).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser

import duckdb
import pytest
from support.hostile_landing import NAMES, RENAMED, WORKSPACE, renames_of, write_hostile
from support.product import JOURNAL_MARTS, Credits, NightlyRun, nightly_run

from orchestration.publish.report.as_json import render_json
from orchestration.publish.report.formatting import plain
from orchestration.publish.report.load import load_report
from orchestration.publish.report.text import render_text
from orchestration.publish.rows.cells import guarded
from orchestration.publish.rows.select import mart_rows
from orchestration.publish.rows.write import write_csv
from orchestration.publish.versions.file_names import file_name

# made of several names, or hashes of them; ranks of what is alike follow the names
COMPOSED = {"unit_id", "episode_id", "segment_id", "suggestion", "event_ids"}
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "section", "footer", "div", "p", "h1", "h2"}
TAGS |= {"bdi", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "span"} | {
    *("strong", "a", "figure", "figcaption")
}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "role", "aria-label", "style"}
ATTRIBUTES |= {"scope", "tabindex", "href"}


class Page(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.spoken = ""
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.spoken += "".join(value or "" for name, value in attrs if name == "aria-label")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def night(
    credits_command: Credits,
    sample_run: NightlyRun,
    tmp_path_factory: pytest.TempPathFactory,
) -> NightlyRun:
    root = tmp_path_factory.mktemp("hostile")
    write_hostile(sample_run.landing, root / "landing")
    as_of = sample_run.as_of
    return nightly_run(credits_command, root / "landing", root / "data", as_of, "--workspace-files")


def columns(night: NightlyRun, mart: str) -> list[str]:
    found = night.query(
        f"select column_name from duckdb_columns() where table_name = '{mart}' order by column_index"
    )
    return [str(name) for (name,) in found]


def marts(night: NightlyRun) -> list[str]:
    return [str(name) for (name,) in night.query("select table_name from duckdb_tables() order by 1")]


def test_every_row_of_every_mart_is_that_of_the_sample_under_its_other_name(
    night: NightlyRun, sample_run: NightlyRun
) -> None:
    renamed, compared = renames_of(sample_run.landing), 0
    for mart in marts(night):
        if mart in JOURNAL_MARTS or "workspace_id" not in columns(night, mart):
            continue
        kept = ", ".join(name for name in columns(night, mart) if name not in COMPOSED)
        expected = [
            tuple(renamed.get(value, value) if isinstance(value, str) else value for value in row)
            for row in sample_run.query(f"select {kept} from marts.{mart}")
        ]
        quoted = WORKSPACE.replace("'", "''")
        found = night.query(f"select {kept} from marts.{mart} where workspace_id = '{quoted}'")
        assert Counter(found) == Counter(expected), mart
        compared += len(found)
    assert compared > 2_000


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_stored_as_it_was_delivered_wherever_it_stands(night: NightlyRun, name: str) -> None:
    quoted = name.replace("'", "''")
    for mart, count, named in (
        ("credit_summary", 3, ("workspace_id", "workspace_name", "most_efficient_member_id")),
        ("usage_by_member", 2, ("workspace_id", "member_id", "member_name", "team")),
        ("usage_by_category", 2, ("workspace_id", "product_category")),
        ("usage_by_generation_type", 2, ("workspace_id", "generation_type")),
        ("usage_daily", 1, ("workspace_id", "member_id", "product_category", "generation_type")),
        ("credit_lots", 1, ("workspace_id", "lot_id")),
        (
            "generation_details",
            3,
            (
                *("source", "workspace_id", "member_id", "product_id", "generation_type", "locale"),
                *("product_category", "ruleset_id", "template_id", "model", "provider"),
            ),
        ),
    ):
        rows = night.query(f"select {', '.join(named)} from marts.{mart} where workspace_id = '{quoted}'")
        assert len(rows) >= count, mart
        assert {value for row in rows for value in row} - {None} == {name}, mart


def test_no_page_holds_markup_that_came_with_a_name_and_each_shows_the_names(night: NightlyRun) -> None:
    ids = [WORKSPACE, *NAMES.values()]
    folder = night.published / "report"
    kinds = (".html", ".csv")
    assert {path.name for path in folder.iterdir()} == {
        file_name(id, suffix=kind) for id in ids for kind in kinds
    }
    for id in ids:
        for path in (
            folder / file_name(id, suffix=".html"),
            night.published / "workspaces" / file_name(id) / "report.html",
        ):
            source = path.read_text(encoding="utf-8")
            # the chart is of numbers, days and words of ours, and of no name
            page = Page(re.sub("<svg.*?</svg>", "", source, flags=re.DOTALL))
            assert page.tags <= TAGS, id
            assert page.attributes <= ATTRIBUTES, id
            assert source.count("Content-Security-Policy") == 1 and "default-src 'none'" in source
            # nothing turns the text around
            assert not set(source) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b")
            if id != WORKSPACE:
                assert page.text.count(plain(id)) >= 4, id
    text = Page((folder / file_name(WORKSPACE, suffix=".html")).read_text(encoding="utf-8")).text
    for name in (
        "Lisa",
        "Tom",
        "Sarah",
        "Mike",
        "Anna",
        "Acme Store",
        "Kitchen",
        "Shoes",
        "rs_descriptions_v1",
    ):
        assert plain(RENAMED[name]) in text, name


@pytest.mark.parametrize("id", [WORKSPACE, *NAMES.values()], ids=["workspace", *NAMES])
def test_the_reports_tell_the_names(night: NightlyRun, id: str) -> None:
    report = load_report(night.published, workspace_id=id, days=30)
    assert json.loads(render_json(report))["summary"]["workspace_id"] == id
    text = render_text(report)
    assert not set(text) & set("\u202e\u202c\t\r\x00\x1b")
    assert plain(report.summary.workspace_name) in text


def test_no_cell_of_an_export_is_run_by_a_spreadsheet_and_none_is_lost(night: NightlyRun) -> None:
    for mart in marts(night):
        out = io.BytesIO()
        with mart_rows(night.published, mart) as exported:
            write_csv(exported, out)
        head, *rows = csv.reader(io.StringIO(out.getvalue().decode(), newline=""), strict=True)
        assert head == columns(night, mart)
        stored = night.query(f"from marts.{mart}")
        assert len(rows) == len(stored)
        for cells, values in zip(rows, stored, strict=True):
            for cell, value in zip(cells, values, strict=True):
                assert not isinstance(value, str) or cell == guarded(value)
                assert not isinstance(value, str) or not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))


def test_each_workspace_has_a_folder_of_its_own_with_nothing_of_the_others(night: NightlyRun) -> None:
    folder = night.published / "workspaces"
    ids = [WORKSPACE, *NAMES.values()]
    assert {path.name for path in folder.iterdir()} == {file_name(id) for id in ids}
    for number, id in enumerate(NAMES.values()):
        with duckdb.connect(str(folder / file_name(id) / "credits.duckdb"), read_only=True) as own:
            for (mart,) in own.execute("select table_name from duckdb_tables()").fetchall():
                found = own.execute(f"select distinct workspace_id from marts.{mart}").fetchall()
                assert found in ([], [(id,)]), mart
            used = own.execute("select credits_used from marts.credit_summary where period = '30d'")
            assert used.fetchall() == [(3 * Decimal(f"1.{number}"),)]


def test_a_workspace_can_be_asked_for_by_a_hostile_name(credits_command: Credits, night: NightlyRun) -> None:
    id = NAMES["sql"]
    asked = ("--data-dir", night.data_dir, f"--workspace={id}")
    report = credits_command("report", *asked)
    assert (report.returncode, id in report.stdout) == (0, True)
    rows = list(csv.DictReader(io.StringIO(credits_command("export", "usage_daily", *asked).stdout)))
    assert [row["member_id"] for row in rows] == [id]
    quoted = id.replace("'", "''")
    sql = f"select distinct member_name from marts.usage_by_member where workspace_id = '{quoted}'"
    said = credits_command("query", sql, "--data-dir", night.data_dir, "--format", "json")
    assert json.loads(said.stdout) == [{"member_name": id}]
