{{ changed_keys(
    'workspaces', ['workspace_id'], 'timezone', "'" ~ var('default_timezone') ~ "'"
) }}
