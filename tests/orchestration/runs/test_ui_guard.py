"""The Dagster UI answers only this machine, and takes nothing that a page of another site can send."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from support.coroutines import wait_for

from orchestration.runs.ui_guard import LocalOnly, refused

REPO = Path(__file__).parents[3]
HOST = "127.0.0.1:3000"
JSON = {"content-type": "application/json"}
FOREIGN = "http://evil.test"


def status(
    method: str, path: str = "/graphql", kind: str = "http", query: str = "", **headers: str
) -> int | None:
    named = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope: dict[str, Any] = {"type": kind, "path": path, "query_string": query.encode()}
    scope["headers"] = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
    if kind == "http":
        scope["method"] = method
    found = refused(scope)
    return found[0] if found else None


@pytest.mark.parametrize("host", [HOST, "localhost:3000", "[::1]:3000", "LOCALHOST", "127.0.0.1"])
def test_a_program_and_a_page_of_this_ui_are_answered(host: str) -> None:
    assert status("GET", "/", host=host) is None
    assert status("POST", host=host, content_type="application/json; charset=utf-8") is None
    own = {"origin": f"http://{host}", "sec_fetch_site": "same-origin"}
    assert status("POST", host=host, content_type="application/json", **own) is None
    assert status("GET", kind="websocket", host=host, **own) is None


@pytest.mark.parametrize(
    "host",
    ["evil.test", "evil.test:3000", "127.0.0.1.evil.test", "", "[", "localhost@evil.test", "0.0.0.0:3000"],
)
def test_another_host_is_refused(host: str) -> None:
    assert status("GET", "/", host=host) == 403
    assert status("GET", kind="websocket", host=host) == 403


@pytest.mark.parametrize(
    "origin", [FOREIGN, "null", "http://127.0.0.1:8080", "http://127.0.0.1:3000.evil.test"]
)
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    assert status("POST", origin=origin, content_type="application/json") == 403
    assert status("GET", kind="websocket", origin=origin) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_says_comes_from_another_site_is_refused(site: str) -> None:
    assert status("POST", sec_fetch_site=site, content_type="application/json") == 403
    assert status("GET", sec_fetch_site=site) == 403
    assert status("GET", kind="websocket", sec_fetch_site=site) == 403
    # a link to a page of the UI, as in an alert
    assert status("GET", "/runs/1", sec_fetch_site=site) is None


def test_nothing_is_queried_by_get() -> None:
    assert status("GET", query="query=mutation{launchRun}") == 405
    assert status("HEAD", "/a/prefix/graphql/", query="query=x") == 405
    assert status("GET") is None


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/a"])
def test_a_form_of_another_site_is_refused(kind: str, path: str) -> None:
    assert status("POST", path, content_type=kind) == 415


def test_a_refused_websocket_is_closed_and_never_reaches_the_ui() -> None:
    sent: list[Any] = []

    async def app(*_: Any) -> None:
        raise AssertionError

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"host", b"evil.test")],
    }
    wait_for(LocalOnly(app)(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_webserver_of_our_dagster_yaml_has_the_guard(tmp_path: Path) -> None:
    shutil.copy(REPO / "dagster.yaml", tmp_path)
    (tmp_path / "empty.py").write_text("import dagster as dg\n\ndefs = dg.Definitions()\n")
    port = free_port()
    server = subprocess.Popen(
        [Path(sys.executable).with_name("dagster-webserver"), "-f", "empty.py", "-p", str(port)],
        cwd=tmp_path,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(REPO)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def answer(method: str, path: str, **headers: str) -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        body = b'{"query": "{version}"}' if method == "POST" else None
        connection.request(method, path, body, {n.replace("_", "-"): v for n, v in headers.items()})
        return connection.getresponse().status

    try:
        for _ in range(600):
            try:
                assert answer("GET", "/server_info") == 200
                break
            except ConnectionError:
                time.sleep(0.1)
        assert answer("POST", "/graphql", content_type="application/json") == 200
        assert answer("POST", "/graphql", content_type="application/json", host="evil.test") == 403
        assert answer("POST", "/graphql", content_type="application/json", origin=FOREIGN) == 403
        assert answer("POST", "/graphql", content_type="text/plain") == 415
        assert answer("GET", "/graphql?query=%7Bversion%7D") == 405
    finally:
        server.terminate()
        server.wait()
