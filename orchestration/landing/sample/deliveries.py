"""Turns a sample load into lines by day, with the requested faults planted among them.

Not here: the attempts (attempts.py), the order of work and the ground truth (load.py).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from orchestration.landing.sample.attempts import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    OUTCOMES,
    Attempts,
    Bools,
    Outcomes,
)
from orchestration.landing.sample.files import SampleError
from orchestration.landing.sample.population import (
    CATEGORIES,
    MICROS,
    TYPES,
    Ints,
    member_id,
    mixed,
    product_id,
    ruleset_id,
    workspace_id,
)

MODELS = (("gpt-4.1", "openai"), ("gpt-4.1-mini", "openai"), ("mistral-large", "mistral"))
# every sixth workspace leaves the category to the products feed
SILENT_ON_CATEGORY = 6
BAD_LINES = {
    "half_written_line": '{{"event_id":"{id}","occurred_at":"{at}","workspace_id":"{ws}","member_',
    "missing_event_id": '{{"occurred_at":"{at}","credits":"1",{rest}}}',
    "missing_credits": '{{"event_id":"{id}","occurred_at":"{at}",{rest}}}',
    "negative_credits": '{{"event_id":"{id}","occurred_at":"{at}","credits":"-1.5",{rest}}}',
    "credits_not_a_number": '{{"event_id":"{id}","occurred_at":"{at}","credits":"NaN",{rest}}}',
    "too_many_digits": '{{"event_id":"{id}","occurred_at":"{at}","credits":"1.0000001",{rest}}}',
    "time_without_offset": '{{"event_id":"{id}","occurred_at":"{local}","credits":"1",{rest}}}',
    "unknown_status": '{{"event_id":"{id}","occurred_at":"{at}","credits":"1","status":"meh",{rest}}}',
    "quality_above_1": '{{"event_id":"{id}","occurred_at":"{at}","credits":"1","quality_score":85,{rest}}}',
}
BAD_REST = '"workspace_id":"{ws}","member_id":"m1","product_id":"p1","generation_type":"meta"'


@dataclass(frozen=True)
class FaultShares:
    """Shares of the load's events; of each fault exactly `share * events` (rounded down) are planted."""

    duplicate: float = 0.0
    conflict: float = 0.0
    late: float = 0.0
    retracted: float = 0.0
    bad: float = 0.0

    def __post_init__(self) -> None:
        for share in fields(self):
            value = getattr(self, share.name)
            if not 0 <= value <= 0.5:
                raise SampleError(
                    f"{share.name}_share is a share of the events; found {value}. Pass 0 to 0.5."
                )

    def picks(self, before: int, size: int, rng: np.random.Generator) -> dict[str, Ints]:
        """Positions among the `size` events after `before`; none is both a duplicate and a conflict."""
        counts = {
            share.name: int(getattr(self, share.name) * (before + size) + 1e-9)
            - int(getattr(self, share.name) * before + 1e-9)
            for share in fields(self)
        }
        copied = rng.choice(size, counts["duplicate"] + counts["conflict"], replace=False)
        return {
            "duplicate": copied[: counts["duplicate"]],
            "conflict": copied[counts["duplicate"] :],
            "late": rng.permutation(size)[: counts["late"]],
            "retracted": rng.choice(size, counts["retracted"], replace=False),
            "bad": rng.choice(size, counts["bad"]),
        }


@dataclass(frozen=True)
class DayLines:
    """Lines for the file of one day (days since 1970, UTC)."""

    day: int
    text: bytes
    rows: int


def issued_ids(prefix: str, numbers: Ints, seed: int) -> list[str]:
    return [f"{prefix}_{value:016x}" for value in mixed(numbers, seed).tolist()]


def instants(occurred_ms: Ints) -> list[str]:
    return [str(text) + "Z" for text in np.datetime_as_string(occurred_ms.astype("datetime64[ms]")).tolist()]


