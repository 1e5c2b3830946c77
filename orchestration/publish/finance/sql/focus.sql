with workspaces as (
    select distinct
        workspace_id,
        workspace_name,
        timezone
    from marts.credit_summary
    where $workspace_id is null or workspace_id = $workspace_id
),

-- a currency is never guessed: XXX is none
currencies as (
    select
        workspace_id,
        case when min(currency) = max(currency) then min(currency) else 'XXX' end
            as currency
    from (
        select
            workspace_id,
            currency
        from marts.purchases
        union all
        select
            workspace_id,
            nullif(currency, '(none)') as currency
        from marts.chargeback_daily
    ) as paid
    where currency is not null
    group by workspace_id
),

purchases as (
    select
        workspace_id,
        'Purchase' as charge_category,
        false as is_correction,
        lot_id,
        currency,
        cast(date_trunc('month', day) as date) as booked_month,
        coalesce(effective_on, day) as starts_on,
        expires_on,
        'Purchase of ' || credits || ' credits' as description,
        coalesce(amount, 0) as billed_cost,
        coalesce(amount, 0) as contracted_cost,
        0 as effective_cost,
        try_cast(
            cast(coalesce(amount, 0) as decimal(24, 12)) / credits as decimal(18, 12)
        )
            as unit_price,
        list_unit_price,
        credits as quantity,
        case when amount is null then credits else 0 end as unpriced_credits,
        coalesce(pack_id, 'credits') as sku_id,
        'Credits' as sku_meter,
        coalesce(pack_id, 'credits') || '@' || day as sku_price_id,
        invoice_id
    from marts.purchases
),

-- what was given for nothing
grants as (
    select
        lots.workspace_id,
        'Credit' as charge_category,
        false as is_correction,
        lots.lot_id,
        cast(date_trunc('month', lots.effective_on) as date) as booked_month,
        lots.effective_on as starts_on,
        lots.expires_on,
        'Grant of ' || lots.funded || ' credits' as description,
        0 as unit_price,
        0 as list_unit_price,
        lots.funded as quantity,
        'credits' as sku_id,
        'Credits' as sku_meter,
        'credits@' || lots.effective_on as sku_price_id
    from marts.credit_lots as lots
    left join purchases
        on
            lots.workspace_id = purchases.workspace_id
            and lots.lot_id = purchases.lot_id
    where
        purchases.workspace_id is null
        and lots.lot_status not in ('expected', 'scheduled')
        and lots.funded > 0
),

charged as (
    select
        workspace_id,
        'Usage' as charge_category,
        lot_id,
        nullif(currency, '(none)') as currency,
        booked_month,
        usage_date as starts_on,
        unit_price,
        nullif(member_id, '(no member)') as member_id,
        member_name,
        generation_type as sku_id,
        generation_type as sku_meter,
        generation_type || '@' || lot_id as sku_price_id,
        to_json({ 'category': product_category, 'team': team }) as tags,
        is_correction,
        generation_count,
        credits,
        unpriced_credits,
        cost,
        refunded_credits,
        refunded_cost
    from marts.chargeback_daily
),

used as (
    select
        * exclude (credits, cost, refunded_credits, refunded_cost)
        replace (
            case when is_correction then unit_price else coalesce(unit_price, 0) end
                as unit_price
        ),
        case when is_correction then 'Correction: ' else '' end
        || sku_id || ' paid by ' || lot_id as description,
        cost as contracted_cost,
        cost as effective_cost,
        credits as quantity
    from charged
    where credits <> 0 or generation_count <> 0 or cost <> 0
),

-- a refund of a generation gives its cost back
refunds as (
    select
        * exclude (credits, cost, refunded_credits, refunded_cost)
        replace (true as is_correction, 0 as generation_count, 0 as unpriced_credits),
        'Refund: ' || sku_id || ' paid by ' || lot_id as description,
        refunded_cost as contracted_cost,
        refunded_cost as effective_cost,
        -refunded_credits as quantity
    from charged
    where refunded_credits <> 0 or refunded_cost <> 0
),

charges as (
    select * from purchases
    union all by name
    select * from grants
    union all by name
    select * from used
    union all by name
    select * from refunds
),

list_prices as (
    select
        workspace_id,
        lot_id,
        min(list_unit_price) as list_unit_price
    from purchases
    group by workspace_id, lot_id
    having
        min(list_unit_price) = max(list_unit_price)
        and count(list_unit_price) = count(*)
),

