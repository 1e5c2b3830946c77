"""What `credits doctor` looks at: one module for each place, one function for each check.

Nothing is repaired here, and nothing changed but a temporary folder that is removed again.
"""

from orchestration.doctor.finding import Finding, State

__all__ = ["Finding", "State"]
