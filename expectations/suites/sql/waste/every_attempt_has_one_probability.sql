with counted as (
    select
        row_id,
        sum(expected) as expected,
        sum(actual) as actual
    from (
        select
            row_id,
            1 as expected,
            0 as actual
        from facts.int_generations_classified
        where attempt_number is not null and usage_date > :as_of - 90
        union all
        select
            row_id,
            0 as expected,
            1 as actual
        from waste.probabilities
    ) as both_sides
    group by row_id
    having sum(expected) <> 1 or sum(actual) <> 1
)

select
    counted.row_id,
    counted.expected,
    counted.actual,
    generations.workspace_id,
    generations.event_id
from counted
left join (
    select
        row_id,
        workspace_id,
        event_id
    from facts.int_generations_classified
    -- of mostly none, for which nothing is read
    where row_id in (select counted.row_id from counted)
) as generations
    on counted.row_id = generations.row_id
