"""What the sample team of five did in 30 days: every attempt and outcome, built from their report's figures.

Not here: how the rows become landing files (write.py), and loads of other sizes (load.py).

The report's figures are targets in the tables below. Work is distributed at random from a fixed seed; then
each group of attempts (by member, type, last week, excess) is charged exactly its share of the target, so
that all totals match.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

FIRST_DAY, AS_OF = date(2026, 3, 9), date(2026, 4, 7)
DAYS = (AS_OF - FIRST_DAY).days + 1
LAST_WEEK = DAYS - 7
MATURE_UNTIL = AS_OF - timedelta(days=14)
# the vendor meters in cents of a credit
CENTS = 100
LAST_WEEK_CREDITS = 546
REFRESH_AFTER_DAYS = 9
OLD_RULESET = "rs_descriptions_v1"
# member, generation type, in the last week, excess
Group = tuple[str, str, bool, bool]


@dataclass(frozen=True)
class FieldType:
    """One kind of field: its usual price in credits, output length, ruleset and usual quality."""

    name: str
    price: float
    output_tokens: int
    ruleset: str
    template: str
    quality: float
    second_tries: float


TYPES = (
    FieldType("description", 2.4, 420, "rs_descriptions_v2", "tpl_storytelling", 0.85, 0.09),
    FieldType("meta", 1.2, 90, "rs_meta_v3", "tpl_search_snippet", 0.87, 0.09),
    FieldType("bullets", 1.0, 160, "rs_bullets_v1", "tpl_five_points", 0.83, 0.08),
    FieldType("keywords", 0.8, 45, "rs_keywords_v1", "tpl_keyword_list", 0.89, 0.04),
)
OLD_RULESET_QUALITY = 0.71


@dataclass(frozen=True)
class Teammate:
    """A member with the report's figures; credits and excess credits are in the order of TYPES."""

    member_id: str
    name: str
    team: str
    locale: str | None
    product_count: int
    credits_by_type: tuple[int, ...]
    excess_by_type: tuple[int, ...]


TEAM = (
    Teammate("m_sarah", "Sarah", "Catalogue", "en", 110, (370, 140, 90, 80), (60, 10, 5, 0)),
    Teammate("m_mike", "Mike", "Catalogue", None, 90, (270, 105, 75, 70), (40, 5, 5, 0)),
    Teammate("m_lisa", "Lisa", "Catalogue", "en", 98, (230, 110, 75, 65), (10, 0, 0, 0)),
    Teammate("m_tom", "Tom", "Localisation", "th", 72, (210, 85, 60, 45), (30, 5, 0, 0)),
    Teammate("m_anna", "Anna", "Localisation", "th", 50, (120, 60, 40, 40), (10, 0, 0, 0)),
)


@dataclass
class Attempt:
    """One generation; `excess` marks what the report calls waste: neither first nor last of 3 or more."""

    occurred_at: datetime
    number: int
    tokens: int
    quality: float | None
    excess: bool = False
    cents: int = 0
    status: str = "succeeded"


