"""Records of an API on this machine arrive exactly, page by page, each once; its key goes nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.pull_source import Source

from orchestration.pull.config import PullError

KEY = "k3y-of-the-api"
EXACT = "12345678901234567890.000000000000000001"
SIZE = 10


@dataclass
class Api:
    """An API of numbered records, in pages of ten.

    Attributes:
        records: what it has; the text "@" stands for the number EXACT.
        failures: how many requests it refuses with 503 first.
        requests: path and query of each request.
    """

    records: list[dict[str, Any]]
    failures: int = 0
    requests: list[str] = field(default_factory=list)
    address: str = ""

    def answer(self, path: str, headers: Any) -> tuple[int, str, dict[str, str]]:
        self.requests.append(path)
        parts = urlsplit(path)
        query = dict(parse_qsl(parts.query))
        if KEY not in (headers["X-Api-Key"], str(headers["Authorization"]).removeprefix("Bearer ")):
            return 401, "{}", {}
        if self.failures:
            self.failures -= 1
            return 503, "{}", {"Retry-After": "1"}
        found = [record for record in self.records if record["changedAt"] >= query.get("since", "")]
        name = parts.path.removeprefix("/v1/")
        page = int(query["page"]) - 1 if name == "page" else 0
        start = int(query.get("from", 0)) + page * SIZE
        following = str(start + SIZE) if start + SIZE < len(found) else None
        link = following and f"{self.address}/v1/{name}?from={following}"
        rows: Any = found[start : start + SIZE]
        sent = {"Link": f'<{link}>; rel="next"'} if name == "header" and link else {}
        documents: dict[str, Any] = {
            "cursor": {"data": {"items": rows}, "next": following},
            "offset": {"data": rows},
            "page": rows,
            "header": rows,
            "link": {"data": rows, "links": {"next": link}},
            "elsewhere": {"data": rows, "next": "http://localhost:1/v1/link"},
            "without": {"items": rows},
        }
        if name == "text":
            return 200, "<html>", {}
        if name == "moved":
            return 302, "", {"Location": "http://localhost:1/v1/link"}
        text = json.dumps(documents[name], ensure_ascii=False).replace('"@"', EXACT)
        return 200, text, sent


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api([{"id": i, "changedAt": f"2026-01-01T00:00:{i:02d}Z", "cost": "@"} for i in range(25)])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = api.answer(self.path, self.headers)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield api
    server.shutdown()
    server.server_close()


def configure(source: Source, api: Api, table: str, *, key: str = "bearer: BILLING_API_KEY") -> None:
    source.variables["BILLING_API_KEY"] = KEY
    source.write(f"rest:\n  url: {api.address}/v1\n  attempts: 3\n  {key}\ntables:\n  charges: {{{table}}}\n")


def lines(source: Source) -> list[str]:
    return [
        line for file in source.files("charges", "jsonl") for line in file.read_text("utf-8").splitlines()
    ]


PAGES = {
    "cursor": "path: cursor, records: data.items, pages: {cursor: next, param: from}",
    "offset": f"path: offset, records: data, pages: {{offset: from, size: {SIZE}}}",
    "page": "path: page, pages: {page: page}",
    "link in a header": "path: header, pages: {link: header}",
    "link in the response": "path: link, records: data, pages: {link: links.next}",
}


@pytest.mark.parametrize("way", PAGES)
def test_every_page_is_read_to_the_last_digit(way: str, api: Api, source: Source) -> None:
    api.records[0] |= {"camelCase": {"deep": [1, {"b": None}]}, "name": 'ü "x"\n', "tiny": 1e-7}
    configure(source, api, PAGES[way])
    source.pull()
    assert [json.loads(line)["id"] for line in lines(source)] == list(range(25))
    assert lines(source)[1] == f'{{"id":1,"changedAt":"2026-01-01T00:00:01Z","cost":{EXACT}}}'
    first = json.loads(lines(source)[0])
    assert {name: first[name] for name in ("camelCase", "name", "tiny")} == {
        **{"camelCase": {"deep": [1, {"b": None}]}, "name": 'ü "x"\n', "tiny": 1e-7}
    }
    assert not any("_dlt" in line for line in lines(source))


def test_a_second_pull_asks_only_for_what_is_new_and_adds_nothing_twice(api: Api, source: Source) -> None:
    configure(
        source, api, f"{PAGES['cursor']}, cursor: changedAt, since: since, start: '2026-01-01T00:00:05Z'"
    )
    source.pull()
    assert [json.loads(line)["id"] for line in lines(source)] == list(range(5, 25))
    api.requests.clear()
    assert source.pull() == []
    assert api.requests == ["/v1/cursor?since=2026-01-01T00%3A00%3A24Z"]
    api.records[3] |= {"changedAt": "2026-02-01T00:00:00Z", "cost": 2}
    source.pull()
    assert len(lines(source)) == 21
    assert lines(source)[-1] == '{"id":3,"changedAt":"2026-02-01T00:00:00Z","cost":2}'


def test_a_lag_asks_again_for_what_may_have_come_late(api: Api, source: Source) -> None:
    configure(source, api, f"{PAGES['cursor']}, cursor: changedAt, since: since, lag: 5s")
    source.pull()
    api.requests.clear()
    source.pull()
    assert api.requests == ["/v1/cursor?since=2026-01-01T00%3A00%3A19Z"]


def test_a_busy_api_is_asked_again(api: Api, source: Source) -> None:
    api.failures = 2
    configure(source, api, PAGES["page"], key="headers: {X-Api-Key: BILLING_API_KEY}")
    source.pull()
    assert len(lines(source)) == 25


OTHER_HOST = "the API led to another host, which is not followed: .*localhost"
REFUSED = {
    "path: elsewhere, records: data, pages: {link: next}": OTHER_HOST,
    "path: moved": OTHER_HOST,
    "path: without, records: data": "table charges: a page has no `data`, which `records` names; it has",
    "path: text": "table charges: the API answered with something else than JSON",
    "path: page, params: {page: 1}, cursor: changed": "table charges: a record has no `changed`, which",
}


@pytest.mark.parametrize("table", REFUSED)
def test_what_cannot_be_used_is_one_sentence(table: str, api: Api, source: Source) -> None:
    configure(source, api, table)
    with pytest.raises(PullError, match=REFUSED[table]) as refused:
        source.pull()
    assert KEY not in str(refused.value) and "\n" not in str(refused.value)
    assert source.files("charges", "jsonl") == []


def test_a_wrong_key_is_one_sentence_without_it(api: Api, source: Source, tmp_path: Path) -> None:
    configure(source, api, PAGES["page"])
    source.variables["BILLING_API_KEY"] = "wr0ng-key"
    with pytest.raises(PullError, match="the API refused: 401 Client Error") as refused:
        source.pull()
    assert "wr0ng" not in str(refused.value)
    assert not any(b"wr0ng" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_server_that_is_away_says_so(source: Source) -> None:
    configure(source, Api([], address="http://127.0.0.1:1"), "path: page")
    source.write((source.folder / "pull.yml").read_text().replace("attempts: 3", "attempts: 1"))
    with pytest.raises(PullError, match=r"the API cannot be reached \(ConnectionError\)"):
        source.pull()
