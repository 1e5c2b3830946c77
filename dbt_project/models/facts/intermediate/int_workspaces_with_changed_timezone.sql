{{ changed_keys(
    source('raw', 'workspaces'), ['workspace_id'], 'timezone', "'" ~ var('default_timezone') ~ "'"
) }}
