with cases as (
    select
        *,
        -- known_hash holds what settled_hash does not
        case when known_on <= date '{cut}' then known_hash end as known_then,
        case
            when settled_on <= date '{cut}' then settled_hash
            when opposite_on <= date '{cut}' then opposite_hash
            else case_hash
        end as settled_then
    from facts.ml_waste_cases
)

select
    'cases' as kind,
    usage_date as day,
    count(*) as found,
    cast(bit_xor(case_hash) as varchar) as hash
from cases
where usage_date > date '{last_day}' - {detail_days}
group by usage_date
union all
select
    'training' as kind,
    usage_date as day,
    count(*) as found,
    concat(
        cast(bit_xor(settled_then) as varchar),
        ';',
        coalesce(cast(bit_xor(known_then) as varchar), '')
    ) as hash
from cases
where usage_date <= date '{cut}' and usage_date > date '{cut}' - {training_days}
group by usage_date
union all
select
    'labels' as kind,
    settled_on as day,
    count(*) as found,
    cast(bit_xor(settled_hash) as varchar) as hash
from cases
where date_diff('day', usage_date, settled_on) <= {max_settling_days}
group by settled_on
union all
select
    'overruled' as kind,
    opposite_on as day,
    count(*) as found,
    cast(bit_xor(opposite_hash) as varchar) as hash
from cases
where date_diff('day', usage_date, opposite_on) <= {max_settling_days}
group by opposite_on
