"""Where two of one name are shown, both have their ids, and nobody else has."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest

from orchestration.publish.report.formatting import distinct_labels
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import render_page
from orchestration.publish.report.pages import index_line, render_index, report_csv
from orchestration.publish.report.text import render_text


@pytest.fixture
def namesakes(example: Report) -> Report:
    """Anna is m4 and m5, Sarah is m1 and m3, the most efficient; two generation types have one name."""
    names = {"m1": "Sarah", "m2": "Mike", "m3": "Sarah", "m4": "Anna", "m5": "Anna"}
    members = tuple(replace(line, name=names[line.id]) for line in example.members)
    types = tuple(replace(line, name="Texts") for line in example.generation_types[:2])
    return replace(example, members=members, generation_types=types + example.generation_types[2:])


def test_only_a_shared_name_has_its_id() -> None:
    named = [("u1", "Anna"), ("u2", " Anna "), ("u3", "Tom"), ("u4", ""), ("Tomas", "Tomas")]
    assert distinct_labels(named) == ["Anna (u1)", "Anna (u2)", "Tom", "u4", "Tomas"]
    # an id that is a name of another stays as it is, the other gets its own
    assert distinct_labels([("Anna", ""), ("u1", "Anna")]) == ["Anna", "Anna (u1)"]


def test_text_page_and_csv_show_their_ids(namesakes: Report) -> None:
    text, page = render_text(namesakes), render_page(namesakes)
    for label in (
        "Anna (m4)",
        "Anna (m5)",
        "Sarah (m1)",
        "Sarah (m3)",
        "Texts (description)",
        "Texts (meta)",
    ):
        assert label in text and label in page
    assert "Mike (m2)" not in text + page
    assert re.search(r"Most efficient: <bdi>Sarah \(m3\)</bdi>", page)
    names = [row["name"] for row in csv.DictReader(StringIO(report_csv(namesakes), newline=""))]
    assert names[:5] == ["Sarah (m1)", "Mike", "Sarah (m3)", "Anna (m4)", "Anna (m5)"]


def test_a_long_name_is_cut_before_its_id(example: Report) -> None:
    long = tuple(replace(line, name="Anna of the very long family name") for line in example.members[:2])
    text = render_text(replace(example, members=long))
    assert "Anna of the very long … (m1)  680" in text and "Anna of the very long … (m2)  520" in text


def test_workspaces_of_one_name_have_their_ids_in_the_index(example: Report) -> None:
    one = index_line(example)
    lines = [one, replace(one, workspace_id="w2"), replace(one, workspace_id="w3", label="Other")]
    page = render_index(lines, published_at=datetime(2026, 4, 8, tzinfo=UTC))
    assert re.findall("<bdi>(.*?)</bdi>", page) == ["Acme Store (w1)", "Acme Store (w2)", "Other"]
