"""Writes docs/settings.md from the class of the settings: variable, rule, default and meaning of each.

    python docs/settings_document.py

Not here: what a setting means, which its field in orchestration/settings.py says.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from orchestration.settings import PROJECT_DIR, Settings

DOCUMENT = PROJECT_DIR / "docs" / "settings.md"
_HEAD = """\
# Every setting

Made from `orchestration/settings.py` by `make docs`; correct it there. Settings are environment variables; no `.env` file is read. An option of a command (`--data-dir`) wins over its variable. A value that breaks its rule stops the command with exit code 2. The value of a secret is never printed.

| variable | must be | default | meaning |
|---|---|---|---|
"""


def describe_settings() -> str:
    """The document: a row for each field of `Settings`, in their order."""
    return _HEAD + "".join(map(_row, Settings.model_fields.values()))


def _row(field: FieldInfo) -> str:
    secret = " (secret)" if field.annotation is SecretStr else ""
    cells = (f"`{field.validation_alias}`{secret}", field.title, _default(field), field.description)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Path):
        path = value.relative_to(PROJECT_DIR)
        return f"`{path}` of the project" if path.parts else "the project"
    if value in ("", (), None):
        return ""
    return f"`{int(value) if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    DOCUMENT.write_text(describe_settings(), encoding="utf-8")
