select
    scored.model_used,
    scored.row_count
from (
    select
        model_used,
        count(*) as row_count
    from waste.probabilities
    group by model_used
) as scored
left join (
    select model from waste.models
    where promoted
) as promoted_model
    on concat('waste_', scored.model_used) = promoted_model.model
where promoted_model.model is null
