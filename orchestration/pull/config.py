"""`landing/<name>/pull.yml`: what is pulled from where, read and checked.

No credential is in it, only the names of environment variables; what they hold does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orchestration.lake.file_names import PULL_FILE, is_hidden

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_TABLE_NAMES = "names of tables without / that do not begin with . or _"


class PullError(Exception):
    """Nothing was pulled; the message says from where, why, and what to do."""


class PullConfigError(PullError):
    """A file cannot be used; the message has file, line, key and remedy."""


def _lag(value: object) -> object:
    if isinstance(value, str):
        match = re.fullmatch(r"([0-9]{1,9})([smhd])", value)
        if match is None:
            raise ValueError
        return int(match[1]) * _SECONDS[match[2]]
    return value


def _start(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str | date | datetime):
        raise ValueError
    return value


def _tables(tables: dict[str, Any]) -> dict[str, Any]:
    if not tables or any(not name or "/" in name or is_hidden(name) for name in tables):
        raise ValueError
    return tables


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError
    return url.rstrip("/") + "/"


_VARIABLE = "the name of an environment variable, such as BILLING_API_KEY"
Variable = Annotated[str, Field(pattern="^[A-Z_][A-Z0-9_]*$", title=_VARIABLE)]
Text = Annotated[str, Field(min_length=1, title="a text")]
Path_ = Annotated[str, Field(min_length=1, title="a path such as data.items")]
Count = Annotated[int, Field(ge=0, le=1_000_000, title="a whole number")]
Lag = Annotated[
    int,
    BeforeValidator(_lag),
    Field(ge=0, title="a duration such as 30m, 2h or 3d, or a whole number for a cursor that is a number"),
]
Start = Annotated[Any, BeforeValidator(_start), Field(title="a date, a time or a number")]


class _Part(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


class SqlTable(_Part):
    """A table or view; all of it each time if it has no cursor.

    Attributes:
        cursor: the column that grows whenever a row is new or changed.
        lag: how far before the newest cursor the next pull begins again.
        start: where the first pull begins.
    """

    cursor: Text | None = None
    lag: Lag = 0
    start: Start = None


class Pages(_Part):
    """How an API says that there is more; one of `cursor`, `offset`, `page` and `link`.

    Attributes:
        cursor: path in the response of the cursor of the next page, sent as the parameter `param`.
        offset, page: the parameter that counts records, or pages.
        size: records a page, sent as the parameter `limit`.
        first: the number of the first page.
        link: path in the response of the next address, or `header` for the header Link.
    """

    cursor: Path_ | None = None
    param: Text = "cursor"
    offset: Text | None = None
    page: Text | None = None
    limit: Text = "limit"
    size: Annotated[int, Field(ge=1, title="a whole number from 1 on")] = 100
    first: Count = 1
    link: Path_ | None = None


class RestTable(SqlTable):
    """An endpoint whose records become lines of `<table>/*.jsonl`.

    Attributes:
        path: below the address of the API.
        records: path of the array of records in the response; the response itself if None.
        params: sent with every request.
        since: the parameter that is sent the cursor's last value.
    """

    path: Text
    records: Path_ | None = None
    params: dict[str, Annotated[str | int, Field(title="a text or a whole number")]] = {}
    pages: Pages | None = None
    since: Text | None = None


class Sql(_Part):
    url: Variable
    """The variable that holds the address, with its driver: postgresql+psycopg://user:…@host/database."""
    database_schema: Annotated[Text | None, Field(alias="schema")] = None


class Rest(_Part):
    url: Annotated[
        str,
        AfterValidator(_address),
        Field(title="an address that starts with http:// or https://, without a password or a query"),
    ]
    bearer: Annotated[Variable | None, Field(title=_VARIABLE)] = None
    headers: Annotated[dict[str, Variable], Field(title=_VARIABLE)] = {}
    attempts: Annotated[int, Field(ge=1, le=20, title="a whole number from 1 to 20")] = 5


class SqlPull(_Part):
    sql: Sql
    tables: Annotated[dict[str, SqlTable], AfterValidator(_tables), Field(title=_TABLE_NAMES)]

    @property
    def variables(self) -> list[str]:
        return [self.sql.url]


class RestPull(_Part):
    rest: Rest
    tables: Annotated[dict[str, RestTable], AfterValidator(_tables), Field(title=_TABLE_NAMES)]

    @property
    def variables(self) -> list[str]:
        return [*([self.rest.bearer] if self.rest.bearer else []), *self.rest.headers.values()]


