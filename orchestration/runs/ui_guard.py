"""A guard before the Dagster UI: loopback is no login, and a page elsewhere can send requests to it.

It is put before every webserver whose dagster.yaml names our storage; the UI has no place of its own for it.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOCAL = {"127.0.0.1", "localhost", "::1"}
_READS = {"GET", "HEAD", "OPTIONS"}
_GRAPHQL = "/graphql"


class LocalOnly:
    """Answers only what a page of this UI, or a program on this machine, sends to it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = refused(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            status, reason = refusal
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": f"{reason}\n".encode()})


def refused(scope: Scope) -> tuple[int, str] | None:
    """The status and the reason with which a request is refused; None if it is not."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "")
    if _hostname(f"//{host}") not in _LOCAL:
        return 403, "Refused: this UI answers only to the names of this machine (see SECURITY.md)."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return 403, "Refused: the request comes from a page of another site."
    is_graphql = scope["path"].rstrip("/").endswith(_GRAPHQL)
    method = scope.get("method", "GET")
    is_reading = scope["type"] == "http" and method in _READS and not is_graphql
    if not is_reading and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return 403, "Refused: the request comes from a page of another site."
    if scope["type"] == "websocket" or is_reading:
        return None
    if method in _READS:
        # without a query it is the page to type one
        return (405, "Refused: a query is sent by POST.") if scope["query_string"] else None
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "Refused: only application/json is taken, which a page of another site cannot send."
    return None


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def guard_this_webserver() -> None:
    """Put the guard before the UI, if this process is its webserver."""
    if "dagster_webserver" not in sys.modules:
        return
    from dagster_webserver.webserver import DagsterWebserver
    from starlette.middleware import Middleware

    build = DagsterWebserver.build_middleware
    if getattr(build, "is_guarded", False):
        return

    def guarded(self: DagsterWebserver[Any, Any]) -> list[Middleware]:
        return [Middleware(LocalOnly), *build(self)]

    guarded.is_guarded = True  # type: ignore[attr-defined]
    DagsterWebserver.build_middleware = guarded  # type: ignore[method-assign]
