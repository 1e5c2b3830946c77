{#- Budgets: their calendar periods, and what of usage is in their scope. -#}

{#- The calendar periods reported of budgets, [period, first day, last day]: those of as_of, and those that ended in
the year before it. Weeks begin on Monday. -#}
{% macro budget_periods() -%}
    {%- set date, later = modules.datetime.date, modules.datetime.timedelta -%}
    {%- set today = date.fromisoformat(var('as_of') | string) if var('as_of') else date(1970, 1, 31) -%}
    {%- set starts = {
        'week': today - later(days=today.weekday()),
        'month': today.replace(day=1),
        'quarter': today.replace(month=today.month - (today.month - 1) % 3, day=1),
        'year': today.replace(month=1, day=1),
    } -%}
    {%- set found = [] -%}
    {%- for period, start in starts.items() -%}
        {%- set months = {'week': 0, 'month': 1, 'quarter': 3, 'year': 12}[period] -%}
        {%- set first = namespace(day=start) -%}
        {%- for number in range(54) -%}
            {%- set months_later = first.day.month - 1 + months -%}
            {%- set next = (
                first.day.replace(year=first.day.year + months_later // 12, month=months_later % 12 + 1)
                if months else first.day + later(days=7)
            ) -%}
            {%- if next > today - later(days=365) -%}
                {%- do found.append([period, first.day, next - later(days=1)]) -%}
            {%- endif -%}
            {%- set months_before = first.day.month - 1 - months -%}
            {%- set first.day = (
                first.day.replace(year=first.day.year + months_before // 12, month=months_before % 12 + 1)
                if months else first.day - later(days=7)
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The columns of a cell of usage by which a budget's scope is decided. -#}
{% macro budget_cell_columns() -%}
    {{ return(['workspace_id', 'usage_date', 'member_id', 'product_category', 'generation_type']) }}
{%- endmacro %}

{#- SQL: whether a row, with joined_teams, is in the scope of a budget; tags are no columns of a cell. -#}
{% macro is_in_budget(rows, budgets='budgets') -%}
    {{ rows }}.workspace_id = {{ budgets }}.workspace_id
        and {{ rows }}.usage_date >= {{ budgets }}.read_from
        and case {{ budgets }}.scope
            when 'workspace' then true
            when 'team'
                then coalesce(teams.team, {{ no_team() }}) = {{ budgets }}.scope_id
            when 'member' then {{ rows }}.member_id = {{ budgets }}.scope_id
            when 'category' then {{ rows }}.product_category = {{ budgets }}.scope_id
            when 'generation_type' then {{ rows }}.generation_type = {{ budgets }}.scope_id
            else false
        end
{%- endmacro %}

{#- SQL: whether a row of fct_generation_tags is in the scope of a budget; without tags nothing is read for them. -#}
{% macro is_tagged_for_budget(tags='tags', budgets='budgets') -%}
    {{ 'true' if var('tag_keys') else 'false' }}
        and {{ tags }}.workspace_id = {{ budgets }}.workspace_id
        and {{ tags }}.usage_date >= {{ budgets }}.read_from
        and {{ budgets }}.scope = 'tag'
        and concat({{ tags }}.tag_key, '=', {{ tags }}.tag_value) = {{ budgets }}.scope_id
{%- endmacro %}

{#- SQL: value x days / all_days, rounded half up to 12 places. -#}
{% macro pro_rata(value, days, all_days) -%}
    {%- set part = whole_number('(' ~ value ~ ') * 1000000000000') ~ ' * (' ~ days ~ ')' -%}
    {%- set whole = whole_number(all_days) -%}
    {{ from_steps(whole_quotient(part ~ ' * 2 + ' ~ whole, whole ~ ' * 2')) }}
{%- endmacro %}
