"""published -> PostgreSQL, if configured: the served version, sent after the files are served.

How it is sent does not belong here: that is publish/postgres.py.
"""

import dagster as dg

from orchestration.settings import Settings


@dg.asset(
    key=["published", "postgres"],
    deps=[["published", "marts"]],
    group_name="published",
    kinds={"postgres"},
)
def postgres(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """The published marts in schema `marts` of the PostgreSQL database, replaced in one transaction.

    If it fails, the files are served all the same; the next run or `credits publish postgres` sends it.
    """
    # only a run that is configured to send imports the driver
    from orchestration.publish.postgres import send

    rows = send(settings.published_dir, settings.postgres_url.get_secret_value(), echo=context.log.info)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": sum(rows.values()), "rows": dg.MetadataValue.json(rows)}
    )
