"""Which column of the contract a foreign column is, by its name, in several languages.

Whether its values fit is in `value_shapes`; which of several is taken, in `propose`.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")
_EXACT, _CONTAINED = 100, 50

# the best name first; German, French, Spanish, Italian, Dutch, Portuguese and Thai ones follow the English
SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(words.split())
        for name, words in {
            "event_id": """
                event_id generation_id request_id call_id message_id log_id record_id transaction_id
                trace_id uuid guid id identifier event_key reference vorgangs_nr vorgangsnummer
                vorgangs_id vorgang belegnummer kennung ereignis_id buchungsnummer anfrage_id lfd_nr nr
                nummer identifiant reference_id numero id_evento id_transaccion codice_evento volgnummer
                รหัส""",
            "occurred_at": """
                occurred_at event_time event_timestamp generated_at created_at created created_on
                created_time creation_time timestamp timestamp_utc ts time datetime date_time started_at
                start_time started finished_at completed_at end_time ended_at requested_at request_time
                logged_at log_time used_at usage_date event_date date day when zeitpunkt zeitstempel
                datum_uhrzeit datum_zeit erstellt_am erstellt angelegt_am erzeugt_am datum tag
                buchungsdatum uhrzeit horodatage date_heure cree_le date_creation fecha_hora fecha
                creado_en data_ora creato_il data data_hora criado_em tijdstip datum_tijd aangemaakt_op
                วันที่ เวลา""",
            "workspace_id": """
                workspace_id workspace organization_id organisation_id org_id organization organisation
                org tenant_id tenant account_id account company_id company customer_id customer
                client_id client team_id team shop_id shop store mandant mandanten_id mandantennummer
                kunde kunden_nr kundennummer kunden_id firma arbeitsbereich organisationseinheit
                entreprise societe espace_de_travail empresa cuenta cliente azienda bedrijf klant conta
                องค์กร""",
            "member_id": """
                member_id member user_id user username user_name user_email email email_address e_mail
                member_email login actor actor_id employee employee_id created_by author owner seat
                person end_user requester mitglied mitglieds_id benutzer benutzername benutzer_id nutzer
                nutzer_id anwender mitarbeiter mitarbeiter_id bearbeiter personalnummer e_mail_adresse
                utilisateur identifiant_utilisateur courriel membre usuario correo utente gebruiker
                usuario_id ผู้ใช้""",
            "product_id": """
                product_id product sku item_id item article_id article asin listing_id listing asset_id
                asset document_id document content_id page_id entity_id object_id produkt produkt_id
                produktnummer artikel artikel_nr artikelnummer artikel_id dokument produit
                reference_produit code_article producto articulo prodotto articolo produto สินค้า""",
            "generation_type": """
                generation_type task_type task content_type event_type usage_type operation_type
                operation action feature feature_name use_case type kind job_type tool endpoint
                call_type category_of_use text_type aufgabe aufgabentyp art vorgangsart textart texttyp
                textsorte inhaltstyp inhaltsart typ aktion funktion anwendungsfall
                type_de_generation type_generation tache fonction usage tipo tarea accion
                funcion attivita azione taak soort tarefa acao ประเภท""",
            "credits": """
                credits credits_used used_credits credits_charged charged_credits credits_spent
                spent_credits credits_consumed consumed_credits credit_usage credit_cost credits_cost
                credit_amount credit ai_credits num_credits total_credits verbrauchte_credits
                credits_verbraucht credit_verbrauch credits_verbrauch anzahl_credits credits_consommes
                credits_utilises creditos creditos_usados creditos_consumidos crediti crediti_usati
                crediti_consumati verbruikte_credits creditos_gastos เครดิต""",
            "status": """
                status state outcome_status result result_status success succeeded is_success ok
                http_status status_code response_status zustand ergebnis erfolg statut etat resultat
                reussi estado resultado exito stato esito resultaat สถานะ""",
            "model": """
                model model_name model_id llm_model ai_model engine deployment modell modell_name
                ki_modell modele modelo modello โมเดล""",
            "provider": """
                provider provider_name llm_provider ai_provider vendor custom_llm_provider anbieter
                fournisseur proveedor fornitore aanbieder fornecedor""",
            "input_tokens": """
                input_tokens prompt_tokens tokens_in tokens_input tokens_prompt input_token_count
                prompt_token_count in_tokens eingabe_tokens eingabetokens tokens_eingabe tokens_entree
                jetons_entree tokens_entrada token_input invoer_tokens""",
            "output_tokens": """
                output_tokens completion_tokens tokens_out tokens_output tokens_completion
                output_token_count completion_token_count out_tokens ausgabe_tokens ausgabetokens
                tokens_ausgabe tokens_sortie jetons_sortie tokens_salida token_output uitvoer_tokens""",
            "latency_ms": """
                latency_ms duration_ms elapsed_ms response_time_ms generation_time_ms
                request_duration_ms processing_time_ms runtime_ms dauer_ms laufzeit_ms antwortzeit_ms
                duree_ms duracion_ms durata_ms""",
            "quality_score": """
                quality_score quality score rating qualitaet qualitat bewertung qualite note calidad
                puntuacion qualita kwaliteit""",
            "locale": "locale language lang language_code sprache langue idioma lingua taal ภาษา",
            "product_category": """
                product_category category product_type department_of_product kategorie warengruppe
                produktkategorie categorie categoria หมวดหมู่""",
            "ruleset_id": "ruleset_id ruleset rules prompt_version ruleset_version regelwerk",
            "template_id": """
                template_id template prompt_id prompt_name prompt_template vorlage vorlagen_id
                modele_de_texte plantilla""",
            "workflow": """
                workflow workflow_id workflow_name agent agent_name pipeline app app_name application
                anwendung""",
            "request_id": "request_id batch_id click_id job_id session_request_id anfrage_id",
            "recorded_at": """
                recorded_at updated_at modified_at last_modified updated ingested_at aktualisiert_am
                geandert_am modifie_le actualizado_en aggiornato_il bijgewerkt_op""",
            "provider_cost": """
                provider_cost cost total_cost cost_total cost_usd cost_eur usd_cost spend spend_usd
                response_cost amount amount_usd price usd eur kosten kosten_eur kosten_usd gesamtkosten
                betrag preis cout cout_eur montant prix costo coste importe precio costo_eur prezzo
                custo valor""",
            "provider_currency": """
                provider_currency currency currency_code wahrung devise moneda divisa valuta moeda""",
            "total_tokens": """
                total_tokens tokens token_count tokens_total tokens_used gesamt_tokens tokenanzahl
                jetons""",
            "time_of_day": "time uhrzeit zeit heure hora ora tijd เวลา",
        }.items()
    }
)


def normalised(name: str) -> str:
    """A column name in lower case without accents, its words joined by `_`."""
    plain = unicodedata.normalize("NFKD", _CAMEL.sub("_", name).replace("ß", "ss"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "_", letters.lower()).strip("_")


def name_score(ours: str, theirs: str) -> int:
    """How well a foreign name says one of our columns: 0 not at all, 100 best.

    Args:
        ours: a key of `SYNONYMS`.
        theirs: the name of a column, or the last key of a nested one.
    """
    found = normalised(theirs)
    words = set(found.split("_"))
    is_charge = ours == "credits" and words & _CREDITS and words <= _CREDITS | _USED
    best = _CONTAINED if is_charge else 0
    for position, (synonym, parts) in enumerate(_synonyms(ours)):
        if found == synonym:
            return _EXACT - min(position, _EXACT - _CONTAINED - 1)
        if ours not in _EXACTLY and not best and parts <= words:
            best = max(_CONTAINED - position - 5 * (len(words) - len(parts)), 0)
    return best


# of these a part of a name says too little: `cost_center` is no cost, `credits_left` is not what was charged
_EXACTLY = frozenset(
    {"credits", "provider_cost", "latency_ms", "quality_score", "total_tokens", "time_of_day", "status"}
)

# `Verbrauch (Credits)`, `Credits Usage Total`: such words in any order say what was charged
_CREDITS = frozenset(["credit", "credits"])
_USED = frozenset(
    [
        *("used", "usage", "spent", "charged", "consumed", "billed", "cost", "total", "amount"),
        *("ai", "of", "number", "anzahl", "menge", "summe", "gesamt", "kosten"),
        *("verbrauch", "verbraucht", "verbrauchte"),
    ]
)


@cache
def _synonyms(ours: str) -> tuple[tuple[str, frozenset[str]], ...]:
    names = [normalised(word) for word in SYNONYMS[ours]]
    return tuple((name, frozenset(name.split("_"))) for name in names)
