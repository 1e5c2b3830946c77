{#- What differs between engines about ids that look alike. -#}

{#-
An id without what people do not see in it or type in either way: Unicode's composed form (NFC), lower case, no
blanks at its ends, and no `.0` after a whole number, which a spreadsheet or a float adds. Leading zeros stay.
-#}
{% macro look_of(id) -%}
    {{ adapter.dispatch('look_of', 'credits')(id) }}
{%- endmacro %}
{% macro default__look_of(id) -%}
    regexp_replace(
        regexp_replace(lower(nfc_normalize({{ id }})), '^[\s\p{Z}]+|[\s\p{Z}]+$', '', 'g'),
        '^([0-9]+)[.]0+$', '\1'
    )
{%- endmacro %}
{% macro spark__look_of(id) -%}
    {#- Spark has no function for NFC, but the library that it has for collations; that one fails on null -#}
    case when {{ id }} is not null then
        regexp_replace(
            regexp_replace(
                lower(reflect('com.ibm.icu.text.Normalizer', 'compose', {{ id }}, false)),
                r'^[\s\p{Z}]+|[\s\p{Z}]+$', ''
            ),
            '^([0-9]+)[.]0+$', '$1'
        )
    end
{%- endmacro %}
