"""From files to a source: whose export they are, the mapping that reads them, what has to be asked first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from orchestration.in_memory import in_memory
from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.dispatch import format_of
from orchestration.landing.formats.records import Layout
from orchestration.landing.sources.connect.changed_mapping import changed_mapping
from orchestration.landing.sources.connect.flat.flat_table import Choices, FlatTable, Question, RateChoice
from orchestration.landing.sources.connect.flat.propose import Proposal, propose, unknown_columns
from orchestration.landing.sources.connect.mapping_text import mapping_text
from orchestration.landing.sources.connect.rates import card_rows, cards_of, units_of
from orchestration.landing.sources.connect.recognise import Recognised, feed_of, recognise
from orchestration.landing.sources.connect.sampled_files import (
    Sample,
    flat_table,
    is_flat,
    layout_of,
    page_path,
    parsed_records,
    sample_end,
    sample_file,
    separator_of,
)
from orchestration.landing.sources.connect.source_files import SourceFile, UnusableFiles
from orchestration.landing.sources.connect.trial import Trial, try_mapping
from orchestration.landing.sources.language import Mapping
from orchestration.landing.sources.mapping import mapping_from, read_mapping, shipped
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.typing.row_typer import RowTyper

Ask = Callable[[Sequence[Question], Choices], Choices]


@dataclass(frozen=True)
class Seen:
    """What the files show by themselves.

    Attributes:
        feed: the feed, if they are in the contract's own form.
        recognised: the shipped source, if they are of one.
    """

    files: tuple[SourceFile, ...]
    samples: tuple[Sample, ...]
    feed: str | None
    recognised: Recognised | None


@dataclass(frozen=True)
class Source:
    """Files, the mapping that reads them, and what it makes of their first records.

    Attributes:
        text: of a mapping of its own; None if the shipped one, or one that is there already, holds.
        proposal: if the mapping was proposed.
        rate_rows: rows of `rate_cards`, if rates were given.
    """

    name: str
    mapping: Mapping
    text: str | None
    proposal: Proposal | None
    rate_rows: tuple[dict[str, str], ...]
    cards: RateCards
    trial: Trial


def look_at(files: Sequence[SourceFile]) -> Seen:
    """Read the first records, and recognise them.

    Raises:
        FileRejected: a file cannot be read.
    """
    samples = tuple(
        sample_file(file.path, name=file.name, layout=Layout(separator=separator_of(file.path)))
        for file in files
    )
    records = [record for sample in samples for record in parsed_records(sample)]
    feed = feed_of({name for record in records for name in record}) if records else None
    if feed and not _loads(samples, feed):
        feed = None
    return Seen(tuple(files), samples, feed, recognise(records, known=shipped()))


def _loads(samples: Sequence[Sample], feed: str) -> bool:
    """Whether most records are rows of the feed: with its columns, and its values too."""
    documents = pa.chunked_array([[record for sample in samples for record in sample.records]], pa.string())
    with in_memory() as connection:
        accepted = RowTyper(connection, FEEDS[feed]).read(documents).accepted.num_rows
    return accepted * 2 > len(documents)


def given_source(seen: Seen, name: str, file: Path, choices: Choices, cards: RateCards) -> Source:
    """The source of a mapping that is there already, or that is shipped under another name.

    Raises:
        MappingError, FileRejected, UnusableFiles: it cannot be used.
    """
    mapping = read_mapping(file, name=name)
    return _tried(seen, mapping, None, None, choices, cards)


def shipped_source(seen: Seen, name: str, choices: Choices, cards: RateCards, ask: Ask) -> Source:
    """The source of a shipped mapping; with changes if a workspace or pseudonyms are asked for.

    Raises:
        MappingError, FileRejected, UnusableFiles: it cannot be used.
    """
    file = shipped()[name]
    source = given_source(seen, name, file, choices, cards)
    if _lacks_rate(source.trial):
        choices = ask(_rate_questions(seen, source.mapping, choices, cards), choices)
        source = given_source(seen, name, file, choices, cards)
    key = choices.pseudonym if source.trial.emails else None
    if key or choices.workspace:
        text = changed_mapping(file, workspace=choices.workspace, pseudonym=key)
        mapping = mapping_from(text, name=name, shown_as=f"{name}/mapping.yml")
        return _tried(seen, mapping, text, None, choices, cards)
    return source


def own_source(seen: Seen, name: str, choices: Choices, ask: Ask) -> Source:
    """The source of a flat file that is of no shipped one: a mapping is proposed, and asked about.

    Raises:
        MappingError, FileRejected, UnusableFiles: no mapping can be proposed.
    """
    records, samples = _flat_samples(seen)
    separator = separator_of(seen.files[0].path)
    is_text = format_of(seen.files[0].name) == "csv"
    table = flat_table(samples, is_text=is_text, separator=separator)
    choices = replace(choices, card=name)
    if problems := unknown_columns(table, choices):
        raise UnusableFiles("; ".join(problems))
    proposal, choices = _settled(table, choices, ask)
    text = mapping_text(proposal, shown_as=seen.files[0].name, records=records)
    mapping = mapping_from(text, name=name, shown_as=f"{name}/mapping.yml")
    return _tried(replace(seen, samples=samples), mapping, text, proposal, choices, RateCards.empty())


def last_instant(seen: Seen, source: Source) -> datetime | None:
    """The last time of all records, by the first and the last ones of each file; None if none is known."""
    if source.trial.is_whole:
        return source.trial.last
    layout = layout_of(source.mapping)
    ends = [sample_end(file.path, name=file.name, layout=layout) for file in seen.files]
    times = [source.trial.last, try_mapping(ends, source.mapping, cards=source.cards).last]
    return max(filter(None, times), default=None)


def _settled(table: FlatTable, choices: Choices, ask: Ask) -> tuple[Proposal, Choices]:
    """The proposal when nothing is left to ask; an answer may open another question."""
    proposal = propose(table, choices)
    while proposal.questions:
        choices = ask(proposal.questions, choices)
        if problems := unknown_columns(table, choices):
            raise UnusableFiles("; ".join(problems))
        proposal = propose(table, choices)
    return proposal, choices


def _flat_samples(seen: Seen) -> tuple[str | None, tuple[Sample, ...]]:
    """The path of the records in pages, if the files are pages, and the flat records."""
    if len({format_of(file.name) for file in seen.files}) > 1:
        raise UnusableFiles("the files have several formats; connect those of one format at a time")
    path = page_path(seen.samples[0])
    samples = seen.samples
    if path:
        layout = Layout(records=tuple(path.split(".")))
        samples = tuple(sample_file(file.path, name=file.name, layout=layout) for file in seen.files)
    if not any(True for sample in samples for _ in parsed_records(sample)):
        faults = [(sample.name, line) for sample in samples for line in sample.rejected]
        found = [f"{name}:{line.line_number}: {line.reject.reason}" for name, line in faults]
        listed = "; ".join(found[:3]) or "its lines are no JSON objects"
        raise UnusableFiles(f"no record can be read: {listed}")
    if not is_flat(samples):
        raise UnusableFiles("its records are no flat rows; write a mapping.yml for it, or export it as CSV")
    return path, samples


def _tried(
    seen: Seen,
    mapping: Mapping,
    text: str | None,
    proposal: Proposal | None,
    choices: Choices,
    cards: RateCards,
) -> Source:
    samples = seen.samples
    if proposal is None:
        layout = layout_of(mapping)
        samples = tuple(sample_file(file.path, name=file.name, layout=layout) for file in seen.files)
    try:
        rows = card_rows(choices.rates, mapping) if choices.rates else []
    except ValueError as error:
        raise UnusableFiles(str(error)) from error
    cards = cards_of(rows) if rows else cards
    trial = try_mapping(samples, mapping, cards=cards)
    return Source(mapping.name, mapping, text, proposal, tuple(rows), cards, trial)


def _rate_questions(seen: Seen, mapping: Mapping, choices: Choices, cards: RateCards) -> list[Question]:
    """A question for each unit whose rate these records need and do not have."""
    units = sorted({unit for of_card in units_of(mapping).values() for unit in of_card})
    said = {rate.unit for rate in choices.rates}
    needed = []
    for unit in units:
        others = [RateChoice(Decimal(1), other) for other in units if other != unit]
        if unit not in said and _lacks_rate(
            _tried(seen, mapping, None, None, replace(choices, rates=tuple(others)), cards).trial
        ):
            needed.append(unit)
    text = f"{mapping.name} does not say what a credit is: the credits of one"
    return [Question("--rate", f"{text} {unit}", f"--rate AMOUNT/{unit}") for unit in needed or units]


def _lacks_rate(trial: Trial) -> bool:
    return any(refusal.reject.rule == "rate.missing" for refusal in trial.refused)
