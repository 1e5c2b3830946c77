"""The rows of a breakdown as the page writes them."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from orchestration.publish.report.breakdown import LINES_SHOWN
from orchestration.publish.report.model import Report
from orchestration.publish.report.views import view_of


def test_the_longest_bar_is_that_of_one_line_and_the_others_have_none(example: Report) -> None:
    one = replace(example.members[0], credits=Decimal(10), is_most_efficient=False)
    members = tuple(replace(one, id=f"m{n}", name=f"Member {n}") for n in range(LINES_SHOWN + 2))
    view = view_of(replace(example, members=members), "")
    (_heading, _line, rows) = view.breakdowns[0]
    widths = [re.findall('<i style="width:(.*?)">', row) for row in rows.splitlines()]
    assert widths == [["100.0%"]] * LINES_SHOWN + [[]]
