"""Counts the faults that tests inject, and prints the table at the end of a run.

The tests in tests/faults inject the faults and define survival.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from faults.catalogue import ALL, SECTIONS

_tally: dict[str, Counter[str]] = {"injected": Counter(), "survived": Counter()}


class Faults:
    """The faults of one test: injected and survived."""

    def __init__(self) -> None:
        self.counts = {kind: Counter[str]() for kind in _tally}

    @contextmanager
    def injection(self, fault: str, times: int = 1) -> Iterator[None]:
        """Wrap an injection and its checks; an exception means that the fault was not survived."""
        if fault not in ALL:
            raise ValueError(f"a fault must be listed in tests/faults/catalogue.py; add {fault!r} to it")
        self.counts["injected"][fault] += times
        yield
        self.counts["survived"][fault] += times


@pytest.fixture
def faults(record_property: Callable[[str, object], None]) -> Iterator[Faults]:
    """The faults of this test, which the table adds up over all tests and processes."""
    faults_of_test = Faults()
    yield faults_of_test
    record_property("faults", {kind: dict(counts) for kind, counts in faults_of_test.counts.items()})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-fault", action="store_true", help="fail unless every known fault was injected")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # a fixture's teardown is in the report of that phase
    if report.when == "teardown":
        for name, counts in report.user_properties:
            if name == "faults" and isinstance(counts, dict):
                for kind, of_kind in counts.items():
                    _tally[kind].update(of_kind)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    injected, survived = _tally["injected"], _tally["survived"]
    is_complete = config.getoption("--every-fault")
    if not injected and not is_complete:
        return
    terminalreporter.section("faults")
    for section, every in SECTIONS.items():
        names = [name for name in every if injected[name] or is_complete]
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
    """With --every-fault, a fault that was not injected fails the session."""
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and session.config.getoption("--every-fault"):
        missing = [name for name in ALL if not _tally["injected"][name]]
        if missing and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
