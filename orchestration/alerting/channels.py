"""Channels of alerts: a webhook that takes Slack's JSON, and e-mail.

Not here: what is sent (events.py). URLs of webhooks and passwords are secrets and never printed.
"""

from __future__ import annotations

import json
import re
import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from orchestration.alerting.events import Alert

WAIT_SECONDS = 10
_NO_WIDTH = "\u200b"
# within a mention, a link, a picture, and an address that is shown as a link
_MARKS = re.compile(r"(?<=@)(?=\w)|(?<=\])(?=[(\[:])|(?<=!)(?=\[)|(?<=:)(?=//[^\s/]*\.)|(?<=www)(?=\.)", re.I)


class NotSent(RuntimeError):
    """A channel did not accept an alert; the message holds no secret."""


class Channel(Protocol):
    """Where alerts are sent."""

    @property
    def name(self) -> str:
        """Kind and recipient, without secrets; the record of what was sent is kept by it."""

    def send(self, alert: Alert) -> None:
        """Send one alert.

        Raises:
            NotSent: it was not accepted.
        """


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@dataclass(frozen=True)
class Webhook:
    """Posts `{"text": …}`, as Slack, Mattermost, Teams and many others accept it."""

    url: str = field(repr=False)

    @property
    def name(self) -> str:
        return f"webhook {urlsplit(self.url).hostname}"

    def send(self, alert: Alert) -> None:
        body = json.dumps({"text": f"*{_unformatted(alert.title)}*\n{_unformatted(alert.text)}"}).encode()
        request = Request(self.url, data=body, headers={"Content-Type": "application/json"}, method="POST")
        try:
            with build_opener(_NoRedirect).open(request, timeout=WAIT_SECONDS) as answer:
                answer.read(1)
        except OSError as error:
            # the text of an error may hold the URL
            status = getattr(error, "code", None)
            raise NotSent(
                f"{self.name}: " + (f"answered {status}" if status else type(error).__name__)
            ) from None


@dataclass(frozen=True)
class Mail:
    """Sends one message per alert, by the server of `smtp://user:<password>@host:port` (smtps:// for TLS)."""

    server: str = field(repr=False)
    sender: str
    recipients: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"e-mail {', '.join(self.recipients)}"

    def send(self, alert: Alert) -> None:
        message = EmailMessage()  # refuses line ends in headers
        message["Subject"] = f"Credits: {alert.title}"
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message.set_content(f"{alert.text}\n")
        if alert.html:
            message.add_alternative(alert.html, subtype="html")
        at = urlsplit(self.server)
        host = at.hostname or "localhost"
        try:
            with closing(_connected(at.scheme, host, at.port)) as smtp:
                if at.scheme != "smtps" and smtp.has_extn("starttls"):
                    smtp.starttls(context=ssl.create_default_context())
                if at.username:
                    smtp.login(unquote(at.username), unquote(at.password or ""))
                smtp.send_message(message)
                # the message was accepted: an error on quitting is no reason to send it again
                with suppress(smtplib.SMTPException, OSError):
                    smtp.quit()
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(
                f"{self.name}: the server {host} did not accept it ({type(error).__name__})"
            ) from None


def _connected(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port or 465, timeout=WAIT_SECONDS, context=context)
    smtp = smtplib.SMTP(host, port or 25, timeout=WAIT_SECONDS)
    smtp.ehlo_or_helo_if_needed()
    return smtp


def _unformatted(text: str) -> str:
    """Text with no mention, link or picture in Slack's format or in Markdown, as others take it.

    A backslash would be shown by Slack, so what makes one is parted by a space of no width.
    """
    return _MARKS.sub(_NO_WIDTH, text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
