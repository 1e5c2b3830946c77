"""The types of settings: how a text becomes a value, and the rule (`title`) that refusals and docs print.

The settings themselves do not belong here: those are in settings.py.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticUseDefault

from orchestration.landing.options import MIB
from orchestration.publish.report.i18n import LANGUAGES

_LONGEST_LINE = 1024 * MIB  # texts of one piece are found by 32-bit offsets
_CRON_FIELD = r"[-*,/0-9A-Za-z]+"
_URI = re.compile(r"(file|hdfs|viewfs|s3a?|gs|abfss?)://[^\s'`{}]+")  # what both Arrow and Spark read


def _text(pattern: str) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, pattern=f"^(?:{pattern})$")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, OSError) as error:
        raise ValueError from error
    return name


def _digits(value: object) -> object:
    """Refuse what `int` would read as well: signs, spaces, underscores, digits of other scripts."""
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,18}", value):
        raise ValueError
    return value


def _stripped(value: object) -> object:
    """A text without spaces around it, in small letters; the default if it is empty."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        raise PydanticUseDefault
    return value.strip().lower()


def _switch(value: object) -> object:
    if isinstance(value, str) and value not in ("0", "no", "false", "1", "yes", "true"):
        raise ValueError
    return value


def _servers(value: object) -> object:
    return tuple(dict.fromkeys(re.split(r"[,\s]+", value))) if isinstance(value, str) else value


def _addresses(value: object) -> object:
    if not isinstance(value, str):
        return value
    addresses = tuple(address for address in re.split(r"[,\s]+", value) if address)
    if not all(re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address) for address in addresses):
        raise ValueError
    return addresses


def _tag_keys(value: object) -> object:
    """Keys in their order, each once; of signs that need no quoting in a path or a text."""
    if not isinstance(value, str):
        return value
    keys = tuple(dict.fromkeys(key.strip() for key in value.split(",") if key.strip()))
    if not all(re.fullmatch(r"[\w.:/@ -]+", key) for key in keys):
        raise ValueError
    return keys


def _first_address(value: object) -> object:
    addresses = _addresses(value)
    if addresses == ():
        raise PydanticUseDefault
    return addresses[0] if isinstance(addresses, tuple) else addresses


def _uri(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value().strip()
    if value and not _URI.fullmatch(value):
        raise ValueError
    return SecretStr(value)


def _url(*schemes: str, is_of_one_host: bool = True) -> AfterValidator:
    def check(secret: SecretStr) -> SecretStr:
        value = secret.get_secret_value().strip()
        if not value:
            raise PydanticUseDefault
        parts = urlsplit(value)
        # of several hosts, each may have a port
        is_cut = is_of_one_host and (not parts.hostname or _is_cut(parts))
        if parts.scheme not in schemes or is_cut:
            raise ValueError
        return SecretStr(value)

    return AfterValidator(check)


def _is_cut(parts: SplitResult) -> bool:
    """Whether a password with / ? or # in it ended the host before its end."""
    return not has_port(parts) or (
        parts.scheme == "thrift" and ("@" in parts.query or bool(parts.path.strip("/") or parts.fragment))
    )


def has_port(parts: SplitResult) -> bool:
    """Whether the port, if there is one, is a port and not the beginning of a password."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


Folder = Annotated[Path, AfterValidator(Path.resolve), Field(title="a folder")]
MemorySize = Annotated[str, _text(r"(?i)[0-9]+(\.[0-9]+)? ?[KMGT]i?B"), Field(title="a size such as 6GB")]
Cron = Annotated[
    str, _text(rf"{_CRON_FIELD}(\s+{_CRON_FIELD}){{4}}"), Field(title="five fields such as 0 2 * * *")
]
TimeZone = Annotated[str, AfterValidator(_zone), Field(title="an IANA time zone such as Europe/Berlin")]
Count = Annotated[int, BeforeValidator(_digits), Field(ge=1, title="a whole number from 1 on")]
LineBytes = Annotated[
    int,
    BeforeValidator(_digits),
    Field(ge=1, le=_LONGEST_LINE, title=f"a whole number from 1 to {_LONGEST_LINE}"),
]
AlertDays = Annotated[
    int, BeforeValidator(_digits), Field(ge=1, le=3650, title="a whole number from 1 to 3650")
]
MonthDay = Annotated[int, BeforeValidator(_digits), Field(ge=1, le=28, title="a whole number from 1 to 28")]
RetentionDays = Annotated[
    Annotated[int, Field(ge=1, le=100_000)] | None,
    BeforeValidator(_digits),
    BeforeValidator(_stripped),
    Field(title="a whole number of days from 1 to 100000, or empty"),
]
Switch = Annotated[
    bool, BeforeValidator(_switch), BeforeValidator(_stripped), Field(title="1 or 0, or empty")
]
OptionalSwitch = Annotated[Switch | None, Field(title="1 or 0, or empty")]
TagKeys = Annotated[
    tuple[str, ...],
    BeforeValidator(_tag_keys),
    Field(title="keys of letters, digits and _ . : / @ - with commas between, or empty"),
]
ProviderName = Annotated[str, _text(r"\S(.*\S)?"), Field(title="a name")]
Engine = Annotated[str, _text("duckdb|spark"), Field(title="duckdb or spark")]
Prefix = Annotated[
    str, _text("[a-z][a-z0-9_]*"), Field(title="of small letters, digits and _, such as credits_")
]
Language = Annotated[str, _text("|".join(LANGUAGES)), Field(title=" or ".join(LANGUAGES))]
Servers = Annotated[
    tuple[Annotated[str, _text("postgres|delta")], ...],
    BeforeValidator(_servers),
    BeforeValidator(_stripped),
    Field(title="postgres, delta or both with a comma between, or empty"),
]
Addresses = Annotated[
    tuple[str, ...],
    BeforeValidator(_addresses),
    Field(title="e-mail addresses with commas between, or empty"),
]
Address = Annotated[str, BeforeValidator(_first_address), Field(title="an e-mail address")]
SparkFolder = Annotated[
    SecretStr,
    AfterValidator(_uri),
    Field(title="a URI such as s3a://bucket/credits, gs://, abfss:// or hdfs://"),
]
ThriftUrl = Annotated[SecretStr, _url("thrift"), Field(title="a URL that starts with thrift://")]
PostgresUrl = Annotated[
    SecretStr,
    _url("postgresql", "postgres", is_of_one_host=False),
    Field(title="a URL that starts with postgresql:// or postgres://"),
]
WebUrl = Annotated[
    SecretStr, _url("http", "https"), Field(title="a URL that starts with http:// or https://")
]
# it is written into pages, so that it can hold no password
PageUrl = Annotated[
    str, _text(r"(https?://[^\s@?#\"'<>]+)?"), Field(title="a URL that starts with http:// or https://")
]
MailUrl = Annotated[
    SecretStr, _url("smtp", "smtps"), Field(title="a URL that starts with smtp:// or smtps://")
]
