select * from facts.fct_generations
where :is_reclassified(row_id) and (
    disposition is null
    or disposition not in (
        'used', 'iterated', 'wasted', 'pending', 'untracked', 'refunded'
    )
    or (disposition = 'wasted') <> (waste_reason is not null)
)
