"""Endpoints of a REST API as resources of dlt: each record as one exact JSON text.

Which records are new is dlt's to know; where they are written is in deliver.py.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

import simplejson  # type: ignore[import-untyped]
from dlt.common.jsonpath import find_values
from dlt.extract.items_transform import MapItem
from dlt.sources.helpers.requests.retry import Client
from dlt.sources.rest_api import rest_api_resources
from requests import Response
from requests.adapters import HTTPAdapter

from orchestration.pull.config import Pages, PullError, Rest, RestPull, RestTable

RECORD = "record"  # the only column of what dlt loads: it cannot rename, retype or flatten a text
_LONGEST_WAIT_S = 60


class _AsText(MapItem):
    placement_affinity = 2  # after the step that looks at the cursor, which has 1


def rest_resources(pull: RestPull, secrets: dict[str, str]) -> list[Any]:
    """A resource of dlt for each endpoint; `secrets` are the values of the variables by name."""
    headers = {header: secrets[name] for header, name in pull.rest.headers.items()}
    if pull.rest.bearer:
        headers["Authorization"] = f"Bearer {secrets[pull.rest.bearer]}"
    resources = rest_api_resources(
        {
            "client": {"base_url": pull.rest.url, "headers": headers, "session": _session(pull.rest)},
            "resources": [_endpoint(name, table) for name, table in pull.tables.items()],
        }
    )
    for resource in resources:
        resource.add_step(_AsText(_as_text))
    return resources


def _session(rest: Rest) -> Any:
    """A session that tries again, and talks to no other host: a link or redirect would take the key there."""
    client = Client(
        raise_for_status=False, request_max_attempts=rest.attempts, request_max_retry_delay=_LONGEST_WAIT_S
    )
    session = client.session
    session.adapters.clear()
    parts = urlsplit(rest.url)
    session.mount(f"{parts.scheme}://{parts.netloc}/", HTTPAdapter())
    return session


def _endpoint(name: str, table: RestTable) -> Any:
    endpoint: dict[str, Any] = {
        "path": table.path,
        "params": dict(table.params),
        "data_selector": table.records or "$",
        "paginator": _paginator(table.pages),
        "response_actions": [partial(_read_exactly, table=name, records=table.records)],
    }
    if table.cursor is not None:
        endpoint["incremental"] = {
            "cursor_path": table.cursor,
            "start_param": table.since,
            "initial_value": None if table.start is None else _sent(table.start),
            "lag": table.lag or None,
            "primary_key": None,
        }
    return {"name": name, "endpoint": endpoint, "max_table_nesting": 0}


def _sent(start: Any) -> Any:
    return start if isinstance(start, int) else str(start)


def _paginator(pages: Pages | None) -> Any:
    if pages is None:
        return {"type": "single_page"}
    if pages.cursor is not None:
        return {"type": "cursor", "cursor_path": pages.cursor, "cursor_param": pages.param}
    if pages.offset is not None:
        numbers = {"limit": pages.size, "limit_param": pages.limit, "offset_param": pages.offset}
        return {"type": "offset", "total_path": None, **numbers}
    if pages.page is not None:
        return {"type": "page_number", "total_path": None, "base_page": pages.first, "page_param": pages.page}
    if pages.link == "header":
        return {"type": "header_link"}
    return {"type": "json_link", "next_url_path": pages.link}


def _read_exactly(response: Response, *args: Any, table: str, records: str | None, **kwargs: Any) -> None:
    """Let numbers be decimals, not doubles, and refuse a page that has no records where they should be."""
    response.json = partial(simplejson.loads, response.content, use_decimal=True)  # type: ignore[method-assign]
    if not response.ok or response.is_redirect:
        return
    try:
        page = response.json()
    except ValueError:
        raise PullError(
            f"table {table}: the API answered with something else than JSON. Check `path`."
        ) from None
    if records is not None and not find_values(records, page):
        keys = ", ".join(page) if isinstance(page, dict) else "no keys: it is a list"
        raise PullError(
            f"table {table}: a page has no `{records}`, which `records` names; it has {keys}. Correct it."
        )


def _as_text(record: Any) -> dict[str, str]:
    return {RECORD: simplejson.dumps(record, use_decimal=True, ensure_ascii=False, separators=(",", ":"))}
