with workspaces as (
    select distinct workspace_id, workspace_name, timezone
    from marts.credit_summary
    where $workspace_id is null or workspace_id = $workspace_id
),

bought as (
    select * from marts.purchases
    where amount is not null or credits <> 0
),

-- a currency is never guessed: XXX is none
currencies as (
    select workspace_id, case when min(currency) = max(currency) then min(currency) else 'XXX' end as currency
    from (
        select workspace_id, currency from bought where currency is not null
        union all
        select workspace_id, currency from marts.chargeback_daily where currency <> '(none)'
    )
    group by workspace_id
),

list_prices as (
    select workspace_id, lot_id, min(list_unit_price) as list_unit_price
    from bought
    group by workspace_id, lot_id
    having min(list_unit_price) = max(list_unit_price) and count(list_unit_price) = count(*)
),

charges as (
    select
        workspace_id,
        date_trunc('month', day) as booked_month,
        coalesce(effective_on, day) as starts_on,
        greatest(coalesce(expires_on, effective_on + 1, day + 1), coalesce(effective_on, day) + 1) as ends_on,
        'Purchase' as charge_category,
        false as is_correction,
        concat('Purchase of ', rtrim(rtrim(cast(credits as varchar), '0'), '.'), ' credits') as description,
        coalesce(amount, 0) as billed_cost,
        coalesce(amount, 0) as contracted_cost,
        0 as effective_cost,
        currency,
        case
            when credits > 0 and cast(coalesce(amount, 0) as decimal(38, 18))
                = cast(cast(cast(coalesce(amount, 0) as decimal(24, 12)) / credits as decimal(18, 12)) * credits
                    as decimal(38, 18))
                then cast(cast(coalesce(amount, 0) as decimal(24, 12)) / credits as decimal(18, 12))
        end as price_of_credit,
        list_unit_price,
        credits as quantity,
        null as generation_count,
        lot_id,
        null as member_id,
        null as member_name,
        coalesce(pack_id, 'credits') as sku_id,
        concat(coalesce(pack_id, 'credits'), '@', day) as sku_price_id,
        'Credits' as sku_meter,
        invoice_id,
        null as tags,
        expires_on,
        case when amount is null then credits else 0 end as unpriced_credits
    from bought
    union all
    -- what was given for nothing: lots without a purchase
    select
        lots.workspace_id,
        date_trunc('month', lots.effective_on),
        lots.effective_on,
        greatest(coalesce(lots.expires_on, lots.effective_on + 1), lots.effective_on + 1),
        'Credit',
        false,
        concat('Grant of ', rtrim(rtrim(cast(lots.funded as varchar), '0'), '.'), ' credits'),
        0,
        0,
        0,
        null,
        0,
        null,
        lots.funded,
        null,
        lots.lot_id,
        null,
        null,
        'credits',
        concat('credits@', lots.effective_on),
        'Credits',
        null,
        null,
        lots.expires_on,
        0
    from marts.credit_lots as lots
    anti join bought on lots.workspace_id = bought.workspace_id and lots.lot_id = bought.lot_id
    where lots.lot_status not in ('expected', 'scheduled') and lots.funded > 0
    union all
    select
        drawn.workspace_id,
        drawn.booked_month,
        drawn.usage_date,
        drawn.usage_date + 1,
        'Usage',
        drawn.is_correction,
        concat(
            if(drawn.is_correction, 'Correction: ', ''), drawn.generation_type, ' paid by ', drawn.lot_id
        ),
        0,
        drawn.cost,
        drawn.cost,
        nullif(drawn.currency, '(none)'),
        if(drawn.is_correction, drawn.unit_price, coalesce(drawn.unit_price, 0)),
        null,
        drawn.credits,
        drawn.generation_count,
        drawn.lot_id,
        nullif(drawn.member_id, '(no member)'),
        drawn.member_name,
        drawn.generation_type,
        concat(drawn.generation_type, '@', drawn.lot_id),
        drawn.generation_type,
        null,
        to_json({'category': drawn.product_category, 'team': drawn.team}),
        null,
        drawn.unpriced_credits
    from marts.chargeback_daily as drawn
    where drawn.credits <> 0 or drawn.generation_count <> 0 or drawn.cost <> 0
    union all
    -- a refund of a generation gives its cost back
    select
        workspace_id,
        booked_month,
        usage_date,
        usage_date + 1,
        'Usage',
        true,
        concat('Refund: ', generation_type, ' paid by ', lot_id),
        0,
        refunded_cost,
        refunded_cost,
        nullif(currency, '(none)'),
        unit_price,
        null,
        -refunded_credits,
        0,
        lot_id,
        nullif(member_id, '(no member)'),
        member_name,
        generation_type,
        concat(generation_type, '@', lot_id),
        generation_type,
        null,
        to_json({'category': product_category, 'team': team}),
        null,
        0
    from marts.chargeback_daily
    where refunded_credits <> 0 or refunded_cost <> 0
),

