"""Names that exports give to columns, for each field, in the order of preference.

Salesforce, HubSpot, Pipedrive, Close and Zoho by their own names and labels; others in English,
German, French, Spanish and Dutch.  Names are in the form of ``normal_name``: lower case, no
accents, words apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

from auditor.intake.values import fold

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=4096)
def normal_name(header: str) -> str:
    """Returns a column's name as lower-case words, from ``CamelCase`` and ``snake_case`` too."""
    words = re.sub(r"__c$", "", header.strip().removeprefix("properties.").replace("IDs", "Ids"))
    return re.sub(r"[^0-9a-z]+", " ", fold(_CAMEL.sub(" ", words))).strip()


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("\n", " ").split("|") if name.strip())


ACTIVITY_NAMES: dict[str, tuple[str, ...]] = {
    "id": _names(
        "activity id|task id|call id|note id|engagement id|event id|record id|hs object id|"
        "external id|id|uuid|aktivitats id|nummer|identifiant"
    ),
    "text": _names(
        "full comments|call notes|call note|note body|note content|hs note body|hs call body|"
        "hs task body|hs meeting body|hs communication body|hs email text|hs email html|"
        "activity note|activity notes|meeting notes|internal meeting notes|email body|email text|"
        "body|notes|note|comments|comment|transcript|text|content|description|details|summary|"
        "memo|message|call summary|conversation|public description|call body|task notes|"
        "gesprachsnotiz|gesprachsnotizen|notizen|notiz|kommentar|kommentare|bemerkung|bemerkungen|"
        "beschreibung|inhalt|compte rendu|notes d appel|commentaire|commentaires|remarques|"
        "remarque|contenu|notas de la llamada|notas|nota|comentarios|comentario|observaciones|"
        "descripcion|gespreksverslag|verslag|notities|notitie|opmerkingen|opmerking|omschrijving|"
        "beschrijving|inhoud"
    ),
    "subject": _names(
        "subject|activity subject|task name|call title|task title|meeting title|meeting name|"
        "email subject|hs task subject|hs call title|hs meeting title|hs email subject|note title|"
        "call name|topic|title|betreff|thema|objet|sujet|titre|asunto|titulo|onderwerp|titel"
    ),
    "kind": _names(
        "activity type|engagement type|task subtype|task type|hs activity type|hs task type|"
        "hs engagement type|event type|kind|type|channel|type name|aktivitatstyp|aktivitatsart|"
        "art|typ|kanal|type d activite|type d action|tipo de actividad|tipo|activiteittype|soort"
    ),
    "occurred_at": _names(
        "occurred at|activity date|call start time|call date|hs timestamp|hs meeting start time|"
        "meeting start time|timestamp|activity date time|call time|start time|start date time|"
        "start|date time|date|contact date|date of call|date of contact|logged at|logged on|"
        "event date|email send date|note date|last contact|last contacted|last contact date|when|"
        "zeitpunkt|kontaktdatum|gesprachsdatum|datum|letzter kontakt|date de l activite|"
        "date d activite|date de l appel|date de contact|dernier contact|fecha de actividad|"
        "fecha de la llamada|fecha de contacto|ultimo contacto|fecha|contactdatum|tijdstip|"
        "laatste contact|gespreksdatum"
    ),
    "completed_at": _names(
        "completed date time|completed at|completed date|completion date|hs task completion date|"
        "completed on|task completion date|marked as done time|marked done time|done time|"
        "date completed|closed time|erledigt am|abgeschlossen am|date de realisation|termine le|"
        "fecha de finalizacion|voltooid op"
    ),
    "created_at": _names(
        "created date|create date|created at|created time|date created|add time|creation date|"
        "hs createdate|createdate|created on|created|added at|add date|entered on|erstellt am|"
        "erstellungsdatum|erstelldatum|angelegt am|date de creation|cree le|fecha de creacion|"
        "creado el|aangemaakt op|aanmaakdatum"
    ),
    "due_on": _names(
        "due date|due on|due at|due|due date time|activity due date|task due date|deadline|"
        "fallig am|fallig|falligkeit|falligkeitsdatum|date d echeance|echeance|"
        "fecha de vencimiento|vencimiento|vervaldatum"
    ),
    "done": _names(
        "done|is closed|is completed|hs task is completed|completed|hs task status|task status|"
        "activity status|is done|status|hs call status|state|erledigt|zustand|terminee|statut|"
        "fait|estado|hecho|gereed|afgerond"
    ),
    "owner": _names(
        "activity owner|activity assigned to|task assigned to|task owner|call owner|note owner|"
        "assigned to|assigned to user|assigned user|assigned|owner name|owner|user name|sales rep|"
        "rep|rep name|salesperson|sales person|agent|created by name|created by|activity created "
        "by|logged by|user|seller|"
        "account manager|record owner|deal owner|opportunity owner|hubspot owner name|owner id|"
        "hubspot owner id|user id|besitzer|inhaber|zustandig|zustandiger|zugewiesen an|verkaufer|"
        "mitarbeiter|bearbeiter|vertriebsmitarbeiter|proprietaire|responsable|commercial|vendeur|"
        "assigne a|propietario|asignado a|vendedor|comercial|eigenaar|toegewezen aan|verkoper|"
        "medewerker"
    ),
    "duration": _names(
        "call duration in seconds|duration in seconds|duration seconds|call duration|"
        "hs call duration|call duration hh mm ss|duration|duration in minutes|duration minutes|"
        "call duration seconds|length|dauer|duree|duracion|duur"
    ),
    "contact": _names(
        "contact name|who name|contact person|contact person name|person name|associated contact|"
        "associated contacts|contact|person|ansprechpartner|kontakt|kontaktperson|interlocuteur|"
        "contacto|persona de contacto|contactpersoon"
    ),
    "disposition": _names(
        "call disposition|call result|call outcome|hs call disposition|meeting outcome|"
        "hs meeting outcome|outcome|disposition|result|ergebnis|resultat|resultado|resultaat"
    ),
}
"""Names of the fields of an activity."""

