"""published -> PostgreSQL, Delta tables, if configured: the served version, sent after the files are served.

How it is sent does not belong here: that is publish/postgres.py and publish/delta.py.
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
    return _sent(rows)


@dg.asset(
    key=["published", "delta"],
    deps=[["published", "marts"]],
    group_name="published",
    kinds={"deltalake"},
)
def delta(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult:
    """The published marts as Delta tables, each replaced in one transaction if it changed.

    If it fails, the files are served all the same; the next run or `credits publish delta` sends it.
    """
    from orchestration.publish.delta import send

    return _sent(send(settings.published_dir, settings.delta_dir, echo=context.log.info))


SENT = {"postgres": postgres, "delta": delta}


def _sent(rows: dict[str, int]) -> dg.MaterializeResult:
    return dg.MaterializeResult(
        metadata={"dagster/row_count": sum(rows.values()), "rows": dg.MetadataValue.json(rows)}
    )
