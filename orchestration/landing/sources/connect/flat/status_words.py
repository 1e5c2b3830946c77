"""Which status of the contract a word of another system is, in several languages."""

from collections.abc import Mapping
from types import MappingProxyType

from orchestration.landing.sources.connect.flat.column_names import normalised

_STATUS: Mapping[str, str] = MappingProxyType(
    {
        word: status
        for status, words in {
            "succeeded": """
                succeeded success successful ok okay done complete completed finished true yes ja 1
                erfolgreich erfolg fertig abgeschlossen reussi succes termine exito exitoso completado
                completato riuscito geslaagd voltooid สำเร็จ""",
            "failed": """
                failed failure fail error errored exception false no nein 0 fehler fehlgeschlagen gescheitert
                echec erreur echoue fallido fallo errore fallito mislukt fout ล้มเหลว""",
            "timed_out": "timed_out timeout time_out timedout zeituberschreitung delai_depasse",
            "cancelled": """
                cancelled canceled aborted abort stopped cancel abgebrochen storniert annule cancelado
                annullato geannuleerd ยกเลิก""",
            "blocked": """
                blocked filtered rejected content_filter moderated gesperrt blockiert bloque bloqueado
                bloccato""",
        }.items()
        for word in map(normalised, words.split())
    }
)


def status_of(word: str) -> str | None:
    """Our status for a word of theirs, or an HTTP code; None if it is not known."""
    if len(word) == 3 and word.isdigit() and "1" <= word[0] <= "5":
        return {"408": "timed_out", "504": "timed_out", "499": "cancelled", "451": "blocked"}.get(
            word, "succeeded" if word < "400" else "failed"
        )
    return _STATUS.get(normalised(word))