-- what has no list price is listed at what it cost; a purchase whose price of a credit
-- has no end in 12 decimals is one unit
priced as (
    select
        charges.* replace (coalesce(contracted_cost, 0) as contracted_cost),
        coalesce(
            charges.list_unit_price,
            case when charges.currency is not null then list_prices.list_unit_price end
        ) as list_price_of_credit,
        charges.charge_category <> 'Purchase'
        or coalesce(
            cast(charges.unit_price as decimal(18, 12))
            * cast(charges.quantity as decimal(18, 6))
            = charges.contracted_cost,
            false
        ) as is_by_credit,
        case
            when
                charges.lot_id not in ('(overage)', '(before ledger)')
                then charges.lot_id
        end as paid_by_lot,
        coalesce(charges.currency, currencies.currency, 'XXX') as billing_currency
    from charges
    left join currencies on charges.workspace_id = currencies.workspace_id
    left join list_prices
        on
            charges.workspace_id = list_prices.workspace_id
            and charges.lot_id = list_prices.lot_id
),

listed as (
    select
        *,
        coalesce(
            cast(list_price_of_credit as decimal(18, 12))
            * cast(quantity as decimal(18, 6)),
            contracted_cost
        ) as listed_cost,
        case when is_by_credit then unit_price else contracted_cost end
            as contracted_price
    from priced
)

select
    cast(coalesce(billed_cost, 0) as decimal(38, 18)) as billed_cost,
    listed.workspace_id as billing_account_id,
    workspaces.workspace_name as billing_account_name,
    'Workspace' as billing_account_type,
    billing_currency,
    timezone(timezone, cast(booked_month as timestamp)) at time zone 'UTC'
        as billing_period_start,
    timezone(timezone, booked_month + interval 1 month) at time zone 'UTC'
        as billing_period_end,
    charge_category,
    case when is_correction then 'Correction' end as charge_class,
    description as charge_description,
    case when charge_category = 'Usage' then 'Usage-Based' else 'One-Time' end
        as charge_frequency,
    timezone(timezone, cast(starts_on as timestamp)) at time zone 'UTC'
        as charge_period_start,
    timezone(
        timezone,
        cast(greatest(coalesce(expires_on, starts_on + 1), starts_on + 1) as timestamp)
    ) at time zone 'UTC' as charge_period_end,
    cast(null as varchar) as commitment_discount_status,
    cast(generation_count as decimal(38, 6)) as consumed_quantity,
    case when generation_count is not null then 'Generations' end as consumed_unit,
    cast(contracted_cost as decimal(38, 18)) as contracted_cost,
    cast(contracted_price as decimal(24, 12)) as contracted_unit_price,
    cast(coalesce(effective_cost, 0) as decimal(38, 18)) as effective_cost,
    invoice_id,
    $provider as invoice_issuer_name,
    cast(listed_cost as decimal(38, 18)) as list_cost,
    cast(
        case
            when is_by_credit then coalesce(list_price_of_credit, unit_price)
            else listed_cost
        end as decimal(24, 12)
    ) as list_unit_price,
    'Standard' as pricing_category,
    case when charge_category = 'Purchase' then billing_currency else 'Credits' end
        as pricing_currency,
    cast(
        case
            when charge_category = 'Purchase' then contracted_price else 1
        end as decimal(24, 12)
    )
        as pricing_currency_contracted_unit_price,
    cast(
        case when charge_category = 'Usage' then quantity else 0 end as decimal(38, 18)
    )
        as pricing_currency_effective_cost,
    cast(
        case
            when charge_category = 'Purchase' then contracted_price else 1
        end as decimal(24, 12)
    )
        as pricing_currency_list_unit_price,
    cast(case when is_by_credit then quantity else 1 end as decimal(38, 6))
        as pricing_quantity,
    case when is_by_credit then 'Credits' else 'Purchases' end as pricing_unit,
    $provider as provider_name,
    $provider as publisher_name,
    paid_by_lot as resource_id,
    cast(null as varchar) as resource_name,
    case when paid_by_lot is not null then 'Credit lot' end as resource_type,
    'AI and Machine Learning' as service_category,
    $provider as service_name,
    'Generative AI' as service_subcategory,
    sku_id,
    sku_meter,
    cast(null as varchar) as sku_price_details,
    sku_price_id,
    member_id as sub_account_id,
    case when member_id is not null then member_name end as sub_account_name,
    case when member_id is not null then 'Member' end as sub_account_type,
    coalesce(cast(tags as varchar), '{}') as tags,
    strftime(expires_on, '%Y-%m-%d') as x_lot_expires_on,
    cast(coalesce(unpriced_credits, 0) as decimal(38, 6)) as x_unpriced_credits
from listed
inner join workspaces on listed.workspace_id = workspaces.workspace_id
where $month is null or booked_month = cast($month as date)
