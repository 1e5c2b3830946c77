-- what the next run compares with, once this one has compared its charges:
-- depends_on: {{ ref('fct_chargeback') }}
{{ charge_causes() }}