DEAL_NAMES: dict[str, tuple[str, ...]] = {
    "opportunity_id": _names(
        "opportunity id|deal id|what id|associated deal ids|associated deal id|associations deals|"
        "related opportunity id|parent id|potential id|related to id|hs deal id|lead id|"
        "verkaufschance id|id de l opportunite|id opportunite|id de oportunidad|kans id|chance id|"
        "opportunity"
    ),
    "opportunity_name": _names(
        "opportunity name|deal name|deal title|opportunity title|dealname|what name|potential name|"
        "associated deal|associated deals|related to|related deal|deal|project name|lead name|"
        "lead title|verkaufschance|chance|opportunite|affaire|nom de l opportunite|oportunidad|"
        "nombre de la oportunidad|nombre del negocio|negocio|verkoopkans|kans|naam van de deal"
    ),
    "account": _names(
        "account name|company name|organization name|organisation name|associated company|"
        "associated company primary|org name|account|company|organization|organisation|customer|"
        "customer name|client|client name|firma|firmenname|kunde|unternehmen|konto|entreprise|"
        "societe|compte|nom du client|empresa|cliente|cuenta|compania|bedrijf|bedrijfsnaam|klant|"
        "organisatie"
    ),
    "stage": _names(
        "stage name|deal stage|opportunity stage|stage|dealstage|sales stage|pipeline stage|"
        "stage title|status label|status display name|deal stage name|phase|verkaufsphase|"
        "vertriebsphase|etape|etape de vente|phase de vente|etapa|etapa de venta|fase|"
        "verkoopfase|stage id"
    ),
    "team": _names("team|hubspot team|owner team|sales team|owner role|team name|equipe|equipo"),
    "value": _names(
        "amount|value formatted|deal value|opportunity value|deal amount|value|expected revenue|"
        "deal size|annualized value|amount converted|total value|acv|tcv|betrag|wert|auftragswert|"
        "volumen|umsatz|montant|valeur|importe|valor|monto|cantidad|bedrag|waarde|dealwaarde"
    ),
    "currency": _names(
        "currency iso code|currency|deal currency|value currency|deal currency code|"
        "opportunity currency|amount currency|wahrung|devise|moneda|divisa|valuta"
    ),
    "lead_source": _names(
        "lead source|original source|source|deal source|original traffic source|hs analytics "
        "source|channel of origin|source channel|leadquelle|quelle|origine|source du prospect|"
        "origen|fuente|origen del prospecto|bron|leadbron|deal source channel"
    ),
    "close_date": _names(
        "close date|closedate|closing date|date closed|abschlussdatum|date de cloture|"
        "fecha de cierre|sluitingsdatum|afsluitdatum"
    ),
    "closed_on": _names(
        "closed on|close time|won time|lost time|date won|date lost|deal won time|deal lost time|"
        "deal closed on|deal close time|closed time"
    ),
    "expected_close_on": _names(
        "expected close date|expected close on|deal expected close date|forecast close date|"
        "estimated close date|voraussichtliches abschlussdatum|erwartetes abschlussdatum|"
        "date de cloture prevue|fecha de cierre prevista|fecha prevista de cierre|"
        "verwachte sluitingsdatum"
    ),
    "status": _names(
        "deal status|opportunity status|status|status type|outcome|result|state|statut|estado"
    ),
    "is_closed": _names("is closed|closed|hs is closed|is deal closed"),
    "is_won": _names("is won|won|hs is closed won|is closed won"),
    "lost_reason": _names(
        "lost reason|closed lost reason|loss reason|deal lost reason|reason lost|reason for loss|"
        "closed lost reason c|verlustgrund|grund der ablehnung|raison de la perte|"
        "motif de perte|motivo de perdida|razon de perdida|reden van verlies|verliesreden"
    ),
    "probability": _names(
        "probability|probability %|deal probability|hs deal stage probability|confidence|"
        "win probability|wahrscheinlichkeit|probabilite|probabilidad|waarschijnlijkheid|"
        "slagingskans"
    ),
    "next_subject": _names(
        "next activity subject|next step|next steps|hs next step|deal next step|next action|"
        "next activity|next step description|next task|deal next activity|nachster schritt|"
        "nachste aktion|nachste aktivitat|nachste schritte|prochaine etape|prochaine action|"
        "prochaine activite|siguiente paso|proximo paso|proxima actividad|proxima accion|"
        "volgende stap|volgende actie|volgende activiteit"
    ),
    "next_due_on": _names(
        "next activity date|next activity due on|next activity due date|next step date|next due|"
        "next due on|next due date|next task date|next task due|next task due date|"
        "next step due date|next action date|notes next activity date|"
        "next contact date|next contact|next call date|next date|follow up date|followup date|"
        "callback date|follow up on|wiedervorlage|wiedervorlagedatum|nachster termin|"
        "nachster kontakt|datum nachster schritt|date de relance|prochaine relance|"
        "date prochaine action|prochain contact|fecha de seguimiento|fecha proxima accion|"
        "proxima fecha|proximo contacto|opvolgdatum|datum volgende actie|volgende contact"
    ),
    "next_kind": _names("next activity type|next activity kind|next step type|next action type"),
    "url": _names("url|link|record link|opportunity link|deal url|deal link|permalink"),
}
"""Names of the fields of an opportunity that may stand in either table."""

