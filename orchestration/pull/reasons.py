"""Why a source could not be pulled, in one sentence, without what its variables hold.

No error is handled here.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

import requests
import sqlalchemy as sa
from dlt.extract.incremental import exceptions as cursors

from orchestration.pull.config import PullError

_LONGEST_REASON = 300


def reason_of(error: BaseException) -> str:
    """One sentence and a remedy: of the first error of the chain that is known, or else of the deepest."""
    errors = list(_chain(error))
    known = (
        reason for found in errors for reason in (_cursor(found), _database(found), _api(found)) if reason
    )
    if (ours := next((found for found in errors if isinstance(found, PullError)), None)) is not None:
        return str(ours)
    last = errors[-1]
    return next(known, f"{type(last).__name__}: {_line(last)}. What was written stays; pull again.")


def masked(text: str, values: dict[str, str]) -> str:
    """The text without what the variables hold, nor the password of an address, however it is written."""
    for variable, value in values.items():
        secrets = {value}
        if password := _password(value):
            secrets |= {password, unquote(password), quote(unquote(password), safe="")}
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, f"${variable}")
    return text


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _cursor(found: BaseException) -> str | None:
    table = getattr(found, "pipe_name", None)
    if isinstance(found, cursors.IncrementalCursorPathMissing):
        return f"table {table}: a record has no `{found.json_path}`, which `cursor` names. Correct `cursor`."
    if isinstance(found, cursors.IncrementalCursorPathHasValueNone):
        return (
            f"table {table}: a row has no value in `{found.json_path}`, the cursor. "
            "Choose a cursor that each row has, or pull a view without such rows."
        )
    if isinstance(found, cursors.IncrementalCursorInvalidCoercion):
        return (
            f"table {table}: `start`, or the last cursor, is of another type than the rows. Correct `start`."
        )
    return None


def _database(found: BaseException) -> str | None:
    if isinstance(found, sa.exc.DBAPIError):
        return (
            f"the database refused: {_line(found.orig or found)}. Check the address, its user and pull.yml."
        )
    if isinstance(found, ModuleNotFoundError):
        return f"the driver {found.name} is not installed. Install it, or name another one in the address."
    if isinstance(found, sa.exc.ArgumentError | sa.exc.NoSuchModuleError):
        return (
            "the address is none that SQLAlchemy reads. "
            "Write it with its driver: postgresql+psycopg://user:<password>@host/database."
        )
    return None


def _api(found: BaseException) -> str | None:
    if isinstance(found, requests.HTTPError):
        return f"the API refused: {_line(found)}. Check the key, `url` and `path`."
    if isinstance(found, requests.exceptions.InvalidSchema):
        return (
            f"the API led to another host, which is not followed: {_line(found)}. Correct `url` or `pages`."
        )
    if isinstance(found, requests.RequestException):
        name = type(found).__name__
        return f"the API cannot be reached ({name}). Check `url` and the network, then pull again."
    return None


def _line(error: BaseException) -> str:
    """The message in one line."""
    return " ".join(str(error).split())[:_LONGEST_REASON].rstrip(".?! ")


def _password(value: str) -> str | None:
    try:
        return urlsplit(value).password
    except ValueError:
        return None
