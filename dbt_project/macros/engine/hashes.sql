{#- What differs between engines about hashes: 64 bits, to find what may be equal. -#}

{#-
The key of a content unit within a run: the bits of its unit_id, in the shortest type of the engine.
-#}
{% macro unit_key(columns) -%}
    {{ adapter.dispatch('unit_key', 'credits')(columns) }}
{%- endmacro %}
{% macro default__unit_key(columns) -%}
    md5_number({{ id_text(columns) }})
{%- endmacro %}
{% macro spark__unit_key(columns) -%}
    md5({{ id_text(columns) }})
{%- endmacro %}

{#- A 64-bit hash of the columns; equal rows have equal hashes, and rarely other rows too. -#}
{% macro hash_of(columns) -%}
    {{ adapter.dispatch('hash_of', 'credits')(columns) }}
{%- endmacro %}
{% macro default__hash_of(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
{% macro spark__hash_of(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}
