"""The gates by layer, in the order of the path."""

from types import MappingProxyType

from expectations.suites import (
    delivered,
    facts,
    forecast,
    ledger,
    marts,
    raw,
    spikes,
    staging,
    suggestions,
    version_changes,
    waste,
)

GATES = MappingProxyType(
    {
        "raw": raw.GATES,
        "staging": staging.GATES,
        "facts": (*facts.GATES, *delivered.GATES),
        "ledger": ledger.GATES,
        "forecast": (*forecast.GATES, *spikes.GATES),
        "waste": (*waste.GATES, *suggestions.GATES, *version_changes.GATES),
        "marts": marts.GATES,
    }
)