@dataclass
class Episode:
    """The attempts at one field of one product up to the one that was kept."""

    mate: Teammate
    kind: FieldType
    product: int
    length: int
    ruleset: str
    refreshes: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    outcomes: list[tuple[str, datetime]] = field(default_factory=list)


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Splits a whole number in proportion to weights, exactly (largest remainder, ties to the first)."""
    scale = total / sum(weights)
    parts = [int(weight * scale) for weight in weights]
    order = sorted(range(len(parts)), key=lambda i: parts[i] - weights[i] * scale)
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def build_team(rng: Random) -> list[Episode]:
    """All episodes of the 30 days with times, credits, quality and outcomes."""
    episodes: list[Episode] = []
    for mate, products in zip(TEAM, _portfolios(rng), strict=True):
        episodes += _episodes_of(mate, products, rng)
    for episode in episodes:
        score(episode, rng)
        _follow_up(episode, rng)
    _charge(episodes)
    for episode in rng.sample(episodes, 9):
        first = episode.attempts[0].occurred_at
        failed_at = first - timedelta(seconds=rng.randint(35, 110), milliseconds=rng.randint(0, 999))
        episode.attempts.append(Attempt(failed_at, 0, 0, None, status=rng.choice(["failed", "timed_out"])))
    return episodes


def _day_weights(rng: Random, *, spread: float) -> list[float]:
    """How busy each day is: weekdays over weekends, and the last week with its share of the credits."""
    weights = []
    for day in range(DAYS):
        weekend = (FIRST_DAY + timedelta(days=day)).weekday() >= 5
        weights.append((0.3 if weekend else 1.0) * rng.uniform(1 - spread, 1 + spread))
    share = LAST_WEEK_CREDITS / sum(sum(mate.credits_by_type) for mate in TEAM)
    early, late = (1 - share) / sum(weights[:LAST_WEEK]), share / sum(weights[LAST_WEEK:])
    return [weight * (late if day >= LAST_WEEK else early) for day, weight in enumerate(weights)]


def _portfolios(rng: Random) -> list[list[int]]:
    """Product numbers by member: writers share the catalogue out, localisers pick from all of it."""
    written = [mate for mate in TEAM if mate.team == "Catalogue"]
    catalogue = list(range(sum(mate.product_count for mate in written)))
    rng.shuffle(catalogue)
    localised = rng.sample(catalogue, len(catalogue))
    portfolios = []
    for mate in TEAM:
        stock = catalogue if mate in written else localised
        portfolios.append([stock.pop() for _ in range(mate.product_count)])
    return portfolios


def _episodes_of(mate: Teammate, products: list[int], rng: Random) -> list[Episode]:
    """One member's month: a session per product, in which its fields are written one after the other."""
    visits = apportion(len(products), _day_weights(rng, spread=0.45))
    session_day = [day for day, count in enumerate(visits) for _ in range(count)]
    rng.shuffle(session_day)
    sessions: dict[tuple[int, int], list[Episode]] = defaultdict(list)
    dealt = 0
    for kind, used, excess in zip(TYPES, mate.credits_by_type, mate.excess_by_type, strict=True):
        lengths = _lengths(round(used / kind.price), round(excess / kind.price), kind, rng)
        refreshed = max(len(lengths) - len(products), round(len(lengths) * 0.02))
        fresh = len(lengths) - refreshed
        # dealt in a circle, each type going on where the last one stopped, so that no product is left out
        turn = [(dealt + i) % len(products) for i in range(fresh)]
        dealt += fresh
        episodes = [
            Episode(mate, kind, products[i], length, _ruleset(kind, length, rng))
            for i, length in zip(turn, lengths, strict=False)
        ]
        for i, episode in zip(turn, episodes, strict=True):
            sessions[i, session_day[i]].append(episode)
        refreshable = [n for n, i in enumerate(turn) if session_day[i] + REFRESH_AFTER_DAYS < DAYS]
        for n, length in zip(rng.sample(refreshable, refreshed), lengths[fresh:], strict=True):
            episodes[n].refreshes = True
            i, day = turn[n], rng.randint(session_day[turn[n]] + REFRESH_AFTER_DAYS, DAYS - 1)
            sessions[i, day].append(Episode(mate, kind, products[i], length, episodes[n].ruleset))
    for (_, day), session in sorted(sessions.items()):
        _run_session(session, day, rng)
    return [episode for session in sessions.values() for episode in session]


def _lengths(attempts: int, excess: int, kind: FieldType, rng: Random) -> list[int]:
    """Attempts per episode: `excess` middle ones in episodes of 3 to 5, some second tries, else one each."""
    lengths = []
    while excess > 0:
        middle = min(excess, rng.choice([1, 1, 1, 2, 2, 3]))
        lengths.append(middle + 2)
        excess -= middle
    lengths += [2] * round(attempts * kind.second_tries)
    lengths += [1] * (attempts - sum(lengths))
    rng.shuffle(lengths)
    return lengths


def _ruleset(kind: FieldType, length: int, rng: Random) -> str:
    if kind.name != "description":
        return kind.ruleset
    return OLD_RULESET if rng.random() < (0.92 if length >= 3 else 0.36) else kind.ruleset


