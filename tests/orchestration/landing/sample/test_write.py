"""The sample reproduces its report exactly when recomputed from its files in plain Python.

Not here: the warehouse's own computation of the same figures (tests/golden).
"""

import csv
import gzip
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orchestration.landing.sample import team
from orchestration.landing.sample.write import SampleError, write_sample

AS_OF = date(2026, 4, 7)
USED, REJECTED = {"accepted", "edited", "published"}, {"rejected", "discarded"}
Row = dict[str, Any]


def read_feed(landing: Path, feed: str) -> list[Row]:
    """All rows of a feed as dictionaries; numbers as written (Decimal, never float)."""
    rows: list[Row] = []
    for path in sorted((landing / feed).rglob("*")):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = raw.decode()
        kind = path.name.removesuffix(".gz").rsplit(".", 1)[1]
        if kind == "csv":
            rows += csv.DictReader(text.splitlines())
        elif kind == "json":
            rows += json.loads(text, parse_float=Decimal)
        else:
            rows += [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
    return rows


@dataclass
class Generation:
    """One generation with what definitions.md derives for it."""

    row: Row
    at: datetime
    day: date
    credits: Decimal
    quality: Decimal | None
    unit: tuple[Any, ...]
    succeeded: bool
    outcomes: list[tuple[datetime, str, str]] = field(default_factory=list)
    episode: list["Generation"] = field(default_factory=list)
    disposition: str = ""
    waste_reason: str | None = None

    @property
    def number(self) -> int:
        return next(i for i, other in enumerate(self.episode, start=1) if other is self)

    @property
    def current_outcome(self) -> str | None:
        known = [(at, outcome_id, what) for at, outcome_id, what in self.outcomes if what in USED | REJECTED]
        return max(known)[2] if known else None


def generations_of(landing: Path, workspace_id: str, as_of: date) -> list[Generation]:
    """The workspace's generations known at as_of, with episodes and dispositions."""
    names = {row["workspace_id"]: row for row in read_feed(landing, "workspaces")}
    zone = ZoneInfo(names[workspace_id].get("timezone") or "UTC")
    found: dict[tuple[str, str], Generation] = {}
    for row in read_feed(landing, "generation_events"):
        if row["workspace_id"] != workspace_id:
            continue
        at = datetime.fromisoformat(row["occurred_at"])
        assert at.tzinfo is not None
        quality = row.get("quality_score")
        generation = Generation(
            row=row,
            at=at,
            day=at.astimezone(zone).date(),
            credits=Decimal(row["credits"]),
            quality=None if quality is None else Decimal(quality),
            unit=(row["product_id"], row["generation_type"], row.get("locale")),
            succeeded=row.get("status", "succeeded") == "succeeded",
        )
        if generation.day <= as_of:
            found[row.get("source", "native"), row["event_id"]] = generation
    for row in read_feed(landing, "content_outcomes"):
        at = datetime.fromisoformat(row["occurred_at"])
        owner = found.get((row.get("source", "native"), row["event_id"]))
        if owner and at.astimezone(zone).date() <= as_of:
            owner.outcomes.append((at, row["outcome_id"], row["outcome"]))
    generations = list(found.values())
    _mark_episodes(generations)
    _mark_dispositions(generations, as_of)
    return generations


def _mark_episodes(generations: list[Generation]) -> None:
    units: dict[tuple[Any, ...], list[Generation]] = defaultdict(list)
    for g in generations:
        if g.succeeded:
            units[g.unit].append(g)
    for attempts in units.values():
        attempts.sort(key=lambda g: (g.at, g.row.get("source", "native"), g.row["event_id"]))
        for i, g in enumerate(attempts):
            if i:
                last = attempts[i - 1]
                kept = any(
                    last.at <= at <= g.at and what in USED for e in attempts[:i] for at, _, what in e.outcomes
                )
                if not kept and g.at - last.at <= timedelta(days=7):
                    g.episode = last.episode
            g.episode.append(g)


def _mark_dispositions(generations: list[Generation], as_of: date) -> None:
    tracked = any(g.outcomes for g in generations)
    mature_until = as_of - timedelta(days=14)
    mature: dict[tuple[Any, ...], list[list[Generation]]] = defaultdict(list)
    for episode in {id(g.episode): g.episode for g in generations if g.succeeded}.values():
        last = episode[-1]
        if as_of - timedelta(days=90) < last.day <= mature_until:
            mature[last.row["product_category"], last.row["generation_type"]].append(episode)
    never_used = {
        segment
        for segment, episodes in mature.items()
        if len(episodes) >= 10 and not any(g.current_outcome in USED for e in episodes for g in e)
    }
    for g in generations:
        g.disposition, g.waste_reason = _disposition(g, tracked, g.day > mature_until, never_used)


def _disposition(
    g: Generation, tracked: bool, recent: bool, never_used: set[tuple[Any, ...]]
) -> tuple[str, str | None]:
    if not g.succeeded:
        return "wasted", "failed_generation"
    if g.current_outcome in REJECTED:
        return "wasted", "rejected_content"
    if g.current_outcome in USED:
        return "used", None
    thrown_away = g.episode[-1] is not g or any(e is not g and e.current_outcome in USED for e in g.episode)
    if thrown_away and g.number >= 2 and len(g.episode) >= 3:
        return "wasted", "excess_regeneration"
    if thrown_away and g.number == 1 and g.quality is not None and g.quality < Decimal("0.6"):
        return "wasted", "low_quality_draft"
    if thrown_away:
        return "iterated", None
    if not tracked:
        return "untracked", None
    if recent:
        return "pending", None
    if (g.row["product_category"], g.row["generation_type"]) in never_used:
        return "wasted", "unneeded_field"
    return "wasted", "unused_content"


def credits_by(generations: Iterable[Generation], key: Callable[[Generation], Any]) -> dict[Any, Decimal]:
    totals: dict[Any, Decimal] = defaultdict(Decimal)
    for g in generations:
        totals[key(g)] += g.credits
    return dict(totals)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("landing")
    write_sample(out)
    return out


@pytest.fixture(scope="module")
def all_generations(landing: Path) -> list[Generation]:
    return generations_of(landing, "acme-store", AS_OF)


@pytest.fixture(scope="module")
def generations(all_generations: list[Generation]) -> list[Generation]:
    """Those of the report's 30 days."""
    return [g for g in all_generations if g.day >= team.FIRST_DAY]


def member(g: Generation) -> str:
    return str(g.row["member_id"])


def test_the_team_used_2340_of_the_5000_credits_it_bought(
    landing: Path, generations: list[Generation]
) -> None:
    *_, entry = read_feed(landing, "credit_entries")
    assert (entry["entry_type"], Decimal(entry["credits"])) == ("purchase", Decimal(5000))
    assert datetime.fromisoformat(entry["occurred_at"]) < min(g.at for g in generations)
    assert sum(g.credits for g in generations) == Decimal(2340)


def test_the_packs_before_were_used_up_to_the_cent_before_they_expired(
    landing: Path, all_generations: list[Generation]
) -> None:
    *packs, _ = read_feed(landing, "credit_entries")
    earlier = [g for g in all_generations if g.day < team.FIRST_DAY]
    for pack in packs:
        bought, expired = (datetime.fromisoformat(pack[at]) for at in ("occurred_at", "expires_at"))
        used = [g for g in earlier if bought < g.at < expired]
        assert sum(g.credits for g in used) == Decimal(pack["credits"])
        assert max(g.day for g in used) == expired.date() - timedelta(days=1)
        earlier = [g for g in earlier if g not in used]
    assert len(packs) == 2
    assert earlier == []
    assert write_sample(landing).credits == Decimal(2340) + sum(Decimal(pack["credits"]) for pack in packs)


def test_every_kind_of_waste_is_in_the_last_90_days(all_generations: list[Generation]) -> None:
    recent = [g for g in all_generations if g.day > AS_OF - timedelta(days=90)]
    wasted = credits_by(
        (g for g in recent if g.disposition == "wasted"), lambda g: (g.waste_reason, g.credits > 0)
    )
    assert {reason for reason, is_charged in wasted if is_charged} == {
        "failed_generation",
        "rejected_content",
        "excess_regeneration",
        "low_quality_draft",
        "unneeded_field",
        "unused_content",
    }
    unneeded = {
        (g.row["product_category"], g.row["generation_type"])
        for g in recent
        if g.waste_reason == "unneeded_field"
    }
    assert unneeded == {("Gift sets", "keywords")}


def test_usage_of_the_report_starts_on_the_first_of_its_30_days(generations: list[Generation]) -> None:
    assert min(g.day for g in generations) == AS_OF - timedelta(days=29) == date(2026, 3, 9)
    assert max(g.day for g in generations) == AS_OF
    assert len({g.day for g in generations}) == 30


def test_credits_by_member_are_those_of_the_report(generations: list[Generation]) -> None:
    assert credits_by(generations, member) == {
        "m_sarah": Decimal(680),
        "m_mike": Decimal(520),
        "m_lisa": Decimal(480),
        "m_tom": Decimal(400),
        "m_anna": Decimal(260),
    }


def test_credits_by_generation_type_are_those_of_the_report(generations: list[Generation]) -> None:
    assert credits_by(generations, lambda g: g.row["generation_type"]) == {
        "description": Decimal(1200),
        "meta": Decimal(500),
        "bullets": Decimal(340),
        "keywords": Decimal(300),
    }


def test_lisa_spends_least_per_product_and_all_five_qualify(generations: list[Generation]) -> None:
    used = credits_by(generations, member)
    products = {m: len({g.row["product_id"] for g in generations if member(g) == m}) for m in used}
    per_product = {m: used[m] / products[m] for m in used}
    shown = {m: value.quantize(Decimal("0.1"), ROUND_HALF_EVEN) for m, value in per_product.items()}
    assert min(products.values()) >= 10
    assert shown == {
        "m_sarah": Decimal("6.2"),
        "m_mike": Decimal("5.8"),
        "m_lisa": Decimal("4.9"),
        "m_tom": Decimal("5.6"),
        "m_anna": Decimal("5.2"),
    }
    assert min(per_product, key=lambda m: per_product[m]) == "m_lisa"


def test_the_last_week_used_546_so_the_pace_date_is_the_12th_of_may(generations: list[Generation]) -> None:
    last_week = sum(g.credits for g in generations if g.day > AS_OF - timedelta(days=7))
    assert last_week == Decimal(546)
    days_left = math.ceil((Decimal(5000) - Decimal(2340)) * 7 / last_week)
    assert AS_OF + timedelta(days=days_left) == date(2026, 5, 12)


def test_waste_is_180_credits_of_excess_regeneration_only(generations: list[Generation]) -> None:
    wasted = [g for g in generations if g.disposition == "wasted"]
    assert credits_by(wasted, lambda g: g.waste_reason) == {
        "excess_regeneration": Decimal(180),
        "failed_generation": Decimal(0),
    }
    assert set(credits_by(generations, lambda g: g.disposition)) == {"used", "iterated", "wasted", "pending"}


def test_the_old_description_ruleset_stands_out_by_rework_and_by_quality(
    generations: list[Generation],
) -> None:
    def rework(ruleset: str) -> tuple[float, Decimal]:
        firsts = [g for g in generations if g.episode and g.row["ruleset_id"] == ruleset and g.number == 1]
        scores = [g.quality for g in firsts if g.quality is not None]
        assert len(firsts) > 100
        return sum(len(g.episode) >= 3 for g in firsts) / len(firsts), sum(scores, Decimal()) / len(scores)

    others = {g.row["ruleset_id"] for g in generations} - {team.OLD_RULESET}
    excess, quality = rework(team.OLD_RULESET)
    assert len(others) == 4
    assert all(excess > 4 * rework(other)[0] for other in others)
    assert all(quality < rework(other)[1] - Decimal("0.08") for other in others)
    excess_credits = credits_by(
        (g for g in generations if g.waste_reason == "excess_regeneration"), lambda g: g.row["ruleset_id"]
    )
    assert excess_credits[team.OLD_RULESET] > Decimal(120)


def test_the_month_looks_like_a_month_of_work(generations: list[Generation]) -> None:
    attempts = [g for g in generations if g.succeeded]
    firsts = [g for g in attempts if g.number == 1]
    by_day = credits_by(generations, lambda g: g.day)
    weekend = [used for day, used in by_day.items() if day.weekday() >= 5]
    weekday = [used for day, used in by_day.items() if day.weekday() < 5]
    assert len(set(by_day.values())) == 30
    assert max(weekend) < min(weekday)
    assert 0.10 < sum(g.number >= 2 for g in attempts) / len(attempts) < 0.20
    assert Counter(g.succeeded for g in generations)[False] == 9
    assert any(g.quality is None for g in firsts)
    for kind in team.TYPES:
        prices = [g.credits for g in attempts if g.row["generation_type"] == kind.name]
        assert 0.8 * kind.price < min(prices) <= max(prices) < 1.2 * kind.price


def test_some_products_are_refreshed_once_after_more_than_a_week(generations: list[Generation]) -> None:
    episodes: dict[tuple[Any, ...], list[list[Generation]]] = defaultdict(list)
    for g in sorted(generations, key=lambda g: g.at):
        if g.episode and g.number == 1:
            episodes[g.unit].append(g.episode)
    refreshed = [found for found in episodes.values() if len(found) > 1]
    assert len(refreshed) > 20 and max(map(len, refreshed)) == 2
    assert all(second[0].at - first[-1].at > timedelta(days=7) for first, second in refreshed)
    assert all("published" in {what for _, _, what in first[-1].outcomes} for first, _ in refreshed)


def test_nothing_in_the_sample_happens_after_its_last_day(
    landing: Path, all_generations: list[Generation]
) -> None:
    later = generations_of(landing, "acme-store", AS_OF + timedelta(days=1))
    assert sum(len(g.outcomes) for g in later) == sum(len(g.outcomes) for g in all_generations)
    events = {row["event_id"]: row["occurred_at"] for row in read_feed(landing, "generation_events")}
    outcomes = read_feed(landing, "content_outcomes")
    assert (
        len({row["outcome_id"] for row in outcomes}) == len(outcomes) == sum(len(g.outcomes) for g in later)
    )
    assert all(row["occurred_at"] > events[row["event_id"]] for row in outcomes)


def test_every_member_and_product_has_a_name_and_every_event_a_locale_or_none(landing: Path) -> None:
    events = read_feed(landing, "generation_events")
    products = {row["product_id"]: row for row in read_feed(landing, "products")}
    assert {row["member_id"] for row in events} == {row["member_id"] for row in read_feed(landing, "members")}
    assert all(products[row["product_id"]]["category"] == row["product_category"] for row in events)
    assert len({row["title"] for row in products.values()}) == len(products)
    assert {row.get("locale") for row in events} == {"en", "th", None}
    assert len({row["event_id"] for row in events}) == len(events)


def test_the_same_sample_again_is_the_same_bytes(landing: Path, tmp_path: Path) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    first = contents(landing)
    report = write_sample(landing)
    assert contents(landing) == first
    write_sample(tmp_path)
    assert contents(tmp_path) == first
    assert report.files == tuple(sorted(first))
    assert report.lines["generation_events"] == len(read_feed(landing, "generation_events"))


def test_a_sample_is_never_mixed_with_foreign_files(tmp_path: Path) -> None:
    (tmp_path / "members").mkdir()
    (tmp_path / "members" / "theirs.csv").write_text("member_id,workspace_id\n")
    with pytest.raises(SampleError, match=r"theirs\.csv.*Choose another folder"):
        write_sample(tmp_path)
    assert not (tmp_path / "generation_events").exists()
