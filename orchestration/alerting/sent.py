"""What was told already: each event once in 24 hours by each channel, whoever asks, also after a restart.

Not here: what there is to tell (events.py).
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.alerting.channels import Channel, NotSent
from orchestration.alerting.events import Alert
from orchestration.durable_files import atomic_write

QUIET = timedelta(hours=24)
# at once by one channel; a night that breaks ten thousand workspaces is one message more
MOST_AT_ONCE = 20


def tell(
    alerts: Sequence[Alert],
    channels: Sequence[Channel],
    *,
    folder: Path,
    now: datetime,
    say: Callable[[str], None],
) -> int:
    """Sends what was not sent in the last 24 hours, and remembers it.

    What is sent is written down after each message: who is killed in between tells one of them twice, and
    none too few. A channel that does not take a message is asked again the next time, and stops no other.

    Args:
        folder: where it is remembered; made if it is not there.
        now: with a zone.
        say: is told what was sent, and what was not.

    Returns:
        How many messages were not taken.
    """
    failures = 0
    with _alone(folder):
        for channel in channels:
            try:
                for message, told in _messages(due(alerts, channel, folder=folder, now=now)):
                    channel.send(message)
                    _remember(told, channel, folder=folder, now=now)
                    say(f"sent by {channel.name}: {message.title}")
            except NotSent as error:
                failures += 1
                say(f"not sent by {error}; it is tried again")
    return failures


def due(alerts: Sequence[Alert], channel: Channel, *, folder: Path, now: datetime) -> list[Alert]:
    """Those that this channel has not sent in the last 24 hours; each event once."""
    sent = _read(folder).get(channel.name, {})
    told = {key for key, at in sent.items() if now - datetime.fromisoformat(at) < QUIET}
    return [alert for key, alert in {alert.key: alert for alert in alerts}.items() if key not in told]


def _messages(alerts: Sequence[Alert]) -> Iterator[tuple[Alert, list[Alert]]]:
    """The messages, and which alerts each tells of."""
    single = alerts if len(alerts) <= MOST_AT_ONCE else alerts[: MOST_AT_ONCE - 1]
    yield from ((alert, [alert]) for alert in single)
    if rest := list(alerts[len(single) :]):
        titles = "\n".join(alert.title for alert in rest[:MOST_AT_ONCE])
        more = f"\nand {len(rest) - MOST_AT_ONCE:,} more" if len(rest) > MOST_AT_ONCE else ""
        told = f"{titles}{more}\n`credits alerts --dry-run` lists what holds now."
        yield Alert("more", f"And {len(rest):,} more", told), rest


def _remember(alerts: Sequence[Alert], channel: Channel, *, folder: Path, now: datetime) -> None:
    sent = _read(folder)
    kept = {
        key: at for key, at in sent.get(channel.name, {}).items() if now - datetime.fromisoformat(at) < QUIET
    }
    sent[channel.name] = {**kept, **{alert.key: now.isoformat() for alert in alerts}}
    with atomic_write(folder / "sent.json") as file:
        file.write(json.dumps(sent, indent=1).encode())


def _read(folder: Path) -> dict[str, dict[str, str]]:
    try:
        return dict(json.loads((folder / "sent.json").read_bytes()))
    except (OSError, ValueError):
        return {}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of a sensor and a command that ask at the same moment, one waits for the other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