def configured(landing: Path) -> list[str]:
    """The folders of the landing directory that have a pull.yml, by name."""
    if not landing.is_dir():
        return []
    return sorted(
        file.parent.name for file in landing.glob(f"*/{PULL_FILE}") if not is_hidden(file.parent.name)
    )


def read_pull(file: Path) -> SqlPull | RestPull:
    """What a pull.yml says.

    Raises:
        PullConfigError: it cannot be read or used.
    """
    shown = f"{file.parent.name}/{file.name}"
    try:
        text = file.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise PullConfigError(f"{file} cannot be read ({type(error).__name__}). Write it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PullConfigError(
            f"{shown}:{mark.line + 1 if mark else 1}: not YAML "
            f"({getattr(error, 'problem', None) or 'unreadable'}). Correct indentation or quotes there."
        ) from None
    for line, key in _repeated(root):
        raise PullConfigError(f"{shown}:{line}: `{key}` is there twice. Remove one.")
    kinds = [kind for kind in ("sql", "rest") if isinstance(content, dict) and kind in content]
    if len(kinds) != 1:
        raise PullConfigError(
            f"{shown}:1: one of the keys `sql` and `rest` must say where rows come from; found "
            f"{' and '.join(kinds) or 'neither'}. See docs/sources/pull.md."
        )
    try:
        pull = (SqlPull if kinds == ["sql"] else RestPull).model_validate(content)
    except ValidationError as error:
        raise PullConfigError(_refusal(shown, root, content, error)) from None
    _check_tables(shown, root, pull)
    return pull


def _check_tables(shown: str, root: yaml.Node | None, pull: SqlPull | RestPull) -> None:
    for name, table in pull.tables.items():
        place = f"{shown}:{_line(root, ('tables', name))}: table {name}"
        if table.cursor is None and (table.lag or table.start is not None or getattr(table, "since", None)):
            raise PullConfigError(
                f"{place}: `lag`, `start` and `since` need a `cursor`. Name the field that grows."
            )
        pages = getattr(table, "pages", None)
        if pages is not None and sum(way is not None for way in _ways(pages)) != 1:
            raise PullConfigError(
                f"{place}: `pages` must have one of `cursor`, `offset`, `page` and `link`. "
                "Choose the one that the API documents."
            )


def _ways(pages: Pages) -> tuple[str | None, ...]:
    return pages.cursor, pages.offset, pages.page, pages.link


def _refusal(shown: str, root: yaml.Node | None, content: Any, error: ValidationError) -> str:
    """File, line, key, rule and remedy of the first refusal; the value only where it cannot be a secret."""
    first = error.errors(include_url=False)[0]
    loc = tuple(part for part in first["loc"] if part != "[key]")
    place = f"{shown}:{_line(root, loc)}: "
    key = ".".join(map(str, loc))
    if first["type"] == "missing":
        return f"{place}`{key}` is missing. Add it."
    model, field = _field(SqlPull if "sql" in content else RestPull, loc)
    if first["type"] == "extra_forbidden":
        return f"{place}`{key}` is no key here. Use one of: {', '.join(model)}."
    rule = (field and field.title) or str(first["msg"]).removeprefix("Input should be ")
    # above the tables, a value may be the secret that the variable should hold
    found = f"found {first['input']!r}" if loc[0] == "tables" else "the value, hidden here, is not"
    return f"{place}`{key}` must be {rule}; {found}. Correct it."


def _field(model: Any, loc: tuple[Any, ...]) -> tuple[list[str], Any]:
    """The keys that are known where `loc` is, and the field it names, if it is one."""
    fields: dict[str, Any] = {}
    field = None
    for part in loc:
        if model is not None:
            fields = {info.alias or name: info for name, info in model.model_fields.items()}
        field = fields.get(part, field if model is None else None)
        model = next(_models(field.annotation), None) if field is not None else None
    return list(fields), field


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _line(node: yaml.Node | None, loc: tuple[Any, ...]) -> int:
    """The line of a key, or of the nearest one above it."""
    line = node.start_mark.line + 1 if node is not None else 1
    for part in loc:
        if not isinstance(node, yaml.MappingNode):
            break
        found = [(key, value) for key, value in node.value if key.value == str(part)]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 1, found[0][1]
    return line


def _repeated(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _repeated(value)
