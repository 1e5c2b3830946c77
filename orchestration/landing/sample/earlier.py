"""What the sample team did before the 30 days of the report: two packs used up, and every kind of waste.

Not here: the 30 days themselves (team.py), and how the rows become landing files (write.py).

None of it is in the report's window: the products are others, and both packs were empty and have expired
before it begins. It is there for what needs a past: longer windows, the comparison with the period before,
and forecasts whose outcome is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from random import Random

from orchestration.landing.sample.team import (
    CENTS,
    TEAM,
    TYPES,
    Attempt,
    Episode,
    FieldType,
    Teammate,
    apportion,
    score,
)

PRODUCTS = range(330, 690)
GIFT_SET_EVERY = 6
# the share of all fields that ended so; the rest was used at the first attempt
REGENERATED, REDRAFTED, REJECTED, UNUSED, FAILED = 0.01, 0.06, 0.03, 0.02, 0.01
POOR_DRAFT = (0.35, 0.58)


@dataclass(frozen=True)
class UsedPack:
    """A pack of credits that was used up: its days, the last one included, and what it cost."""

    first_day: date
    last_day: date
    credits: int
    amount: str

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


# after the first one the team waited two days for the next
USED_PACKS = (
    UsedPack(date(2025, 11, 10), date(2026, 1, 5), 2_400, "141.60"),
    UsedPack(date(2026, 1, 8), date(2026, 3, 8), 3_900, "214.50"),
)


def build_earlier(rng: Random) -> list[Episode]:
    """All episodes of the packs, with times, credits, quality and outcomes."""
    products = cycle(rng.sample(PRODUCTS, len(PRODUCTS)))
    return [episode for pack in USED_PACKS for episode in _episodes_of(pack, products, rng)]


def is_gift_set(product: int) -> bool:
    """Whether a product is of the category whose keywords nobody ever used."""
    return product in PRODUCTS and product % GIFT_SET_EVERY == 0


def _episodes_of(pack: UsedPack, products: Iterator[int], rng: Random) -> list[Episode]:
    """The sessions of a pack's days, a product each; all attempts together cost exactly the pack."""
    per_session = sum(kind.price for kind in TYPES) * 1.2
    visits = apportion(
        round(pack.credits / per_session), [_weight(pack, day, rng) for day in range(pack.days)]
    )
    used = [sum(mate.credits_by_type) for mate in TEAM]
    episodes: list[Episode] = []
    for day, count in enumerate(visits):
        for mate in rng.choices(TEAM, used, k=count):
            start = datetime.combine(pack.first_day + timedelta(days=day), time(), UTC)
            product = next(products)
            now = start + timedelta(hours=rng.uniform(11, 17))
            for kind in TYPES:
                episodes.append(_episode(mate, kind, product, now, rng))
                now += timedelta(minutes=rng.uniform(12, 40), milliseconds=rng.randint(1, 999))
    attempts = [(attempt, episode.kind.price) for episode in episodes for attempt in episode.attempts]
    parts = apportion(pack.credits * CENTS, [price * rng.uniform(0.9, 1.1) for _, price in attempts])
    for (attempt, _), cents in zip(attempts, parts, strict=True):
        attempt.cents = cents
    return episodes


def _weight(pack: UsedPack, day: int, rng: Random) -> float:
    """How busy a day is: weekdays over weekends, more towards the end, little between the years."""
    at = pack.first_day + timedelta(days=day)
    quiet = (at.month, at.day) >= (12, 24) or (at.month, at.day) <= (1, 1)
    return (
        (0.3 if at.weekday() >= 5 else 1.0)
        * (0.8 + 0.4 * day / pack.days)
        * (0.4 if quiet else 1.0)
        * rng.uniform(0.55, 1.45)
    )


def _episode(mate: Teammate, kind: FieldType, product: int, start: datetime, rng: Random) -> Episode:
    """One field of one product: its attempts within minutes, and what became of the last one."""
    ends = (REGENERATED, REDRAFTED, REJECTED, UNUSED, FAILED)
    end = rng.choices((*ends, None), (*ends, 1 - sum(ends)))[0]
    length = 2 if end == REDRAFTED else rng.choice([3, 3, 4]) if end == REGENERATED else 1
    episode = Episode(mate, kind, product, length, kind.ruleset)
    if end == FAILED:
        episode.attempts.append(Attempt(start - timedelta(seconds=90), 0, 0, None, status="failed"))
    moment = start
    for number in range(1, length + 1):
        tokens = round(kind.output_tokens * rng.uniform(0.8, 1.2))
        episode.attempts.append(Attempt(moment, number, tokens, None))
        moment += timedelta(minutes=rng.uniform(2, 9))
    score(episode, rng)
    if end == REDRAFTED:
        episode.attempts[0].quality = round(rng.uniform(*POOR_DRAFT), 3)
    if end == UNUSED or (kind.name == "keywords" and is_gift_set(product)):
        return episode
    step = rng.choice(["rejected", "rejected", "discarded"] if end == REJECTED else ["accepted", "edited"])
    # one in six takes long to decide
    hours = rng.uniform(70, 320) if rng.random() < 1 / 6 else rng.uniform(0.7, 60)
    episode.outcomes.append((step, moment + timedelta(hours=hours)))
    return episode
