"""Times and repetitions that only show once published: two runs, each fault in a separate workspace.

Values that the lake refuses are in test_files_and_values.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from support.fault_table import Faults
from support.product import Credits, NightlyRun, nightly_run

SCRIPT = "<script>alert(1)</script>"
ZONES = {
    "berlin": "Europe/Berlin",
    "kolkata": "Asia/Kolkata",
    "tonga": "Pacific/Tongatapu",
    "moves": "UTC",
    "hostile'; drop table x; --": "UTC",
}

pytestmark = pytest.mark.slow  # two runs for each seed


@dataclass
class Story:
    """The deliveries of two runs, by run and file, and the credits that must be published in the end."""

    rng: Random
    files: list[dict[str, list[dict[str, str]]]] = field(default_factory=lambda: [{}, {}])
    published: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    count: int = 0

    def deliver(self, run: int, name: str, **row: str) -> None:
        self.files[run].setdefault(name, []).append(row)

    def event(
        self, run: int, workspace: str, at: str, *, on: str | None, file: str = "events", **values: str
    ) -> dict[str, str]:
        """Deliver an event, which counts on a local day, or not at all."""
        self.count += 1
        row = {
            "event_id": f"e{self.count}",
            "occurred_at": at,
            "workspace_id": workspace,
            "member_id": "m1",
            "product_id": f"p{self.count}",
            "generation_type": "description",
            "credits": str(Decimal(self.rng.randint(1, 10**8)).scaleb(-6)),
        } | values
        self.deliver(run, f"generation_events/{file}.jsonl", **row)
        if on:
            key = (workspace, on)
            self.published[key] = self.published.get(key, Decimal(0)) + Decimal(row["credits"])
        return row

    def write(self, run: int, landing: Path) -> None:
        for name, rows in self.files[run].items():
            path = landing / name.replace(".jsonl", f"-{run}.jsonl")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _days_and_zones(story: Story) -> None:
    for at, on in (
        ("2026-03-28T23:59:59+01:00", "2026-03-28"),
        ("2026-03-29T00:00:00+01:00", "2026-03-29"),
        ("2026-03-29T01:59:59+01:00", "2026-03-29"),
        ("2026-03-29T03:00:00+02:00", "2026-03-29"),
        ("2026-03-29T23:59:59+02:00", "2026-03-29"),
        ("2026-03-30T00:00:00+02:00", "2026-03-30"),
        ("2025-10-26T02:30:00+02:00", "2025-10-26"),
        ("2025-10-26T02:30:00+01:00", "2025-10-26"),
        ("2025-10-26T23:59:59+01:00", "2025-10-26"),
        ("2025-10-26T23:00:00Z", "2025-10-27"),
    ):
        story.event(0, "berlin", at, on=on)
    story.event(0, "kolkata", "2026-03-29T18:29:59Z", on="2026-03-29")
    story.event(0, "kolkata", "2026-03-29T18:30:00Z", on="2026-03-30")
    story.event(0, "tonga", "2026-03-29T10:59:59Z", on="2026-03-29")
    story.event(0, "tonga", "2026-03-29T11:00:00Z", on="2026-03-30")
    # the current zone of a workspace decides the day
    story.event(0, "moves", "2026-03-30T03:00:00Z", on="2026-03-29")
    story.event(0, "moves", "2026-03-30T12:00:00Z", on="2026-03-30")
    row = {"workspace_id": "moves", "timezone": "America/Los_Angeles", "updated_at": "2026-04-01T00:00:00Z"}
    story.deliver(1, "workspaces/moved.jsonl", **row)


def _repeated_and_out_of_order(story: Story) -> None:
    story.event(0, "late", "2026-03-30T12:00:00Z", on="2026-03-30")
    story.event(1, "late", "2026-03-20T12:00:00Z", on="2026-03-20")
    twice = story.event(0, "twice", "2026-03-30T12:00:00Z", on="2026-03-30")
    for run, file in ((0, "copy"), (1, "replay")):
        story.deliver(run, f"generation_events/{file}.jsonl", **twice)
    story.event(1, "twice", "2026-03-31T12:00:00Z", on="2026-03-31", file="replay")
    first = story.event(0, "conflict", "2026-03-30T12:00:00Z", on="2026-03-30")
    story.deliver(1, "generation_events/events.jsonl", **(first | {"credits": "999999"}))
    story.event(0, "retracted", "2026-03-29T12:00:00Z", on="2026-03-29")
    retracted = story.event(1, "retracted", "2026-03-30T12:00:00Z", on=None)
    row = {"retraction_id": "r1", "event_id": retracted["event_id"], "occurred_at": "2026-03-31T08:00:00Z"}
    story.deliver(0, "event_retractions/r.jsonl", **row)
    outcome_first = story.event(1, "outcome first", "2026-03-30T12:00:00Z", on="2026-03-30")
    row = {"outcome_id": "o1", "event_id": outcome_first["event_id"], "occurred_at": "2026-03-30T13:00:00Z"}
    story.deliver(0, "content_outcomes/o.jsonl", outcome="published", **row)


def _empty_and_hostile(story: Story) -> None:
    story.event(0, "resting", "2026-03-28T12:00:00Z", on="2026-03-28")
    story.event(0, "resting", "2026-03-30T12:00:00Z", on="2026-03-30")
    row = {"entry_id": "c1", "entry_type": "grant", "occurred_at": "2026-03-27T00:00:00Z", "credits": "1000"}
    story.deliver(0, "credit_entries/c.jsonl", workspace_id="resting", **row)
    story.files[0]["generation_events/2026-03-29.jsonl"] = []
    hostile = {
        "member_id": "=cmd()|'/c calc'!A0",
        "product_category": "{{ 7 * 7 }}",
        "generation_type": SCRIPT,
    }
    story.event(0, "hostile'; drop table x; --", "2026-03-30T12:00:00Z", on="2026-03-30", **hostile)


@pytest.fixture(scope="module", params=range(3))
def two_runs(
    request: pytest.FixtureRequest, credits_command: Credits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Story, NightlyRun]:
    story = Story(Random(request.param))
    for workspace, zone in ZONES.items():
        row = {"workspace_id": workspace, "timezone": zone, "updated_at": "2026-03-01T00:00:00Z"}
        story.deliver(0, "workspaces/w.jsonl", **row)
    for add in (_days_and_zones, _repeated_and_out_of_order, _empty_and_hostile):
        add(story)
    root = tmp_path_factory.mktemp("two_runs")
    for run, as_of in enumerate(("2026-03-31", "2026-04-02")):
        story.write(run, root / "landing")
        last = nightly_run(credits_command, root / "landing", root / "data", as_of)
    return story, last


def _published(run: NightlyRun, workspaces: Iterable[str]) -> dict[tuple[object, object], object]:
    names = ", ".join("'" + workspace.replace("'", "''") + "'" for workspace in workspaces)
    rows = run.query(
        "select workspace_id, cast(usage_date as varchar), sum(credits) from marts.usage_daily "
        f"where workspace_id in ({names}) group by all"
    )
    return {(workspace, day): credits for workspace, day, credits in rows}


@pytest.mark.parametrize(
    ("fault", "workspaces"),
    [
        ("days of 23 and 25 hours", ["berlin"]),
        ("zones +5:30 and +13", ["kolkata", "tonga"]),
        ("a workspace that changes zone", ["moves"]),
        ("events days late", ["late"]),
        ("the same event in two files", ["twice"]),
        ("same key with other content", ["conflict"]),
        ("a retraction before its event", ["retracted"]),
        ("an outcome before its event", ["outcome first"]),
        ("an empty day", ["resting"]),
        ("hostile names in every column", ["hostile'; drop table x; --"]),
    ],
)
def test_every_credit_is_published_once_on_its_day(
    fault: str, workspaces: list[str], two_runs: tuple[Story, NightlyRun], faults: Faults
) -> None:
    story, run = two_runs
    with faults.injection(fault):
        expected = {key: credits for key, credits in story.published.items() if key[0] in workspaces}
        assert expected
        assert _published(run, workspaces) == expected


def test_nothing_else_is_published(two_runs: tuple[Story, NightlyRun]) -> None:
    story, run = two_runs

    total = run.query("select sum(credits), sum(generation_count) from marts.usage_daily")

    # one event is retracted; repeated lines add none
    assert total == [(sum(story.published.values()), story.count - 1)]


def test_the_first_of_two_contents_counts_and_status_names_the_other(
    two_runs: tuple[Story, NightlyRun], credits_command: Credits
) -> None:
    _, run = two_runs
    status = credits_command("status", "--data-dir", run.data_dir).stdout

    assert "generation_events key.conflict: 1 in 1 file" in status
    assert "generation_events/events-1.jsonl" in status


def test_an_outcome_delivered_before_its_event_is_applied(two_runs: tuple[Story, NightlyRun]) -> None:
    _, run = two_runs

    assert run.query(
        "select count(*), sum(used_credits) = sum(credits) from marts.usage_daily "
        "where workspace_id = 'outcome first'"
    ) == [(1, True)]


def test_a_day_without_usage_has_a_balance(two_runs: tuple[Story, NightlyRun]) -> None:
    _, run = two_runs
    rows = run.query(
        "select cast(usage_date as varchar), consumed, opening = closing from marts.credit_balance_daily "
        "where workspace_id = 'resting' and usage_date between date '2026-03-28' and date '2026-03-30' "
        "order by usage_date"
    )

    assert [(day, consumed == 0, is_same) for day, consumed, is_same in rows] == [
        ("2026-03-28", False, False),
        ("2026-03-29", True, True),
        ("2026-03-30", False, False),
    ]


def test_hostile_names_are_text_in_the_report(two_runs: tuple[Story, NightlyRun]) -> None:
    _, run = two_runs
    pages = [page.read_text() for page in (run.published / "report").glob("hostile*.html")]

    assert len(pages) == 1
    assert SCRIPT not in pages[0]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]
    assert "{{ 7 * 7 }}" in pages[0]
