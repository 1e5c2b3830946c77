"""Names that attack whatever shows or stores them are kept exactly, and are never more than text.

Not here: each output alone (tests/orchestration/publish).
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

pytestmark = pytest.mark.slow

# composed of several names, or hashes of them; ranks of ties follow the names
COMPOSED = {"unit_id", "episode_id", "segment_id", "suggestion", "suggestion_parts", "event_ids"}
# by a model that is trained on the other workspaces as well
PREDICTED = {"waste_probability", "expected_pending_waste_credits"} | {
    f"expected_pending_waste_credits_{end}" for end in ("low", "high")
}
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "section", "footer", "div", "p", "h1", "h2"}
TAGS |= {"bdi", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "span"} | {
    *("strong", "a", "figure", "figcaption", "small", "i", "fieldset", "legend", "label", "input")
}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "role", "aria-label", "style"}
ATTRIBUTES |= {"scope", "tabindex", "href", "id", "for", "type", "checked", "autocomplete"}


class Page(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.labels = ""
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.labels += "".join(value or "" for name, value in attrs if name == "aria-label")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def run(
    credits_command: Credits,
    sample_run: NightlyRun,
    tmp_path_factory: pytest.TempPathFactory,
) -> NightlyRun:
    root = tmp_path_factory.mktemp("hostile")
    write_hostile(sample_run.landing, root / "landing")
    as_of = sample_run.as_of
    return nightly_run(credits_command, root / "landing", root / "data", as_of, "--workspace-files")


def columns(run: NightlyRun, mart: str) -> list[str]:
    found = run.query(
        f"select column_name from duckdb_columns() where table_name = '{mart}' order by column_index"
    )
    return [str(name) for (name,) in found]


def marts(run: NightlyRun) -> list[str]:
    return [str(name) for (name,) in run.query("select table_name from duckdb_tables() order by 1")]


def test_renaming_changes_no_row_of_any_mart_but_its_names(run: NightlyRun, sample_run: NightlyRun) -> None:
    renamed, compared = renames_of(sample_run.landing), 0
    for mart in marts(run):
        if mart in JOURNAL_MARTS or "workspace_id" not in columns(run, mart):
            continue
        kept = ", ".join(name for name in columns(run, mart) if name not in COMPOSED | PREDICTED)
        expected = [
            tuple(renamed.get(value, value) if isinstance(value, str) else value for value in row)
            for row in sample_run.query(f"select {kept} from marts.{mart}")
        ]
        quoted = WORKSPACE.replace("'", "''")
        found = run.query(f"select {kept} from marts.{mart} where workspace_id = '{quoted}'")
        assert Counter(found) == Counter(expected), mart
        compared += len(found)
    assert compared > 2_000


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_every_mart_stores_a_name_exactly_as_delivered(run: NightlyRun, name: str) -> None:
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
        rows = run.query(f"select {', '.join(named)} from marts.{mart} where workspace_id = '{quoted}'")
        assert len(rows) >= count, mart
        assert {value for row in rows for value in row} - {None} == {name}, mart


def test_every_page_shows_the_names_and_no_markup_from_them(run: NightlyRun) -> None:
    ids = [WORKSPACE, *NAMES.values()]
    folder = run.published / "report"
    kinds = (".html", ".csv")
    assert {path.name for path in folder.iterdir()} == {
        file_name(id, suffix=kind) for id in ids for kind in kinds
    }
    for id in ids:
        for path in (
            folder / file_name(id, suffix=".html"),
            run.published / "workspaces" / file_name(id) / "report.html",
        ):
            source = path.read_text(encoding="utf-8")
            # the chart shows numbers, days and our own labels, and no delivered name
            page = Page(re.sub("<svg.*?</svg>", "", source, flags=re.DOTALL))
            assert page.tags <= TAGS, id
            assert page.attributes <= ATTRIBUTES, id
            assert source.count("Content-Security-Policy") == 1 and "default-src 'none'" in source
            # no character reverses the direction of the text
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
def test_json_and_text_reports_contain_the_names(run: NightlyRun, id: str) -> None:
    report = load_report(run.published, workspace_id=id, days=30)
    assert json.loads(render_json(report))["summary"]["workspace_id"] == id
    text = render_text(report)
    assert not set(text) & set("\u202e\u202c\t\r\x00\x1b")
    assert plain(report.summary.workspace_name) in text


def test_an_export_escapes_spreadsheet_formulas_and_loses_no_cell(run: NightlyRun) -> None:
    for mart in marts(run):
        out = io.BytesIO()
        with mart_rows(run.published, mart) as exported:
            write_csv(exported, out)
        head, *rows = csv.reader(io.StringIO(out.getvalue().decode(), newline=""), strict=True)
        assert head == columns(run, mart)
        stored = run.query(f"from marts.{mart}")
        assert len(rows) == len(stored)
        for cells, values in zip(rows, stored, strict=True):
            for cell, value in zip(cells, values, strict=True):
                assert not isinstance(value, str) or cell == guarded(value)
                assert not isinstance(value, str) or not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))


def test_each_workspace_folder_holds_only_the_rows_of_that_workspace(run: NightlyRun) -> None:
    folder = run.published / "workspaces"
    ids = [WORKSPACE, *NAMES.values()]
    assert {path.name for path in folder.iterdir()} == {file_name(id) for id in ids}
    for number, id in enumerate(NAMES.values()):
        with duckdb.connect(str(folder / file_name(id) / "credits.duckdb"), read_only=True) as own:
            for (mart,) in own.execute("select table_name from duckdb_tables()").fetchall():
                found = own.execute(f"select distinct workspace_id from marts.{mart}").fetchall()
                assert found in ([], [(id,)]), mart
            used = own.execute("select credits_used from marts.credit_summary where period = '30d'")
            assert used.fetchall() == [(3 * Decimal(f"1.{number}"),)]


def test_a_workspace_with_a_hostile_name_can_be_selected(credits_command: Credits, run: NightlyRun) -> None:
    id = NAMES["sql"]
    selection = ("--data-dir", run.data_dir, f"--workspace={id}")
    report = credits_command("report", *selection)
    assert (report.returncode, id in report.stdout) == (0, True)
    rows = list(csv.DictReader(io.StringIO(credits_command("export", "usage_daily", *selection).stdout)))
    assert [row["member_id"] for row in rows] == [id]
    quoted = id.replace("'", "''")
    sql = f"select distinct member_name from marts.usage_by_member where workspace_id = '{quoted}'"
    result = credits_command("query", sql, "--data-dir", run.data_dir, "--format", "json")
    assert json.loads(result.stdout) == [{"member_name": id}]
