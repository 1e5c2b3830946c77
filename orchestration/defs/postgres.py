"""published -> PostgreSQL, where it is asked for: the served version, sent after the files are served.

How it is sent does not belong here: that is publish/postgres.py.
"""

import dagster as dg

from orchestration.publish.postgres import send
from orchestration.settings import Settings


@dg.asset(
    key=["published", "postgres"],
    deps=[["published", "marts"]],
    group_name="published",
    kinds={"postgres"},
)
def postgres(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """Schema marts of the PostgreSQL database, as published: one transaction, readers see a version whole.

    If it fails, the files are served all the same, and the next night or `credits publish postgres` sends it.
    """
    rows = send(settings.published_dir, settings.postgres_url.get_secret_value(), echo=context.log.info)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": sum(rows.values()), "rows": dg.MetadataValue.json(rows)}
    )
