"""A real BI tool on the published file: Apache Superset shows the marts, and then their next version.

Superset has a separate environment, which make test-superset installs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import duckdb
import pytest
from support.product import REPO

BIN = REPO / ".venv-superset" / "bin"
# the setting with which a user connects Superset to the file
READ_ONLY = {"engine_params": {"connect_args": {"read_only": True}}}
CONFIG = """
SECRET_KEY = "{secret}"
SQLALCHEMY_DATABASE_URI = "sqlite:///{home}/superset.db"
PREVENT_UNSAFE_DB_CONNECTIONS = False
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""


class Superset:
    """The REST API, logged in as an administrator."""

    def __init__(self, address: str, password: str) -> None:
        self.address, self.token = address, ""
        account = {"username": "admin", "password": password, "provider": "db"}
        self.token = self.post("security/login", account)["access_token"]

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = Request(f"{self.address}/api/v1/{path}", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=120) as answer:
            return dict(json.load(answer))

    def dataset(self, database: int, mart: str) -> int:
        table = {"database": database, "schema": "marts", "table_name": mart}
        return int(self.post("dataset/", table)["id"])

    def rows(self, dataset: int, metric: str, **query: Any) -> list[dict[str, Any]]:
        """Rows of a chart, whose metric has the name `found`."""
        found = {"expressionType": "SQL", "sqlExpression": metric, "label": "found"}
        queries = [{"metrics": [found], "row_limit": 1000, **query}]
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": queries, "force": True}
        return list(self.post("chart/data", body)["result"][0]["data"])

    def credits_by_member(self, dataset: int) -> dict[str, Decimal]:
        last_30_days = [{"col": "period", "op": "==", "val": "30d"}]
        rows = self.rows(dataset, "sum(credits)", columns=["member_name"], filters=last_30_days)
        return {row["member_name"]: Decimal(str(row["found"])) for row in rows}


@contextmanager
def superset(home: Path) -> Iterator[Superset]:
    """An empty server on loopback, stopped at the end."""
    if not (BIN / "superset").exists():
        pytest.skip("Superset is not installed; make test-superset installs it")
    password = secret = os.urandom(16).hex()
    (home / "superset_config.py").write_text(CONFIG.format(home=home, secret=secret), encoding="utf-8")
    environment = {
        **{"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(home), "SUPERSET_HOME": str(home)},
        **{"SUPERSET_CONFIG_PATH": str(home / "superset_config.py"), "FLASK_APP": "superset"},
    }

    def call(*words: str) -> None:
        done = subprocess.run([BIN / "superset", *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]

    call("db", "upgrade")
    names = ("--username", "admin", "--firstname", "a", "--lastname", "a", "--email", "a@example.org")
    call("fab", "create-admin", *names, "--password", password)
    call("init")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [BIN / "superset", "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 300
            while True:
                try:
                    urlopen(f"{address}/health", timeout=5).close()
                    break
                except URLError:
                    assert time.monotonic() < deadline, (home / "log").read_text()[-3000:]
                    time.sleep(1)
            yield Superset(address, password)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@pytest.mark.slow
def test_superset_shows_the_marts_and_sees_the_next_version(
    credits_command: Any, sample_run: Any, tmp_path: Path
) -> None:
    data_dir = shutil.copytree(sample_run.data_dir, tmp_path / "data", symlinks=True)
    landing = shutil.copytree(sample_run.landing, tmp_path / "landing")
    (tmp_path / "superset").mkdir()
    with superset(tmp_path / "superset") as tool:
        database = tool.post(
            "database/",
            {
                **{"database_name": "credits", "extra": json.dumps(READ_ONLY)},
                "sqlalchemy_uri": f"duckdb:///{data_dir.resolve()}/published/credits.duckdb",
            },
        )
        for mart, count in counts(data_dir).items():
            assert tool.rows(tool.dataset(database["id"], mart), "count(*)") == [{"found": count}], mart
        dataset = tool.dataset(database["id"], "usage_by_member")
        params = json.dumps({"viz_type": "table", "datasource": f"{dataset}__table"})
        named = {"slice_name": "Credits by member", "viz_type": "table", "params": params}
        assert tool.post("chart/", {**named, "datasource_id": dataset, "datasource_type": "table"})["id"]
        before = tool.credits_by_member(dataset)
        assert before == in_mart(data_dir) and before["Sarah"] == 680

        sarah = member(data_dir, "Sarah")
        hers = (line for line in lines(landing) if line["member_id"] == sarah)
        newest = max(hers, key=lambda line: str(line["occurred_at"]))
        late = {**newest, "event_id": "one-more", "credits": "7.5"}
        (landing / "generation_events" / "late.jsonl").write_text(json.dumps(late) + "\n", encoding="utf-8")
        command = ("run", "--landing", landing, "--data-dir", data_dir, "--as-of", "2026-04-07")
        done = credits_command(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        after = tool.credits_by_member(dataset)
        assert after == in_mart(data_dir)
        assert after["Sarah"] == before["Sarah"] + Decimal("7.5")


def counts(data_dir: Path) -> dict[str, int]:
    """Rows of each mart but that of the chart."""
    with duckdb.connect(str(data_dir / "published" / "credits.duckdb"), read_only=True) as connection:
        marts = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
        names = {name for (name,) in marts.fetchall()} - {"usage_by_member"}
        return {
            name: connection.execute(f"select count(*) from marts.{name}").fetchall()[0][0]
            for name in sorted(names)
        }


def lines(landing: Path) -> Iterator[dict[str, Any]]:
    with duckdb.connect() as connection:
        for (line,) in connection.execute(
            "select json from read_ndjson_objects($files)",
            {"files": str(landing / "generation_events" / "*.jsonl*")},
        ).fetchall():
            yield json.loads(line)


def member(data_dir: Path, name: str) -> str:
    with duckdb.connect(str(data_dir / "published" / "credits.duckdb"), read_only=True) as connection:
        query = "select member_id from marts.usage_by_member where member_name = $name limit 1"
        return str(connection.execute(query, {"name": name}).fetchall()[0][0])


def in_mart(data_dir: Path) -> dict[str, Decimal]:
    with duckdb.connect(str(data_dir / "published" / "credits.duckdb"), read_only=True) as connection:
        query = (
            "select member_name, sum(credits) from marts.usage_by_member where period = '30d' group by all"
        )
        return {name: Decimal(credits) for name, credits in connection.execute(query).fetchall()}
