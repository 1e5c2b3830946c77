select * from {{ source('facts', 'fct_lot_movements') }}
