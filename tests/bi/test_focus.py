"""The FOCUS export under the validator of the FinOps Foundation, which never sees a network.

focus-validator has a separate environment of Python 3.12, which make test-focus installs.
"""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from support.finance_rows import FIRST, LATE, deliver
from support.product import REPO, Credits, NightlyRun, nightly_run

BIN = REPO / ".venv-focus" / "bin"
VERSION = "1.2"
# what the export has columns for; the others are of clouds: zones, regions, reserved capacity, commitments
SUPPORTED = (
    *("ACCOUNT_NAMING", "BILLING_BASED_ON_PROVISIONED_RESOURCES", "MULTIPLE_BILLING_ACCOUNT_TYPES"),
    *("MULTIPLE_PRICING_CATEGORIES", "MULTIPLE_SUB_ACCOUNT_TYPES", "NEGOTIATED_PRICING"),
    *("PRICING_BILLING_CURRENCY_DIFFERENCES", "PUBLIC_PRICE_LIST", "RESOURCE_TYPE_ASSIGNMENT"),
    *("SUB_ACCOUNT", "TAGGING", "UNIT_PRICING", "USAGE_MEASUREMENT", "VIRTUAL_CURRENCY"),
)
# InvoiceId-C-004 asks for null and -C-005 for a value, each of all rows; PricingCurrency-C-003 asks for ISO
# 4217 of every row, where FOCUS 1.2 itself allows the name of a virtual currency
CONTRADICTORY = {
    *(f"InvoiceId-C-{rule}" for rule in ("000", "003", "004", "005")),
    *(f"PricingCurrency-C-{rule}" for rule in ("000", "003")),
}
# as docs/finance.md says; of an invoice more rules contradict each other
WITHOUT_INVOICE = {"passed": 285, "skipped": 290, "failed": 3}
WITH_INVOICE = {"passed": 282, "skipped": 290, "failed": 6}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (BIN / "focus-validator").exists(),
        reason="focus-validator is not installed; make test-focus installs it",
    ),
]


@pytest.fixture(scope="module")
def corrected(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """Two months of a studio, of which the first is closed and corrected."""
    root = tmp_path_factory.mktemp("focus")
    nightly_run(credits_command, deliver(root / "first", FIRST), root / "data", "2025-04-07")
    return nightly_run(credits_command, deliver(root / "late", LATE), root / "data", "2025-04-20")


def validated(file: Path, report: Path) -> dict[str, int]:
    """Counts of passed, skipped and failed rules; fails for a rule that is not contradictory."""
    command = [
        *(str(BIN / "focus-validator"), "--data-file", str(file), "--validate-version", VERSION),
        *("--focus-dataset", "CostAndUsage", "--block-download", "--output-type", "unittest"),
        *("--applicability-criteria", ",".join(f"{name}_SUPPORTED" for name in SUPPORTED)),
        *("--output-destination", str(report)),
    ]
    # it looks for its rules in the working directory
    (folder,) = BIN.parent.glob("lib/python3.*/site-packages")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    counts = {"passed": 0, "skipped": 0, "failed": 0}
    failed = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        kind = "failed" if kinds & {"failure", "error"} else "skipped" if kinds else "passed"
        counts[kind] += 1
        rule = case.attrib["name"].split(" ")[0]
        if kind == "failed" and rule.rpartition("-")[0] not in CONTRADICTORY:
            failed.append(rule)
    assert failed == []
    return counts


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("month", [None, "2025-03", "2025-04"])
def test_no_rule_of_focus_fails_but_the_two_that_contradict_themselves(
    credits_command: Credits, corrected: NightlyRun, tmp_path: Path, form: str, month: str | None
) -> None:
    file = tmp_path / f"focus.{form}"
    chosen = ("--month", month) if month else ()
    command = ("export", "focus", "--version", VERSION, "--format", form, "--out", file, *chosen)
    result = credits_command(*command, "--data-dir", corrected.data_dir)
    assert result.returncode == 0, result.stderr
    assert validated(file, tmp_path / "report.xml") == (WITHOUT_INVOICE if month else WITH_INVOICE)
