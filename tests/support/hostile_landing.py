"""The sample with hostile names instead of its own, and a small workspace for each hostile name.

Not here: assertions.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)' <img src=x onerror=alert(1)>",
    "formula": "=cmd|' /C calc'!A1",
    "sql": "'; drop table marts.credit_summary; --",
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "turned": "\u202eevil\u202c עברית العربية",
    "joined": "👩‍👩‍👧‍👦 🏳️‍🌈 + ＝1+1",
    "combining": "Z\u0337\u0321\u0327a\u0337l\u0337go e\u0301",
    "long": "ü" * 500,
    "path": "../../etc/passwd",
    "parent": "..",
    "control": "tab\there\nnew \"line\"\r 100% 'of' it",
    "fullwidth": "＝1+1",
    "spaced": " \t=1+1",
}
WORKSPACE = "<iframe src=javascript:alert(1)> & Söhne"
# value of the sample -> its hostile replacement, in every column
RENAMED = {
    **{"acme-store": WORKSPACE, "Acme Store": NAMES["attribute"] + NAMES["turned"]},
    **{"m_lisa": NAMES["formula"], "m_tom": NAMES["sql"], "m_sarah": NAMES["template"]},
    **{"m_mike": NAMES["turned"], "m_anna": NAMES["joined"]},
    **{"Lisa": NAMES["combining"], "Tom": NAMES["long"], "Sarah": NAMES["script"]},
    **{"Mike": NAMES["control"], "Anna": NAMES["attribute"]},
    **{"Catalogue": NAMES["fullwidth"], "Localisation": NAMES["script"]},
    **{"rs_descriptions_v1": NAMES["script"], "rs_descriptions_v2": NAMES["formula"]},
    **{"rs_bullets_v1": NAMES["path"], "rs_keywords_v1": NAMES["long"], "rs_meta_v3": NAMES["control"]},
    **{"tpl_five_points": NAMES["parent"], "tpl_storytelling": NAMES["sql"]},
    **{"tpl_keyword_list": NAMES["spaced"], "tpl_search_snippet": NAMES["attribute"]},
    **{"Kitchen": NAMES["script"], "Shoes": NAMES["template"], "Bags": NAMES["formula"]},
    **{"Outdoor": NAMES["control"], "Garden": NAMES["turned"]},
    **{"mistral-large": NAMES["joined"], "gpt-4.1": NAMES["fullwidth"], "th": NAMES["spaced"]},
    **{"mistral": NAMES["sql"], "openai": NAMES["path"]},
}


def renames_of(sample: Path) -> dict[str, str]:
    """Values of the sample and their hostile replacements: `RENAMED`, and some of its products."""
    products = sorted({row["product_id"] for row in _rows(sample, "products")})
    return RENAMED | dict(zip(products, NAMES.values(), strict=False))


def write_hostile(sample: Path, to: Path) -> None:
    """Writes the landing folder."""
    renamed = renames_of(sample)
    feeds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for feed in sorted(path.name for path in sample.iterdir()):
        for row in _rows(sample, feed):
            kept = {name: value for name, value in row.items() if value not in (None, "")}
            feeds[feed].append(
                {name: renamed.get(v, v) if isinstance(v, str) else v for name, v in kept.items()}
            )
    for number, name in enumerate(NAMES.values()):
        for feed, row in _small(number, name):
            feeds[feed].append(row)
    for feed, rows in feeds.items():
        (to / feed).mkdir(parents=True)
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (to / feed / "all.jsonl").write_text(lines, encoding="utf-8")


def _small(number: int, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A workspace in which every id and name is the given one."""
    own = {"workspace_id": name, "member_id": name, "product_id": name}
    at = f"2026-04-0{1 + number % 7}T10:00:00Z"
    yield "workspaces", {"workspace_id": name, "name": name, "timezone": "UTC"}
    yield "members", {"workspace_id": name, "member_id": name, "name": name, "team": name}
    yield "products", {"workspace_id": name, "product_id": name, "title": name, "category": name}
    lot = {"workspace_id": name, "entry_id": name, "entry_type": "purchase", "credits": "100"}
    yield "credit_entries", {**lot, "occurred_at": "2026-03-20T10:00:00Z"}
    event = {**own, "generation_type": name, "ruleset_id": name, "template_id": name, "locale": name}
    event |= {"product_category": name, "model": name, "provider": name, "source": name, "occurred_at": at}
    for attempt in range(3):
        yield "generation_events", {**event, "event_id": f"{name}{attempt}", "credits": f"1.{number}"}


def _rows(sample: Path, feed: str) -> Iterator[dict[str, Any]]:
    for file in sorted((sample / feed).iterdir()):
        opened = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8", newline="") as lines:
            if ".csv" in file.suffixes:
                yield from csv.DictReader(lines)
            elif file.suffix == ".json":
                yield from json.load(lines)
            else:
                yield from map(json.loads, lines)
