"""Whether a run names people by id or pseudonym, and without the erased ones.

Who is erased, and how pseudonyms are made, does not belong here.
"""

from __future__ import annotations

from orchestration.lake.lake import Lake
from orchestration.lake.sources.derivation import derivation_now
from orchestration.publish.versions.history import read_run_state
from orchestration.settings import Settings
from orchestration.warehouse.pseudonyms import Pseudonyms
from orchestration.warehouse.run_state import VERSION_FILE, definitions_of


def definitions_now(lake: Lake, settings: Settings) -> str:
    """Fingerprint of all definitions, of mappings and rates, and of how people are named, now."""
    return definitions_of(
        settings.definition_files,
        tag_keys=settings.tag_keys,
        sources=derivation_now(lake).text,
        people=people_now(lake, settings),
    )


def people_now(lake: Lake, settings: Settings) -> str:
    """Fingerprint of who is erased and of the pseudonym secret; empty if all are named by id."""
    pseudonyms = pseudonyms_of(settings)
    parts = [lake.forgotten.fingerprint, pseudonyms.fingerprint if pseudonyms else ""]
    return ".".join(part or "0" for part in parts) if any(parts) else ""


def pseudonyms_of(settings: Settings) -> Pseudonyms | None:
    """The pseudonyms in use; None if people are named by id."""
    return Pseudonyms(settings.pseudonym_secret.get_secret_value()) if settings.pseudonymise else None


class PseudonymSettingMissing(RuntimeError):
    """The published version has pseudonyms, and this run is not configured to keep or drop them."""


def refuse_missing_pseudonym_setting(settings: Settings) -> None:
    """Raise if this run would replace pseudonyms by names only because the setting is missing."""
    run_state = read_run_state(settings.published_dir)
    is_unknown = run_state is None and (settings.published_dir / VERSION_FILE).exists()
    if is_unknown and settings.pseudonymise is None:
        raise PseudonymSettingMissing(
            f"{settings.published_dir / VERSION_FILE} cannot be read, so it is unknown whether the "
            "published version has pseudonyms. Set CREDITS_PSEUDONYMISE to 1, with the secret, or to 0 to "
            "publish names."
        )
    had_pseudonyms = run_state is not None and run_state.people.partition(".")[2] not in ("", "0")
    if had_pseudonyms and settings.pseudonymise is None:
        raise PseudonymSettingMissing(
            "Pseudonyms are dropped only on request; the published version has them, and "
            "CREDITS_PSEUDONYMISE is not set. Set it to 1, with the secret, or to 0 to publish names."
        )
