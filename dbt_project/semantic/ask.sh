#!/bin/sh
# Queries the published marts by metric: ask.sh PUBLISHED BIN query --metrics credits --group-by usage__member_id
# PUBLISHED is DATA_DIR/published, BIN the folder of dbt and mf. MetricFlow writes, so it works on a copy.
set -eu
published=$1 bin=$(cd "$2" && pwd)
shift 2
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$(dirname "$0")/." "$copy/project"
cp "$published/credits.duckdb" "$copy/credits.duckdb"
export CREDITS_COPY="$copy/credits.duckdb" DBT_SEND_ANONYMOUS_USAGE_STATS=false DO_NOT_TRACK=1
cd "$copy/project"
"$bin/dbt" --quiet run --profiles-dir .
"$bin/mf" "$@"