def event_lines(attempts: Attempts, ids: list[str], rng: np.random.Generator) -> list[str]:
    """One JSON line per attempt; nulls are left out."""
    scores = ["" if q != q else f',"quality_score":{q}' for q in attempts.quality.tolist()]
    columns = zip(
        ids,
        instants(attempts.occurred_ms),
        attempts.workspace.tolist(),
        attempts.member.tolist(),
        attempts.product.tolist(),
        _descriptive_parts(attempts),
        attempts.micros.tolist(),
        scores,
        attempts.input_tokens.tolist(),
        attempts.output_tokens.tolist(),
        attempts.latency_ms.tolist(),
        instants(attempts.occurred_ms + rng.integers(500, 90_000, len(ids))),
        strict=True,
    )
    return [
        f'{{"event_id":"{event}","occurred_at":"{at}","workspace_id":"{workspace_id(w)}",'
        f'"member_id":"{member_id(w, m)}","product_id":"{product_id(w, p)}",{parts},'
        f'"credits":"{c // MICROS}.{c % MICROS:06d}"{score},"input_tokens":{tokens_in},'
        f'"output_tokens":{tokens_out},"latency_ms":{latency},"recorded_at":"{recorded}"}}\n'
        for event, at, w, m, p, parts, c, score, tokens_in, tokens_out, latency, recorded in columns
    ]


def _descriptive_parts(attempts: Attempts) -> list[str]:
    """The columns with few values, as JSON text: type, ruleset, template, model, category, locale, status."""
    heads = [
        f'"generation_type":"{name}","ruleset_id":"{ruleset_id(kind, version)}","template_id":"tpl_{name}",'
        f'"model":"{MODELS[kind % 3][0]}","provider":"{MODELS[kind % 3][1]}"'
        for kind, name in enumerate(TYPES)
        for version in (0, 1)
    ]
    categories = [f',"product_category":"{category}"' for category in CATEGORIES] + [""]
    locales, states = ("", ',"locale":"en"', ',"locale":"de"'), ("", ',"status":"failed"')
    silent = attempts.workspace % SILENT_ON_CATEGORY == SILENT_ON_CATEGORY - 1
    columns = zip(
        (attempts.kind * 2 + attempts.version).tolist(),
        np.where(silent, len(CATEGORIES), attempts.category).tolist(),
        attempts.locale.tolist(),
        attempts.is_failed.tolist(),
        strict=True,
    )
    return [
        heads[head] + categories[category] + locales[locale] + states[failed]
        for head, category, locale, failed in columns
    ]


def deliver_events(
    lines: list[str],
    attempts: Attempts,
    picks: dict[str, Ints],
    last_day: int,
    rng: np.random.Generator,
    planted: Counter[str],
) -> Iterator[DayLines]:
    """The lines of the daily files; counts the planted faults in `planted`."""
    days = attempts.occurred_ms // DAY_MS
    late = picks["late"][days[picks["late"]] < last_day]
    days[late] = np.minimum(last_day, days[late] + rng.integers(1, 6, len(late)))
    planted["late"] += len(late)
    again = np.concatenate([picks["duplicate"], picks["conflict"]])
    texts = list(lines)
    # attributes are not part of the content: half of the copies differ in them and are still duplicates
    copies = [
        f'{lines[i][:-2]},"attributes":{{"redelivered":true}}}}\n' if i % 2 else lines[i]
        for i in picks["duplicate"]
    ]
    copies += [lines[i].replace('"output_tokens":', '"output_tokens":1', 1) for i in picks["conflict"]]
    planted["duplicate"] += len(picks["duplicate"])
    planted["conflicting"] += len(picks["conflict"])
    broken = [
        bad_line(reason, i, attempts, planted)
        for i, reason in zip(picks["bad"].tolist(), _in_turn(planted, len(picks["bad"])), strict=True)
    ]
    copied_days = np.maximum(days[again], np.minimum(last_day, days[again] + rng.integers(0, 4, len(again))))
    positions = np.concatenate([np.arange(len(lines)), again, picks["bad"]]).astype(np.int64)
    # a delivery is roughly, not strictly, in the order of events
    order_ms = attempts.occurred_ms[positions] + rng.integers(0, 3 * HOUR_MS, len(positions))
    yield from by_day(
        texts + copies + broken, np.concatenate([days, copied_days, days[picks["bad"]]]), order_ms
    )


