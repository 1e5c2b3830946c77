{#-
Operation: runs data tests, all of a model in one statement, and logs the rows of each statement as JSON: the place of
the test among those of the model, failures, should_warn and should_error. `models` are the tests of each model, each
test as `dbt_tests.py` describes it, and the model itself if it is a view with several: joined once for all of them,
and only its `rows` that this run rebuilt.
-#}
{% macro run_data_tests(models) -%}
    {%- for model in models -%}
        {%- set answers = [] -%}
        {%- for test in model.tests -%}
            {%- do answers.append(
                'select ' ~ loop.index0 ~ ' as place, answer.* from (' ~ data_test_sql(test) ~ ') as answer'
            ) -%}
        {%- endfor -%}
        {%- set rows = [] -%}
        {%- set view -%}
            {%- if model.view -%}
                with tested as (
                    select * from {{ render(model.view) }} where {{ rows_rebuilt_by_this_run(model.rows) }}
                )
            {% endif -%}
        {%- endset -%}
        {%- for row in run_query(view ~ answers | join('\nunion all\n')).rows -%}
            {%- do rows.append([row[0] | int, row[1] | int, row[2], row[3]]) -%}
        {%- endfor -%}
        {%- do log('answer: ' ~ tojson(rows)) -%}
    {%- endfor -%}
{%- endmacro %}

{#- SQL of one row: how many rows fail the test, and whether it warns or fails for them, as dbt itself asks. -#}
{% macro data_test_sql(test) -%}
    {%- set arguments = {} -%}
    {%- for name, value in test.arguments.items() -%}
        {%- do arguments.update({name: render(value) if value is string else value}) -%}
    {%- endfor -%}
    {%- set scope = context[test.namespace] if test.namespace else context -%}
    {{ get_test_sql(scope['test_' ~ test.name](**arguments), test.fail_calc, test.warn_if, test.error_if, test.limit) }}
{%- endmacro %}