def _run_session(session: list[Episode], day: int, rng: Random) -> None:
    start = datetime.combine(FIRST_DAY + timedelta(days=day), datetime.min.time(), UTC)
    now = start + timedelta(hours=rng.uniform(7.5, 15.5))
    for episode in session:
        moment = now
        for number in range(1, episode.length + 1):
            tokens = round(episode.kind.output_tokens * rng.uniform(0.8, 1.2))
            excess = episode.length >= 3 and 1 < number < episode.length
            episode.attempts.append(Attempt(moment, number, tokens, None, excess))
            overnight = episode.length == 2 and rng.random() < 0.2 and day + 1 < DAYS
            moment += (
                timedelta(hours=rng.uniform(15, 23)) if overnight else timedelta(minutes=rng.uniform(2, 14))
            )
        now += timedelta(minutes=rng.uniform(3, 9) * episode.length, milliseconds=rng.randint(1, 999))


def score(episode: Episode, rng: Random) -> None:
    """Quality by ruleset; some drafts go unscored, and a first draft that was replaced was passable."""
    usual = OLD_RULESET_QUALITY if episode.ruleset == OLD_RULESET else episode.kind.quality
    for attempt in episode.attempts:
        quality = min(0.98, max(0.4, rng.gauss(usual, 0.07)))
        if attempt.number == 1 and episode.length > 1:
            quality = max(quality, rng.uniform(0.61, 0.66))
        attempt.quality = None if rng.random() < 0.07 else round(quality, 3)


def _follow_up(episode: Episode, rng: Random) -> None:
    """What became of the attempt that was kept: mature ones are all used, of recent ones some still wait."""
    kept = episode.attempts[-1].occurred_at
    settled = kept.date() <= MATURE_UNTIL or episode.refreshes
    if not settled and rng.random() < 0.15:
        return
    last_moment = datetime.combine(AS_OF, datetime.min.time(), UTC) + timedelta(hours=20)
    moment = kept + timedelta(hours=min(150.0, 0.7 + rng.expovariate(1 / 22)))
    steps = [rng.choice(["accepted", "accepted", "edited"])]
    if episode.refreshes or rng.random() < 0.7:
        steps.append("published")
    for step in steps:
        if moment <= last_moment:
            episode.outcomes.append((step, moment))
        moment += timedelta(hours=rng.uniform(0.2, 20))


def _charge(episodes: list[Episode]) -> None:
    """Charges every attempt so that member, type, last-week and excess totals are exactly the report's."""
    groups: dict[Group, list[tuple[Attempt, float]]] = defaultdict(list)
    for episode in episodes:
        for attempt in episode.attempts:
            late = attempt.occurred_at.date() >= FIRST_DAY + timedelta(days=LAST_WEEK)
            weight = episode.kind.price * (0.6 + 0.4 * attempt.tokens / episode.kind.output_tokens)
            key = (episode.mate.member_id, episode.kind.name, late, attempt.excess)
            groups[key].append((attempt, weight))
    usual = {key: sum(weight for _, weight in group) for key, group in groups.items()}
    for key, cents in _group_totals(usual):
        attempts, weights = zip(*groups[key], strict=True)
        for attempt, part in zip(attempts, apportion(cents, weights), strict=True):
            attempt.cents = part


def _group_totals(usual: dict[Group, float]) -> Iterator[tuple[Group, int]]:
    """Each group's cents: every cell's last week first, then the excess inside and outside of it."""
    cells = [(mate.member_id, kind.name) for mate in TEAM for kind in TYPES]
    excess = [credits * CENTS for mate in TEAM for credits in mate.excess_by_type]
    totals = [credits * CENTS for mate in TEAM for credits in mate.credits_by_type]
    late_usual = [
        usual.get((*cell, True, False), 0.0) + usual.get((*cell, True, True), 0.0) for cell in cells
    ]
    late_totals = apportion(LAST_WEEK_CREDITS * CENTS, late_usual)
    for cell, total, wasted, late in zip(cells, totals, excess, late_totals, strict=True):
        late_wasted, early_wasted = usual.get((*cell, True, True), 0.0), usual.get((*cell, False, True), 0.0)
        wasted_late = apportion(wasted, [late_wasted, early_wasted])[0] if wasted else 0
        parts = {
            (True, True): wasted_late,
            (False, True): wasted - wasted_late,
            (True, False): late - wasted_late,
            (False, False): total - late - wasted + wasted_late,
        }
        yield from (((*cell, *flags), cents) for flags, cents in parts.items() if (*cell, *flags) in usual)
