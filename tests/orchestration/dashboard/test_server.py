"""The dashboard answers only this machine, also under a name that another site has pointed at it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from orchestration.cli.dashboard import OPTIONS

REPO = Path(__file__).parents[3]
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
UPGRADE |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}


@pytest.fixture
def port(tmp_path: Path) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_site_that_points_its_name_at_this_machine_is_refused(tmp_path: Path, port: int) -> None:
    (tmp_path / "app.py").write_text("import streamlit as st\n\nst.write('figures')\n")
    words = ["-m", "orchestration.dashboard.server", "run", "app.py", f"--server.port={port}", *OPTIONS]
    server = subprocess.Popen(
        [sys.executable, *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPO), "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def answer(path: str, **headers: str) -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status

    try:
        for _ in range(600):
            try:
                assert answer("/") == 200
                break
            except ConnectionError:
                time.sleep(0.1)
        foreign, own = f"evil.test:{port}", f"127.0.0.1:{port}"
        stream = "/_stcore/stream"
        assert answer(stream, Host=own, Origin=f"http://{own}", **UPGRADE) == 101
        assert answer(stream, Host=foreign, Origin=f"http://{foreign}", **UPGRADE) == 403
        assert answer(stream, Host=own, Origin=f"http://{foreign}", **UPGRADE) == 403
        assert answer("/", Host=foreign) == 403
    finally:
        server.terminate()
        server.wait()
