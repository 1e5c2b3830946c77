"""What holds for every asset, said once: its layer, where its code is, how fresh it must be.

What an asset is does not belong here: each says that of itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.publish.versions.freshness import STALE_AFTER

# groups that every night makes anew; the rest is what came in, or what earlier nights left
NIGHTLY = frozenset({"raw", "staging", "dimensions", "facts", "forecast", "waste", "marts", "published"})
# links to the code may change in a later Dagster, which is pinned; nobody who starts a run needs to know
warnings.filterwarnings("ignore", category=dg.BetaWarning)
LATE_AFTER = timedelta(hours=26)
OWNERS = ["team:data-engineering"]


def with_policy(assets: Sequence[Any]) -> list[Any]:
    """The assets with what holds for all of them; those in Python lead to their code."""
    return [_with_policy(asset) for asset in dg.with_source_code_references(assets)]


def code_of(path: Path) -> Mapping[str, Any]:
    """Metadata that leads to a file from the asset's page."""
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
    # a night may be late; two may not be missed
    policy = dg.FreshnessPolicy.time_window(fail_window=STALE_AFTER, warn_window=LATE_AFTER)
    return described.replace_attributes(freshness_policy=policy)
