{#- The columns of a staged generation, in their order, from a relation over raw.generation_events. -#}
{% macro generation_event_columns() -%}
    row_id,
    source,
    event_id,
    workspace_id,
    coalesce({{ given_id('member_id') }}, {{ no_member() }}) as member_id,
    {{ given_id('product_id') }} as product_id,
    generation_type,
    locale,
    -- without a product it is of no content unit, and changes for itself
    case when {{ given_id('product_id') }} is null then row_id end as unitless_row_id,
    request_id,
    product_category,
    status,
    ruleset_id,
    template_id,
    workflow,
    model,
    provider,
    credits,
    quality_score,
    input_tokens,
    output_tokens,
    latency_ms,
    provider_cost,
    provider_currency,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id
{%- endmacro %}

{#- The columns of a staged outcome, in their order, from a relation over raw.content_outcomes. -#}
{% macro outcome_columns() -%}
    row_id,
    source,
    outcome_id,
    event_id,
    outcome,
    edit_ratio,
    {{ utc_timestamp('occurred_at') }} as occurred_at,
    batch_id
{%- endmacro %}

{#- SQL: an id; null for what logs write without one, as the contract has it (older lakes hold it as text). -#}
{% macro given_id(column) -%}
    case when lower({{ column }}) not in ('-', 'none', 'null', 'n/a') then {{ column }} end
{%- endmacro %}

{#- The member of generations that name none: shown as one, never counted or compared as one. -#}
{% macro no_member() -%}
    '(no member)'
{%- endmacro %}

{#- The team of members that are in none. -#}
{% macro no_team() -%}
    '(no team)'
{%- endmacro %}

{#- SQL: joins the team of the member on the day of a row, null where it is in none; as `teams`. -#}
{% macro joined_teams(rows) -%}
    left join {{ ref('dim_member_teams') }} as teams
        on
            {{ rows }}.workspace_id = teams.workspace_id
            and {{ rows }}.member_id = teams.member_id
            and {{ rows }}.usage_date >= teams.from_on
            and {{ rows }}.usage_date < teams.until_on
{%- endmacro %}
