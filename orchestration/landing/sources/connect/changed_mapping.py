"""A shipped mapping with changes that were asked for: another workspace, pseudonyms for e-mail addresses."""

from pathlib import Path
from typing import Any

import yaml

from orchestration.landing.sources.connect.flat.propose import DEFAULT_WORKSPACE
from orchestration.landing.sources.connect.mapping_text import flow


def changed_mapping(file: Path, *, workspace: str | None = None, pseudonym: str | None = None) -> str:
    """The text of a shipped mapping with changes.

    Args:
        file: the shipped mapping.
        workspace: instead of the default workspace.
        pseudonym: the key by which member ids are replaced, also where they are part of an id.
    """
    mapping = yaml.safe_load(file.read_text(encoding="utf-8"))
    lines = [f"# The shipped mapping {file.stem}, with changes."]
    lines += [f"{verb}: {flow(value)}" for verb, value in mapping.items() if verb != "feeds"]
    lines.append("feeds:")
    for name, feed in mapping["feeds"].items():
        lines.append(f"  {name}:")
        for variant in feed if isinstance(feed, list) else [feed]:
            changed = _changed(variant, workspace=workspace, pseudonym=pseudonym)
            marks = (
                ["    - ", *["      "] * len(changed)] if isinstance(feed, list) else ["    "] * len(changed)
            )
            shown = zip(marks, changed.items(), strict=False)
            lines += [f"{mark}{column}: {flow(value)}" for mark, (column, value) in shown]
    return "\n".join(lines) + "\n"


def _changed(feed: dict[str, Any], *, workspace: str | None, pseudonym: str | None) -> dict[str, Any]:
    """One variant of a feed with the changes."""
    members = _paths(feed["member_id"]) if "member_id" in feed else set()
    found = dict(feed)
    if workspace and "workspace_id" in feed:
        found["workspace_id"] = _with_workspace(feed["workspace_id"], workspace)
    for column in ("member_id", "event_id"):
        if pseudonym and column in feed:
            found[column] = _with_pseudonym(feed[column], members, pseudonym)
    return found


def _paths(value: Any) -> set[str]:
    """The paths that a value is taken from."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return (
            {value["path"]} if "path" in value else set().union(*map(_paths, value.get("first", [])), set())
        )
    return set()


def _with_workspace(value: Any, workspace: str) -> Any:
    if value == {"const": DEFAULT_WORKSPACE}:
        return {"const": workspace}
    if isinstance(value, dict):
        return {key: _with_workspace(item, workspace) for key, item in value.items()}
    return [_with_workspace(item, workspace) for item in value] if isinstance(value, list) else value


def _with_pseudonym(value: Any, members: set[str], key: str) -> Any:
    """Each value that is taken from a path of members, hashed."""
    if isinstance(value, str):
        return {"path": value, "pseudonym": key} if value in members else value
    if isinstance(value, list):
        return [_with_pseudonym(item, members, key) for item in value]
    if isinstance(value, dict):
        if value.get("path") in members:
            return value | {"pseudonym": key}
        return {
            name: _with_pseudonym(item, members, key) if name in ("first", "concat", "else") else item
            for name, item in value.items()
        }
    return value
