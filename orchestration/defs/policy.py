"""Policy of every asset, applied once: layer, owners, code reference, freshness.

What an asset is does not belong here: its own module describes it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.publish.versions.freshness import STALE_AFTER

# groups that every run rebuilds; the others are inputs, or records of earlier runs
NIGHTLY = frozenset({"raw", "staging", "dimensions", "facts", "forecast", "waste", "marts", "published"})
# code references are beta in Dagster, whose version is pinned: no warning on every run
warnings.filterwarnings("ignore", category=dg.BetaWarning)
LATE_AFTER = timedelta(hours=26)
OWNERS = ["team:data-engineering"]


def with_policy(assets: Sequence[Any]) -> list[Any]:
    """The assets with the policy of all, and a code reference for those in Python."""
    return [_with_policy(asset) for asset in dg.with_source_code_references(assets)]


def code_of(path: Path) -> Mapping[str, Any]:
    """Metadata that links an asset's page to a file."""
    reference = dg.LocalFileCodeReference(file_path=str(path), label=path.name)
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference])}


def _with_policy(asset: Any) -> Any:
    if isinstance(asset, dg.AssetSpec):
        return _described(asset)
    return asset.map_asset_specs(_described)


def _described(spec: dg.AssetSpec) -> dg.AssetSpec:
    layer = spec.key.path[0]
    described = spec.merge_attributes(tags={"layer": layer}, owners=OWNERS)
    if layer not in NIGHTLY:
        return described
    # a run may be late; two in a row must not be missed
    policy = dg.FreshnessPolicy.time_window(fail_window=STALE_AFTER, warn_window=LATE_AFTER)
    return described.replace_attributes(freshness_policy=policy)
