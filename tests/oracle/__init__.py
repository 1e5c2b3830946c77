"""An independent recomputation of the published figures in plain Python, for tests to compare with.

Nothing of the project is imported here, and the project imports nothing from here.
"""

from oracle.landing import load_landing
from oracle.oracle import GRAINS, Oracle

__all__ = ["GRAINS", "Oracle", "load_landing"]
