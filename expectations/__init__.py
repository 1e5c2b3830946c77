"""The gates between the layers: what must hold of a batch before the next layer is built from it.

Row truths of one dbt model do not belong here (dbt tests prove them), nor disk, clock or Dagster.
"""

from expectations.gates import Check, Gate
from expectations.runner import CheckResult, GateReport, run_gates
from expectations.suites import GATES

__all__ = ["GATES", "Check", "CheckResult", "Gate", "GateReport", "run_gates"]
