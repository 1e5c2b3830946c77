"""Sending alerts: each event once in 24 hours by each channel, whichever process sends, also after a restart.

Not here: which events there are (events.py).
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

RESEND_AFTER = timedelta(hours=24)
# messages per channel at once; a run with ten thousand events summarises the rest in the last message
MOST_AT_ONCE = 20


def send_alerts(
    alerts: Sequence[Alert],
    channels: Sequence[Channel],
    *,
    folder: Path,
    now: datetime,
    echo: Callable[[str], None],
    listed_by: str = "credits alerts",
) -> int:
    """Send what was not sent in the last 24 hours, and record it.

    It is recorded after each message: a process killed in between sends one message twice, and none too few.
    A message that a channel did not accept is sent again the next time, and keeps no other channel waiting.

    Args:
        folder: of the record; created if missing.
        now: with a time zone.
        echo: takes a line for each message, sent or not.
        listed_by: the command that lists all of them with --dry-run.

    Returns:
        The number of channels that failed.
    """
    failures = 0
    with _locked(folder):
        for channel in channels:
            try:
                for message, covered in _messages(unsent(alerts, channel, folder=folder, now=now), listed_by):
                    channel.send(message)
                    _record(covered, channel, folder=folder, now=now)
                    echo(f"sent by {channel.name}: {message.title}")
            except NotSent as error:
                failures += 1
                echo(f"not sent by {error}; it will be sent again")
    return failures


def unsent(alerts: Sequence[Alert], channel: Channel, *, folder: Path, now: datetime) -> list[Alert]:
    """Those that this channel has not sent in the last 24 hours; each event once."""
    sent = _read(folder).get(channel.name, {})
    recent = {key for key, at in sent.items() if now - datetime.fromisoformat(at) < RESEND_AFTER}
    return [alert for key, alert in {alert.key: alert for alert in alerts}.items() if key not in recent]


def _messages(alerts: Sequence[Alert], listed_by: str) -> Iterator[tuple[Alert, list[Alert]]]:
    """The messages, and the alerts each covers."""
    single = alerts if len(alerts) <= MOST_AT_ONCE else alerts[: MOST_AT_ONCE - 1]
    yield from ((alert, [alert]) for alert in single)
    if rest := list(alerts[len(single) :]):
        titles = "\n".join(alert.title for alert in rest[:MOST_AT_ONCE])
        more = f"\nand {len(rest) - MOST_AT_ONCE:,} more" if len(rest) > MOST_AT_ONCE else ""
        text = f"{titles}{more}\n`{listed_by} --dry-run` lists all of them."
        yield Alert("more", f"And {len(rest):,} more", text), rest


def _record(alerts: Sequence[Alert], channel: Channel, *, folder: Path, now: datetime) -> None:
    sent = _read(folder)
    kept = {
        key: at
        for key, at in sent.get(channel.name, {}).items()
        if now - datetime.fromisoformat(at) < RESEND_AFTER
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
def _locked(folder: Path) -> Iterator[None]:
    """Let a sensor and a command that send at the same moment wait for each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
