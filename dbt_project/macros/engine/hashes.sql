{#- What differs between engines about hashes: 64 bits, to find what may be equal. -#}

{#- A 64-bit hash of the columns; equal rows have equal hashes, and now and then others too. -#}
{% macro hash_of(columns) -%}
    {{ adapter.dispatch('hash_of', 'credits')(columns) }}
{%- endmacro %}
{% macro default__hash_of(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
{% macro spark__hash_of(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}
