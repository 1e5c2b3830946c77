"""Statements sent to the Thrift server of Spark, in sessions with the semantics of DuckDB.

What is asked does not belong here: that is warehouse.py.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from orchestration.warehouse.protocol import WarehouseError

# without these the engines disagree; dbt's session has the same, see dbt_project/profiles.yml
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.mergeSchema": "true",
    # Spark estimates by compressed size, a hundredth of what the rows take: millions would be broadcast
    "spark.sql.autoBroadcastJoinThreshold": "1MB",
}
_LONGEST_ERROR = 2_000


@dataclass(frozen=True)
class ThriftServer:
    """The address and account of a Thrift server.

    Attributes:
        host, port: its address.
        user, password: of the account; the password is for auth LDAP or CUSTOM.
        auth: NONE, NOSASL, LDAP, CUSTOM or KERBEROS.
        kerberos_service: the service's name, where auth is KERBEROS.
    """

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    auth: str
    kerberos_service: str | None

    @classmethod
    def from_url(cls, url: str) -> ThriftServer:
        """Parse an address such as thrift://user@host:10000?auth=NONE."""
        parts = urlsplit(url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return cls(
            parts.hostname or "localhost",
            parts.port or 10000,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            options.get("auth", "NONE").upper(),
            options.get("kerberos_service"),
        )

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Runs statements in one session and returns the rows of the last.

        Raises:
            WarehouseError: the server does not answer, or refuses a statement.
        """
        from pyhive import exc, hive
        from thrift.Thrift import TException

        logging.getLogger("thrift").setLevel(logging.CRITICAL)  # its messages are in the error
        try:
            connection = hive.connect(
                host=self.host,
                port=self.port,
                username=self.user,
                password=self.password,
                auth=self.auth,
                kerberos_service_name=self.kerberos_service,
                configuration={f"set:hiveconf:{name}": value for name, value in SESSION.items()},
            )
        # PyHive's own checks of user, password and auth come as the last three
        except (exc.Error, TException, OSError, ValueError, NotImplementedError, AssertionError) as error:
            raise WarehouseError(
                f"the Thrift server of Spark must answer; {self.host}:{self.port} does not "
                f"({_message(error)}). Start it, or correct CREDITS_SPARK_URL."
            ) from None  # a failed step reports the first cause
        rows: list[tuple[Any, ...]] = []
        with closing(connection), closing(connection.cursor()) as cursor:
            for statement in statements:
                try:
                    cursor.execute(statement)
                    rows = cursor.fetchall() if cursor.description else []
                except (exc.Error, TException, OSError) as error:
                    raise WarehouseError(_message(error)) from None
        return [tuple(row) for row in rows]


def _message(error: BaseException) -> str:
    """The message of the server, without its stack."""
    cause = error.args[0] if error.args else error
    message = getattr(getattr(cause, "status", None), "errorMessage", None) or str(cause)
    return str(message).split("\tat ")[0].strip()[:_LONGEST_ERROR]
