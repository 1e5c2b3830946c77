"""How people are called in what a run builds: by their ids, by pseudonyms, or erased.

Who is erased, and how pseudonyms are made, does not belong here.
"""

from __future__ import annotations

from orchestration.lake.lake import Lake
from orchestration.publish.versions.history import read_run_state
from orchestration.settings import Settings
from orchestration.warehouse.pseudonyms import Pseudonyms
from orchestration.warehouse.run_state import VERSION_FILE, definitions_of


def definitions_now(lake: Lake, settings: Settings) -> str:
    """What every number means now, and how people are called."""
    return definitions_of(settings.definition_files, people=people_now(lake, settings))


def people_now(lake: Lake, settings: Settings) -> str:
    """How people are called now: who is forgotten, and by which secret the others; empty if all by ids."""
    pseudonyms = pseudonyms_of(settings)
    parts = [lake.forgotten.fingerprint, pseudonyms.fingerprint if pseudonyms else ""]
    return ".".join(part or "0" for part in parts) if any(parts) else ""


def pseudonyms_of(settings: Settings) -> Pseudonyms | None:
    """What people are called by; None if by their ids and names."""
    return Pseudonyms(settings.pseudonym_secret.get_secret_value()) if settings.pseudonymise else None


class PseudonymSettingMissing(RuntimeError):
    """What is published has pseudonyms, and this run was not told whether to keep them."""


def refuse_missing_pseudonym_setting(settings: Settings) -> None:
    """Raise if this run would publish names in place of pseudonyms only because nobody told it otherwise."""
    run_state = read_run_state(settings.published_dir)
    is_unknown = run_state is None and (settings.published_dir / VERSION_FILE).exists()
    if is_unknown and settings.pseudonymise is None:
        raise PseudonymSettingMissing(
            f"{settings.published_dir / VERSION_FILE} cannot be read, so that it is not known whether people "
            "have pseudonyms. Set CREDITS_PSEUDONYMISE to 1, with the secret, or to 0 to publish names."
        )
    had_pseudonyms = run_state is not None and run_state.people.partition(".")[2] not in ("", "0")
    if had_pseudonyms and settings.pseudonymise is None:
        raise PseudonymSettingMissing(
            "people keep their pseudonyms until a run is told otherwise; what is published has them, and "
            "CREDITS_PSEUDONYMISE is not set. Set it to 1, with the secret, or to 0 to publish names."
        )
