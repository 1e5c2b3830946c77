select * from {{ source('facts', 'fct_credit_lots') }}
