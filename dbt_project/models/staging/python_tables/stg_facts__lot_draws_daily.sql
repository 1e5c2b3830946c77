select * from {{ source('facts', 'fct_lot_draws_daily') }}
