"""Counts the faults that tests inject, and prints the table at the end of a run.

What is injected, and what survival means, is said in tests/faults.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from faults.catalogue import ALL, SECTIONS

_tally: dict[str, Counter[str]] = {"injected": Counter(), "survived": Counter()}


class Faults:
    """The account of one test."""

    def __init__(self) -> None:
        self.counts = {kind: Counter[str]() for kind in _tally}

    @contextmanager
    def injection(self, fault: str, times: int = 1) -> Iterator[None]:
        """Around an injection and the check of what became of it: an exception says it was not survived."""
        if fault not in ALL:
            raise ValueError(f"a fault is one of tests/faults/catalogue.py; {fault!r} is not: add it there")
        self.counts["injected"][fault] += times
        yield
        self.counts["survived"][fault] += times


@pytest.fixture
def faults(record_property: Callable[[str, object], None]) -> Iterator[Faults]:
    """The account of this test, which the table adds up over all tests and processes."""
    account = Faults()
    yield account
    record_property("faults", {kind: dict(counts) for kind, counts in account.counts.items()})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-fault", action="store_true", help="fail unless every known fault was injected")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # what a fixture records as it ends comes with the report of that phase
    if report.when == "teardown":
        for name, counts in report.user_properties:
            if name == "faults" and isinstance(counts, dict):
                for kind, of_kind in counts.items():
                    _tally[kind].update(of_kind)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    injected, survived = _tally["injected"], _tally["survived"]
    is_whole = config.getoption("--every-fault")
    if not injected and not is_whole:
        return
    terminalreporter.section("faults")
    for section, every in SECTIONS.items():
        names = [name for name in every if injected[name] or is_whole]
        if names:
            terminalreporter.write_line(f"{section:<70}{'injected':>10}{'survived':>10}")
        for name in names:
            verdict = "" if injected[name] == survived[name] else "  NOT SURVIVED"
            verdict = verdict if injected[name] else "  NOT INJECTED"
            counts = f"{injected[name]:>10,}{survived[name]:>10,}"
            terminalreporter.write_line(f"  {name:<68}{counts}{verdict}")
    total = f"{sum(survived.values()):,} of {sum(injected.values()):,} injected faults survived"
    terminalreporter.write_line(f"{total}, {sum(bool(injected[name]) for name in ALL)} of {len(ALL)} kinds")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A whole run that leaves out a fault has not passed."""
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and session.config.getoption("--every-fault"):
        left_out = [name for name in ALL if not _tally["injected"][name]]
        if left_out and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
