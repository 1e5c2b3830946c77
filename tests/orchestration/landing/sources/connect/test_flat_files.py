"""Flat files of many makers are mapped as they mean it: no time or number is read in another way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.landing.sources.connect.flat.flat_table import Choices, Question
from orchestration.landing.sources.connect.rates import read_rate
from orchestration.landing.sources.connect.source import Source, look_at, own_source
from orchestration.landing.sources.connect.source_files import SourceFile


class Asked(Exception):
    """The questions that were left."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__([question.flag for question in questions])
        self.flags = [question.flag for question in questions]


def refuse(questions: Sequence[Question], choices: Choices) -> NoReturn:
    raise Asked(questions)


def connected(file: Path, **said: Any) -> Source:
    return own_source(look_at([SourceFile(file, file.name)]), "own", Choices(**said), refuse)


@dataclass(frozen=True)
class Flat:
    """A file, what the user says of it, and what must come of it."""

    name: str
    content: str
    values: dict[str, Any]
    credits: str
    rows: int
    first: str
    said: dict[str, Any] = field(default_factory=dict)
    reads: dict[str, Any] = field(default_factory=dict)
    refused: int = 0


BERLIN = {"zone": "Europe/Berlin"}
FILES = {
    "German semicolons, decimal commas, groups with points": Flat(
        "verbrauch.csv",
        "Vorgangs-Nr;Erstellt am;Benutzer;Artikel-Nr;Aufgabe;Status;Verbrauchte Credits;Sprache\n"
        "V-1;31.12.2026 23:30:00;kim;A-1;Beschreibung;erfolgreich;1.234,5;de\n"
        "V-2;31.12.2026 23:45:10;lee;A-1;Titel;Fehler;0,25;de\n"
        "V-3;01.01.2027 00:10:00;kim;A-2;Beschreibung;abgebrochen;0;de\n",
        {
            "event_id": "Vorgangs-Nr",
            "occurred_at": {"path": "Erstellt am", "format": "%d.%m.%Y %H:%M:%S", "zone": "Europe/Berlin"},
            "member_id": "Benutzer",
            "product_id": "Artikel-Nr",
            "generation_type": "Aufgabe",
            "credits": "Verbrauchte Credits",
            "locale": "Sprache",
            "status": {
                "path": "Status",
                "map": {"Fehler": "failed", "abgebrochen": "cancelled", "erfolgreich": "succeeded"},
            },
        },
        "1234.75",
        3,
        "2026-12-31 22:30:00",
        BERLIN,
        {"separator": ";", "decimal": ",", "thousands": "."},
    ),
    "Excel's CSV with a byte order mark": Flat(
        "export.csv",
        "\ufeffID;Datum;Mitarbeiter;Credits\r\n1;01.03.2026 09:05;Kim;2,5\r\n2;02.03.2026 09:05;Lee;3\r\n",
        {"event_id": "ID", "member_id": "Mitarbeiter", "generation_type": {"const": "generation"}},
        "5.5",
        2,
        "2026-03-01 08:05:00",
        BERLIN,
    ),
    "tabs": Flat(
        "usage.csv",
        "request_id\tcreated_at\tuser_id\taction\tcredits_used\nr1\t2026-03-01T09:00:00Z\tu1\tdraft\t4\nr2\t2026-03-01T09:01:00Z\tu1\tdraft\t6\n",
        {"event_id": "request_id", "occurred_at": "created_at", "generation_type": "action"},
        "10",
        2,
        "2026-03-01 09:00:00",
        reads={"separator": "\t"},
    ),
    "bars": Flat(
        "usage.csv",
        "uuid|timestamp|username|credits\na|2026-03-01 09:00:00+01:00|kim|0.5\n"
        "b|2026-03-02 09:00:00+01:00|kim|0.125\n",
        {"event_id": "uuid", "occurred_at": "timestamp", "member_id": "username"},
        "0.625",
        2,
        "2026-03-01 08:00:00",
    ),
    "French numbers with spaces": Flat(
        "conso.csv",
        "Identifiant;Date création;Utilisateur;Tâche;Statut;Crédits consommés\n"
        "7;01/03/2026 14:00;zoé;Résumé;succès;1\u202f250,75\n8;13/03/2026 15:00;zoé;Résumé;échec;0,25\n",
        {
            "event_id": "Identifiant",
            "occurred_at": {"path": "Date création", "format": "%d/%m/%Y %H:%M", "zone": "Europe/Paris"},
            "member_id": "Utilisateur",
            "generation_type": "Tâche",
            "credits": "Crédits consommés",
            "status": {"path": "Statut", "map": {"succès": "succeeded", "échec": "failed"}},
        },
        "1251",
        2,
        "2026-03-01 13:00:00",
        {"zone": "Europe/Paris"},
    ),
    "milliseconds since 1970 in JSON lines": Flat(
        "usage.jsonl",
        '{"id": "g1", "ts": 1772355600123, "userId": "u1", "feature": "alt", "credits": 1.5, "model": "m1"}\n'
        '{"id": "g2", "ts": 1772355601000, "userId": "u2", "feature": "alt", "credits": 2, "model": "m1"}\n',
        {
            "occurred_at": {"path": "ts", "epoch": "ms"},
            "member_id": "userId",
            "generation_type": "feature",
            "model": "model",
        },
        "3.5",
        2,
        "2026-03-01 09:00:00.123000",
    ),
    "seconds since 1970 in CSV": Flat(
        "usage.csv",
        "id,timestamp,credits\na,1772355600,1\nb,1772355601,1\n",
        {"occurred_at": {"path": "timestamp", "epoch": "s"}},
        "2",
        2,
        "2026-03-01 09:00:00",
    ),
    "a JSON array with nested objects": Flat(
        "usage.json",
        json.dumps(
            [
                {
                    "id": n,
                    "createdAt": f"2026-03-0{n}T09:00:00+07:00",
                    "actor": {"email": f"u{n}"},
                    "usage": {"credits": n},
                }
                for n in (1, 2, 3)
            ]
        ),
        {"occurred_at": "createdAt", "member_id": "actor.email", "credits": "usage.credits"},
        "6",
        3,
        "2026-03-01 02:00:00",
    ),
    "a page of an API, written over several lines": Flat(
        "page.json",
        json.dumps(
            {
                "next": None,
                "items": [
                    {"id": "a", "time": "2026-03-01T09:00:00Z", "credits": "1.25"},
                    {"id": "b", "time": "2026-03-02T09:00:00Z", "credits": "1"},
                ],
            },
            indent=2,
        ),
        {"event_id": "id", "occurred_at": "time"},
        "2.25",
        2,
        "2026-03-01 09:00:00",
        reads={"records": "items"},
    ),
    "American times of twelve hours": Flat(
        "usage.csv",
        'Id,Created,User,Credits\n1,"3/14/2026 1:05 PM",Ann,"1,250.50"\n2,"3/2/2026 12:05 AM",Bob,10\n',
        {"occurred_at": {"path": "Created", "format": "%m/%d/%Y %I:%M %p", "zone": "America/New_York"}},
        "1260.5",
        2,
        "2026-03-02 05:05:00",
        {"zone": "America/New_York"},
        {"thousands": ","},
    ),
    "months by name": Flat(
        "usage.csv",
        'id,date,member,credits\n1,"Mar 1, 2026, 2:30 PM",kim,1\n2,"Mar 12, 2026, 2:30 AM",kim,1\n',
        {"occurred_at": {"path": "date", "format": "%b %d, %Y, %I:%M %p", "zone": "UTC"}},
        "2",
        2,
        "2026-03-01 14:30:00",
        {"zone": "UTC"},
    ),
    "date and time of day in two columns": Flat(
        "usage.csv",
        "Nr;Datum;Uhrzeit;Nutzer;Credits\n1;01.03.2026;09:05;kim;1\n2;02.03.2026;17:45;kim;2\n",
        {
            "occurred_at": {
                "concat": ["Datum", "Uhrzeit"],
                "separator": " ",
                "format": "%d.%m.%Y %H:%M",
                "zone": "Europe/Berlin",
            }
        },
        "3",
        2,
        "2026-03-01 08:05:00",
        BERLIN,
    ),
    "whole days": Flat(
        "daily.csv",
        "usage_date,user,sku,credits\n2026-03-01,kim,chat,5\n2026-03-02,kim,chat,6\n",
        {
            "occurred_at": {"path": "usage_date", "day": True, "zone": "UTC"},
            "event_id": "content_and_occurrence",
        },
        "11",
        2,
        "2026-03-01 12:00:00",
        {"zone": "UTC"},
    ),
    "no ids, and two records that are equal": Flat(
        "log.csv",
        "timestamp,user,credits\n2026-03-01T09:00:00Z,kim,1\n2026-03-01T09:00:00Z,kim,1\n2026-03-01T09:00:01Z,kim,1\n",
        {"event_id": "content_and_occurrence"},
        "3",
        3,
        "2026-03-01 09:00:00",
    ),
    "ids that stand on different records": Flat(
        "log.csv",
        "session,id,time,credits\ns1,1,2026-03-01T09:00:00Z,1\ns2,1,2026-03-01T10:00:00Z,5\ns2,2,2026-03-01T10:00:00Z,5\n",
        {"event_id": "content_and_occurrence"},
        "11",
        3,
        "2026-03-01 09:00:00",
    ),
    "workspaces by column, some empty": Flat(
        "log.csv",
        "id,time,customer,credits\n1,2026-03-01T09:00:00Z,acme,1\n2,2026-03-01T10:00:00Z,,5\n",
        {"workspace_id": {"first": ["customer", {"const": "default"}]}},
        "6",
        2,
        "2026-03-01 09:00:00",
    ),
    "NULL written as a word": Flat(
        "log.csv",
        "id,time,user,product,credits\n1,2026-03-01T09:00:00Z,NULL,p1,1\n2,2026-03-01T10:00:00Z,kim,NULL,5\n",
        {"member_id": "user", "product_id": "product"},
        "6",
        2,
        "2026-03-01 09:00:00",
        reads={"null": ["NULL"]},
    ),
    "credits by the cost": Flat(
        "costs.csv",
        "id,time,user,cost_usd\n1,2026-03-01T09:00:00Z,kim,0.0004\n2,2026-03-01T10:00:00Z,kim,0.0000015\n",
        {
            "credits": {"rate": {"of": "cost_usd", "card": "own", "unit": "usd"}, "places": 6},
            "provider_currency": {"const": "USD"},
        },
        "0.04015",
        2,
        "2026-03-01 09:00:00",
        {"rates": (read_rate("100/usd"),)},
    ),
    "a credit for each generation": Flat(
        "log.csv",
        "id,time,user\n1,2026-03-01T09:00:00Z,kim\n2,2026-03-01T10:00:00Z,kim\n",
        {"credits": {"rate": {"card": "own", "unit": "generation"}, "places": 6}},
        "4",
        2,
        "2026-03-01 09:00:00",
        {"rates": (read_rate("2/generation"),)},
    ),
    "credits by tokens in and out": Flat(
        "log.csv",
        "id,time,user,prompt_tokens,completion_tokens\n1,2026-03-01T09:00:00Z,kim,1000,500\n2,2026-03-01T10:00:00Z,kim,0,10\n",
        {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"},
        "3.03",
        2,
        "2026-03-01 09:00:00",
        {"rates": (read_rate("1.5/1000 input_tokens"), read_rate("3/1000 output_tokens"))},
    ),
    "columns the user names": Flat(
        "log.csv",
        "a,b,c,d.e\nx,2026-03-01 09:00,7,kim\ny,2026-03-01 10:00,8,kim\n",
        {"event_id": "a", "credits": "c", "member_id": '"d.e"', "workspace_id": {"const": "acme"}},
        "15",
        2,
        "2026-03-01 09:00:00",
        {
            "zone": "UTC",
            "credits": "c",
            "workspace": "acme",
            "columns": {"event_id": "a", "member_id": "d.e"},
        },
    ),
    "one value in ten that is wrong": Flat(
        "log.csv",
        "id,time,credits\n"
        + "".join(f"{n},2026-03-01T09:00:0{n}Z,{'x' if n == 4 else n}\n" for n in range(10)),
        {"credits": "credits"},
        "41",
        9,
        "2026-03-01 09:00:00",
        refused=1,
    ),
    "a charge named by words in any order": Flat(
        "verbrauch.csv",
        "Nr;Datum;Textart;Verbrauch (Credits);Credits übrig\n"
        + "".join(f"{n};0{n}.04.2026 08:15:00;Titel;{n},25;{90 - n}\n" for n in range(1, 5)),
        {"credits": '"Verbrauch (Credits)"', "generation_type": "Textart"},
        "11",
        4,
        "2026-04-01 06:15:00",
        {"zone": "Europe/Berlin"},
        reads={"decimal": ","},
    ),
}


@pytest.mark.parametrize("flat", FILES.values(), ids=FILES)
def test_a_flat_file_is_mapped_as_it_means_it(flat: Flat, tmp_path: Path) -> None:
    file = tmp_path / flat.name
    file.write_bytes(flat.content.encode())
    source = connected(file, **flat.said)
    assert source.proposal
    pairs = {pair.ours: pair.value for pair in source.proposal.pairs}
    assert {ours: pairs.get(ours) for ours in flat.values} == flat.values
    assert source.mapping.reads.model_dump(exclude_defaults=True).items() >= flat.reads.items()
    trial = source.trial
    assert (trial.rows, len(trial.refused)) == ({"generation_events": flat.rows}, flat.refused)
    assert trial.credits == Decimal(flat.credits)
    assert trial.first and f"{trial.first:%Y-%m-%d %H:%M:%S.%f}".startswith(flat.first)


def test_parquet_is_mapped_by_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "usage.parquet"
    table = pa.table(
        {
            "generation_id": ["a", "b"],
            "started_at": pa.array([1772355600000000, 1772355660000000], pa.timestamp("us", "UTC")),
            "login": ["kim", "lee"],
            "credit_cost": pa.array([Decimal("1.500000"), Decimal("2.250000")], pa.decimal128(18, 6)),
        }
    )
    pq.write_table(table, file)
    trial = connected(file).trial
    assert (trial.rows, trial.members, trial.credits) == ({"generation_events": 2}, 2, Decimal("3.75"))


@pytest.mark.parametrize(
    ("content", "flags"),
    [
        ("id,time,credits\n1,2026-03-01 09:00:00,1\n", ["--zone"]),
        ("id,time,cost\n1,2026-03-01T09:00:00Z,1.25\n", ["--credits"]),
        ("id,time,tokens\n1,2026-03-01T09:00:00Z,100\n", ["--credits"]),
        ("id,time,credits_left\n1,2026-03-01T09:00:00Z,100\n", ["--credits"]),
        ("id,time,credits\n1,03/04/2026 09:00,1\n", ["--dates", "--zone"]),
        ('id,time,credits\n1,2026-03-01T09:00:00Z,"1,250"\n', ["--decimal"]),
        ("id;time;credits\n1;2026-03-01T09:00:00Z;1.250\n", ["--decimal"]),
        ("id,user,amount\n1,kim,3\n", ["--column occurred_at=COLUMN", "--credits"]),
    ],
)
def test_what_does_not_show_is_asked_for_all_at_once_and_never_guessed(
    content: str, flags: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "log.csv"
    file.write_text(content)
    with pytest.raises(Asked) as asked:
        connected(file)
    assert sorted(asked.value.flags) == flags


def test_an_address_is_no_member_id_unless_it_is_allowed(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(
        "id,time,who,credits\n1,2026-03-01T09:00:00Z,kim@example.com,1\n2,2026-03-01T09:00:00Z,lee@example.com,1\n"
    )
    hidden = connected(file, pseudonym="0123456789abcdef")
    assert (hidden.trial.members, hidden.trial.emails) == (2, 0)
    assert connected(file).trial.emails == 2
