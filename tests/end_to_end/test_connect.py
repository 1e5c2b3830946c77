"""From a file of another system to the published report in three commands, without SQL."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from support.product import REPO, Credits, NightlyRun

SAMPLES = REPO / "docs" / "sources" / "samples"
VERBRAUCH = """Vorgangs-Nr;Erstellt am;Benutzer;Artikel-Nr;Aufgabe;Status;Verbrauchte Credits
V-1;30.03.2026 23:30:00;kim;A-1;Beschreibung;erfolgreich;1.234,5
V-2;31.03.2026 00:10:00;lee;A-1;Titel;Fehler;0,25
V-3;31.03.2026 09:00:00;kim;A-2;Beschreibung;erfolgreich;zwei
V-4;31.03.2026 09:05:00;kim;A-2;Beschreibung;erfolgreich;2
"""


def decimals(text: str) -> Decimal:
    """A number of the file, 0 where it is none."""
    return Decimal(text) if re.fullmatch(r"[0-9.eE-]+", text) and text != "-" else Decimal(0)


def rows(file: Path, separator: str = ",") -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=separator))


def litellm(file: Path) -> Decimal:
    """Spend times 100, to six places; where it is 0, the cost in the breakdown of the metadata."""

    def spent(row: dict[str, str]) -> Decimal:
        breakdown = json.loads(row["metadata"] or "{}", parse_float=Decimal).get("cost_breakdown") or {}
        return decimals(row["spend"]) or Decimal(breakdown.get("total_cost") or 0)

    return sum(((100 * spent(row)).quantize(Decimal("0.000001")) for row in rows(file)), Decimal(0))


def otel(file: Path) -> Decimal:
    """The credits on the span, else 1 for each 1,000 tokens of a model call."""
    total = Decimal(0)
    for line in file.read_text().splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
                found = {item["key"]: next(iter(item["value"].values())) for item in span["attributes"]}
                if found.get("gen_ai.operation.name") in (
                    "chat",
                    "generate_content",
                    "text_completion",
                    "embeddings",
                ):
                    tokens = [found.get(f"gen_ai.usage.{kind}_tokens", 0) for kind in ("input", "output")]
                    total += (
                        Decimal(str(found["credits"]))
                        if "credits" in found
                        else sum(map(Decimal, tokens)) / 1000
                    )
    return total


def langfuse(file: Path) -> Decimal:
    """The cost of generations times 100."""
    found = json.loads(file.read_text(), parse_float=Decimal)["observations"]
    costs = [Decimal(one.get("totalCost") or 0) for one in found if one["type"] == "GENERATION"]
    return 100 * sum(costs, Decimal(0))


def cursor(file: Path) -> Decimal:
    """The dollars charged times 100; an included request is 0."""
    return sum((100 * decimals(row["Cost"]) for row in rows(file)), Decimal(0))


def github(file: Path) -> Decimal:
    """The quantity of what is AI."""
    return sum(
        (decimals(row["quantity"]) for row in rows(file) if row["unit_type"] == "ai-credits"), Decimal(0)
    )


def verbrauch(file: Path) -> Decimal:
    """German numbers; the row that is none is refused."""
    texts = [row["Verbrauchte Credits"].replace(".", "").replace(",", ".") for row in rows(file, ";")]
    return sum(map(decimals, texts), Decimal(0))


@dataclass(frozen=True)
class Export:
    """A file, the options that say what only its owner knows, and the sum of its credits by hand."""

    name: str
    options: tuple[str, ...]
    total: Callable[[Path], Decimal]
    refused: str | None = None


EXPORTS = [
    Export("Verbrauch.csv", ("--zone", "Europe/Berlin"), verbrauch, "Verbrauch.csv:4"),
    Export("litellm.dump.csv", ("--rate", "100/usd"), litellm),
    Export("otel.jsonl", ("--rate", "1/1000 tokens"), otel),
    Export("langfuse.download.json", ("--rate", "100/usd"), langfuse),
    Export("cursor.csv", (), cursor),
    Export("github.csv", (), github),
]


@pytest.mark.slow
@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_a_file_of_another_system_is_reported_after_three_commands(
    export: Export, credits_command: Credits, tmp_path: Path
) -> None:
    file = tmp_path / export.name
    file.write_bytes(
        VERBRAUCH.encode() if export.total is verbrauch else (SAMPLES / export.name).read_bytes()
    )
    landing, data_dir = tmp_path / "landing", tmp_path / "data"

    connected = credits_command("connect", file, *export.options, "--landing", landing)
    assert connected.returncode == 0, connected.stderr
    run_it, report_it = re.findall(r"^(?:next|then) +credits (.*)$", connected.stdout, re.MULTILINE)
    done = credits_command(*shlex.split(run_it), "--data-dir", data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    reported = credits_command(*shlex.split(report_it), "--data-dir", data_dir)
    assert reported.returncode == 0, reported.stderr
    assert "Total Credits Used" in reported.stdout

    run = NightlyRun(landing, data_dir, "", done)
    ((published,),) = run.query("select sum(credits) from marts.usage_daily")
    assert published == export.total(file)
    if export.refused:
        assert export.refused in connected.stdout
        assert export.refused in credits_command("status", "--data-dir", data_dir).stdout