priced as (
    select
        charges.*,
        case when charges.price_of_credit is null and charge_category = 'Purchase' then 1 else quantity end
            as pricing_quantity,
        case when charges.price_of_credit is null and charge_category = 'Purchase' then 'Purchases' else 'Credits' end
            as pricing_unit,
        case
            when charges.price_of_credit is null and charge_category = 'Purchase' then contracted_cost
            else charges.price_of_credit
        end as contracted_unit_price,
        -- what has no list price is listed at what it cost
        case
            when charge_category = 'Credit' then 0
            when charge_category = 'Usage' then coalesce(list_prices.list_unit_price, charges.price_of_credit)
            else coalesce(charges.list_unit_price, charges.price_of_credit)
        end as list_price_of_credit,
        case when charges.lot_id in ('(overage)', '(before ledger)') then null else charges.lot_id end as resource_id
    from charges
    left join list_prices
        on charges.workspace_id = list_prices.workspace_id
        and charges.lot_id = list_prices.lot_id
        and charges.currency is not null
)

select
    cast(billed_cost as decimal(38, 18)) as BilledCost,
    priced.workspace_id as BillingAccountId,
    workspace_name as BillingAccountName,
    'Workspace' as BillingAccountType,
    coalesce(priced.currency, currencies.currency, 'XXX') as BillingCurrency,
    timezone(timezone, cast(booked_month as timestamp)) at time zone 'UTC' as BillingPeriodStart,
    timezone(timezone, cast(booked_month + interval 1 month as timestamp)) at time zone 'UTC' as BillingPeriodEnd,
    charge_category as ChargeCategory,
    case when is_correction then 'Correction' end as ChargeClass,
    description as ChargeDescription,
    case when charge_category = 'Usage' then 'Usage-Based' else 'One-Time' end as ChargeFrequency,
    timezone(timezone, cast(starts_on as timestamp)) at time zone 'UTC' as ChargePeriodStart,
    timezone(timezone, cast(ends_on as timestamp)) at time zone 'UTC' as ChargePeriodEnd,
    cast(null as varchar) as CommitmentDiscountStatus,
    cast(generation_count as decimal(38, 6)) as ConsumedQuantity,
    case when generation_count is not null then 'Generations' end as ConsumedUnit,
    cast(contracted_cost as decimal(38, 18)) as ContractedCost,
    cast(contracted_unit_price as decimal(24, 12)) as ContractedUnitPrice,
    cast(effective_cost as decimal(38, 18)) as EffectiveCost,
    invoice_id as InvoiceId,
    $provider as InvoiceIssuerName,
    cast(
        case
            when list_price_of_credit is null then contracted_cost
            else cast(list_price_of_credit as decimal(18, 12)) * cast(quantity as decimal(18, 6))
        end as decimal(38, 18)
    ) as ListCost,
    cast(
        case
            when pricing_unit = 'Credits' then list_price_of_credit
            else coalesce(list_price_of_credit * quantity, contracted_cost)
        end as decimal(24, 12)
    ) as ListUnitPrice,
    'Standard' as PricingCategory,
    case
        when charge_category = 'Purchase' then coalesce(priced.currency, currencies.currency, 'XXX')
        else 'Credits'
    end as PricingCurrency,
    cast(if(charge_category = 'Purchase', contracted_unit_price, 1) as decimal(24, 12))
        as PricingCurrencyContractedUnitPrice,
    cast(if(charge_category = 'Usage', quantity, 0) as decimal(38, 18)) as PricingCurrencyEffectiveCost,
    cast(if(charge_category = 'Purchase', contracted_unit_price, 1) as decimal(24, 12))
        as PricingCurrencyListUnitPrice,
    cast(pricing_quantity as decimal(38, 6)) as PricingQuantity,
    pricing_unit as PricingUnit,
    $provider as ProviderName,
    $provider as PublisherName,
    resource_id as ResourceId,
    cast(null as varchar) as ResourceName,
    case when resource_id is not null then 'Credit lot' end as ResourceType,
    'AI and Machine Learning' as ServiceCategory,
    $provider as ServiceName,
    'Generative AI' as ServiceSubcategory,
    sku_id as SkuId,
    sku_meter as SkuMeter,
    cast(null as varchar) as SkuPriceDetails,
    sku_price_id as SkuPriceId,
    member_id as SubAccountId,
    case when member_id is not null then member_name end as SubAccountName,
    case when member_id is not null then 'Member' end as SubAccountType,
    coalesce(cast(tags as varchar), '{}') as Tags,
    strftime(expires_on, '%Y-%m-%d') as x_LotExpiresOn,
    cast(unpriced_credits as decimal(38, 6)) as x_UnpricedCredits
from priced
inner join workspaces on priced.workspace_id = workspaces.workspace_id
left join currencies on priced.workspace_id = currencies.workspace_id
where $month is null or booked_month = cast($month as date)
