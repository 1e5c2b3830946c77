"""Landing files to typed rows by the contract: pure reading, every refusal with its reason.

No disk, clock, environment or Dagster here; the lake that keeps the rows is in `orchestration.warehouse`.
"""

from orchestration.landing.contract import FEEDS, Column, Feed
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import LandingError

__all__ = ["FEEDS", "Column", "Feed", "LandingError", "ReadOptions"]