OPPORTUNITY_NAMES: dict[str, tuple[str, ...]] = {
    **DEAL_NAMES,
    "opportunity_id": _names(
        "opportunity id|deal id|record id|hs object id|potential id|id|external id|uuid|"
        "opportunity|nummer"
    ),
    "opportunity_name": _names(
        "opportunity name|deal name|deal title|dealname|opportunity title|name|title|potential "
        "name|deal|opportunity|lead name|project name|project|titel|bezeichnung|verkaufschance|"
        "projekt|nom|titre|opportunite|affaire|nombre|titulo|oportunidad|negocio|naam|onderwerp|"
        "verkoopkans|kans"
    ),
    "account": (*DEAL_NAMES["account"], "lead name"),
    "owner": _names(
        "deal owner|opportunity owner|owner name|opportunity owner name|deal owner name|owner|"
        "hubspot owner name|assigned to|sales rep|rep|salesperson|user name|account manager|"
        "seller|owner id|hubspot owner id|user id|created by name|besitzer|inhaber|zustandig|"
        "verkaufer|vertriebsmitarbeiter|mitarbeiter|proprietaire|responsable|commercial|vendeur|"
        "propietario|vendedor|comercial|eigenaar|verkoper"
    ),
    "opened_on": _names(
        "created date|create date|created at|created time|date created|createdate|add time|"
        "deal created|deal created on|hs createdate|creation date|created on|created|opened on|"
        "open date|opened|date opened|erstellt am|erstelldatum|date de creation|cree le|"
        "fecha de creacion|creado el|aangemaakt op|aanmaakdatum"
    ),
}
"""Names of the fields of an opportunity in a table of opportunities."""

STAGE_NAMES: dict[str, tuple[str, ...]] = {
    "opportunity_id": (*DEAL_NAMES["opportunity_id"], "item id", "data item id"),
    "opportunity_name": DEAL_NAMES["opportunity_name"],
    "new_stage": _names(
        "new value|to stage|new stage|stage name|stage|new value name|data new value|to|value|"
        "deal stage|neuer wert|nouvelle valeur|nuevo valor|nieuwe waarde"
    ),
    "entered_on": _names(
        "edit date|entered on|created date|changed at|changed on|change date|date|timestamp|"
        "entered at|last modified|stage change date|data log time|date entered|from date|"
        "modified date|datum|date de modification|fecha"
    ),
    "changed_field": _names("field|field event|field name|data field key|feld|champ|campo|veld"),
}
"""Names of the columns of a stage history."""
