"""Sources -> landing: one asset for each pull.yml, part of the nightly run only if a setting says so.

How rows are pulled does not belong here: that is pull/.
"""

import re
from collections.abc import Sequence

import dagster as dg

from orchestration.defs.resources import RunContext
from orchestration.pull.config import PullError, configured
from orchestration.pull.deliver import Delivered
from orchestration.pull.pull import pull_source
from orchestration.runs.lock import DataDirectoryLocked
from orchestration.settings import Settings, secret
from orchestration.visible_text import counted

GROUP = "pull"
CHECK = "pulled"


def pull_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """An asset for each source of the landing directory; its file is read when it is pulled."""
    return [_asset(name) for name in configured(settings.landing_dir)]


def after(assets: Sequence[dg.AssetsDefinition], asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The asset as one that waits for others."""
    keys = [key for other in assets for key in other.keys]
    return asset.map_asset_specs(lambda spec: spec.merge_attributes(deps=keys))


def _asset(name: str) -> dg.AssetsDefinition:
    key = [GROUP, name]

    @dg.multi_asset(
        # the name of a folder may have characters that the name of a step may not
        name="pull_" + re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", name),
        specs=[
            dg.AssetSpec(
                key,
                group_name=GROUP,
                kinds={"dlt"},
                description=f"New rows of the source `{name}`, as files in its landing folder. "
                f"What is pulled is in {name}/pull.yml; the keys come from the environment.",
            )
        ],
        check_specs=[dg.AssetCheckSpec(CHECK, asset=key, description="The source could be pulled.")],
    )
    def pulled(
        context: dg.AssetExecutionContext, run: RunContext, settings: dg.ResourceParam[Settings]
    ) -> dg.MaterializeResult:
        state = settings.pull_dir / name
        files: list[Delivered] = []
        try:
            if run.is_loading:  # a run that only rebuilds reads nothing new
                files = pull_source(name, landing=settings.landing_dir, state=state, secret=secret)
            check = dg.AssetCheckResult(check_name=CHECK, passed=True)
        except (PullError, DataDirectoryLocked) as error:
            # no failed step: a source that is away must not stop a run of what was delivered
            check = dg.AssetCheckResult(check_name=CHECK, passed=False, description=str(error))
        rows = {file.table: file.row_count for file in files if file.path is not None}
        context.log.info(f"{name}: {counted(sum(rows.values()), 'row')} pulled")
        return dg.MaterializeResult(
            metadata={"dagster/row_count": sum(rows.values()), "rows": dg.MetadataValue.json(rows)},
            check_results=[check],
        )

    return pulled
