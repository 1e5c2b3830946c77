"""A real PostgreSQL, and a source folder to pull into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from support.postgres_server import running_postgres
from support.pull_source import Database, Source


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a real PostgreSQL."""
    with running_postgres() as url:
        yield url


@pytest.fixture
def database(server: str, source: Source) -> Iterator[Database]:
    """Runs statements in an empty schema of the server, which the variable BILLING_DATABASE_URL names."""
    source.variables["BILLING_DATABASE_URL"] = server.replace("postgresql://", "postgresql+psycopg://")

    def execute(statement: str) -> None:
        with psycopg.connect(server) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    execute("create schema billing; set search_path to billing")
    yield execute
    execute("drop schema billing cascade")