def _in_turn(planted: Counter[str], count: int) -> list[str]:
    done = sum(planted[reason] for reason in BAD_LINES)
    return [list(BAD_LINES)[(done + i) % len(BAD_LINES)] for i in range(count)]


def bad_line(reason: str, position: int, attempts: Attempts, planted: Counter[str]) -> str:
    """A line that the contract rejects for exactly this reason, dated like the event at `position`."""
    planted[reason] += 1
    (at,) = instants(attempts.occurred_ms[position : position + 1])
    workspace = workspace_id(int(attempts.workspace[position]))
    bad_id = f"bad_{reason}_{planted[reason]}"
    rest = BAD_REST.format(ws=workspace)
    return BAD_LINES[reason].format(id=bad_id, at=at, local=at[:-1], ws=workspace, rest=rest) + "\n"


def deliver_outcomes(
    attempts: Attempts, outcomes: Outcomes, ids: list[str], before: int, seed: int
) -> Iterator[DayLines]:
    """One JSON line per outcome, in the file of its day."""
    numbers = before + np.arange(len(outcomes.attempt))
    columns = zip(
        issued_ids("out", numbers, seed),
        outcomes.attempt.tolist(),
        instants(outcomes.occurred_ms),
        outcomes.what.tolist(),
        attempts.workspace[outcomes.attempt].tolist(),
        attempts.member[outcomes.attempt].tolist(),
        strict=True,
    )
    lines = [
        f'{{"outcome_id":"{outcome}","event_id":"{ids[position]}","occurred_at":"{at}","outcome":"{OUTCOMES[what]}",'
        f'"workspace_id":"{workspace_id(w)}","member_id":"{member_id(w, m)}"'
        + (f',"edit_ratio":0.{position % 9 + 1}}}\n' if what == 1 else "}\n")
        for outcome, position, at, what, w, m in columns
    ]
    yield from by_day(lines, outcomes.occurred_ms // DAY_MS, outcomes.occurred_ms)


def deliver_retractions(
    attempts: Attempts, ids: list[str], positions: Ints, end_ms: Ints, rng: np.random.Generator
) -> Iterator[DayLines]:
    """One retraction for each event at `positions`, up to three days after it and within the load."""
    delay = rng.integers(5 * MINUTE_MS, 72 * HOUR_MS, len(positions))
    at = np.minimum(attempts.occurred_ms[positions] + delay, end_ms[positions] - MINUTE_MS)
    lines = [
        f'{{"retraction_id":"ret_{ids[position][4:]}","event_id":"{ids[position]}","occurred_at":"{moment}",'
        f'"reason":"billed in error"}}\n'
        for position, moment in zip(positions.tolist(), instants(at), strict=True)
    ]
    yield from by_day(lines, at // DAY_MS, at)


def by_day(lines: list[str], days: Ints, order: Ints) -> Iterator[DayLines]:
    """Groups lines by day, within it sorted by `order`."""
    if not lines:
        return
    sequence = np.lexsort((order, days))
    found, starts = np.unique(days[sequence], return_index=True)
    for day, positions in zip(found.tolist(), np.split(sequence, starts[1:]), strict=True):
        yield DayLines(day, "".join([lines[i] for i in positions.tolist()]).encode(), len(positions))


def not_retracted(attempts: Attempts, positions: Ints) -> Bools:
    """Which attempts remain when those at `positions` are retracted."""
    remains: NDArray[np.bool_] = np.ones(len(attempts.micros), dtype=np.bool_)
    remains[positions] = False
    return remains
