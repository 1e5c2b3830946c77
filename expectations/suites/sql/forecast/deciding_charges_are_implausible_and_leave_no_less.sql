select
    deciding.workspace_id,
    deciding.source,
    deciding.event_id,
    deciding.credits,
    deciding.status_without
from forecast.deciding_charges as deciding
left join forecast.credit_depletion as forecast
    on deciding.workspace_id = forecast.workspace_id and deciding.as_of = forecast.as_of
left join facts.fct_implausible_charges as charges
    on
        deciding.workspace_id = charges.workspace_id
        and deciding.source = charges.source
        and deciding.event_id = charges.event_id
where
    charges.event_id is null
    or forecast.workspace_id is null
    or deciding.credits <> charges.credits
    or deciding.credits_remaining_without < forecast.credits_remaining
