"""Every table and store of Quen with what bounds it. The reference page is made from this; a test finds what lacks.

`{setting}` names a setting of quen.config.
"""

from __future__ import annotations

from typing import NamedTuple


class Bound(NamedTuple):
    stores: tuple[str, ...]  # tables as the database names them
    by: str  # what it grows with, or what makes it stop


HAND = "By hand: a row for each that people make."
PEOPLE = "By people: some rows for each customer; they go with the profile."

STATE: tuple[Bound, ...] = (
    Bound(("accounts_user", "accounts_apikey", "account_emailaddress", "account_emailconfirmation"), HAND),
    Bound(
        ("auth_permission", "auth_group", "auth_group_permissions", "django_content_type", "django_migrations"),
        "By the code of Quen; nothing is added while it runs.",
    ),
    Bound(("django_session",), "By age: two weeks after the last sign-in."),
    Bound(("connectors_source", "connectors_import", "connectors_importmapping"), HAND),
    Bound(
        ("connectors_importedkey",),
        "By rows imported: a number for each, so that the same file next year is no second purchase.",
    ),
    Bound(("identity_identifier", "identity_link", "identity_edge", "identity_separation"), PEOPLE),
    Bound(
        ("identity_claim",),
        "By age: open ones that nobody asked for again in 180 days go; decided ones stay, so that they are not asked"
        " again.",
    ),
    Bound(("identity_setaside",), "By values: one row for each that was ever set aside."),
    Bound(("identity_order",), "By hand, and by duplicates that are merged: a row for each order about people."),
    Bound(("identity_rulesversion", "profiles_strategiesversion", "profiles_traitsrebuild"), HAND),
    Bound(
        ("profiles_profile",),
        "By people: a row each, of at most 1,000 traits. Anonymous visitors are people too.",
    ),
    Bound(("profiles_search",), "By people: the words by which they are found."),
    Bound(("duplicates_settings",), "One row."),
    Bound(("duplicates_run",), "By number: the last 200, and those that a found pair still names."),
    Bound(("duplicates_candidate", "duplicates_notsame"), "By pairs of people that were ever likely to be one."),
    Bound(("events_eventname",), "By number: 2,000 names of events; what comes after is stored, not listed."),
    Bound(("events_property",), "By number: 300 properties of each event name."),
    Bound(("segments_segment", "segments_segmentversion", "segments_atom", "segments_audit"), HAND),
    Bound(("segments_member", "segments_pending"), "By people and segments: a row for each who is in one."),
    Bound(
        ("segments_untold",),
        "By people: a row for each who enters or leaves by another version, for the seconds until it is told.",
    ),
    Bound(("computed_definition", "computed_definitionversion", "profiles_takeover", "profiles_side"), HAND),
    Bound(("journeys_journey", "journeys_version"), HAND),
    Bound(
        ("journeys_run",),
        "By people and journeys. They stay, because “once only” asks whether somebody was ever in.",
    ),
    Bound(
        ("journeys_stepexecution",),
        "By age: those of ended runs go after {JOURNEY_STEPS_KEEP_DAYS} days.",
    ),
    Bound(("journeys_timer",), "By runs that wait."),
    Bound(("delivery_template", "delivery_segmenthook"), HAND),
    Bound(
        ("delivery_message",),
        "By age: what was said goes after {MESSAGE_BODIES_KEEP_DAYS} days, that it was said after"
        " {MESSAGES_KEEP_DAYS}. Messages that wait stay.",
    ),
    Bound(("delivery_suppression",), "By addresses: who must not be written to must never be forgotten."),
    Bound(("quality_counter",), "By age: 731 days; a row for each day, source, field and outcome."),
    Bound(("quality_example",), "By number for each place, and by age: {QUARANTINE_KEEP_DAYS} days."),
    Bound(("engine_position", "engine_plan"), "One row."),
    Bound(("engine_lessened",), "By age: {JOURNAL_KEEP_DAYS} days; a row for a batch that had to leave messages out."),
    Bound(
        ("engine_seenmessage", "engine_seenlog"),
        "By age: message ids of the last 24 hours; those of imported rows stay, so that a file is taken once.",
    ),
    Bound(
        ("engine_quarantined",),
        "By age: {QUARANTINE_KEEP_DAYS} days; and by number: the last 1,000,000.",
    ),
    Bound(("engine_recent",), "By number: 2,000 messages."),
    Bound(("engine_stepmetric",), "A row for each step."),
    Bound(("engine_dropcount",), "A row for each source and reason."),
    Bound(("backup_backup",), "By number: the last 200."),
    Bound(("system_sample",), "By age: 8 days, a row a minute."),
    Bound(("system_incident",), "By age: 90 days after the end."),
)

EVENTS: tuple[Bound, ...] = (
    Bound(
        ("events",),
        "By age: whole months go once their last day is {EVENTS_KEEP_DAYS} days old; 0, the default, keeps them for"
        " ever. Rules and reports see what is kept.",
    ),
    Bound(("profiles",), "By people: a row each; older versions of it are merged away."),
    Bound(("links",), "By merges, until they are folded into the events in quiet time."),
    Bound(("computed_changes",), "By age: {COMPUTED_CHANGES_KEEP_DAYS} days; the last value of each stays."),
    Bound(("schema_migrations",), "By the code of Quen."),
    Bound(("events_folding", "events_folded"), "A month of events while links are folded into it; then it is removed."),
)

FILES: tuple[Bound, ...] = (
    Bound(
        ("journal.db",),
        "By age: {JOURNAL_KEEP_DAYS} days once processed; and by size: {JOURNAL_MAX_MB} MB, above which the edge"
        " answers 503. The file keeps the size that it once had, its free pages are used again.",
    ),
    Bound(
        ("imports/",),
        "By age: uploaded files, and those of rejected rows, go after {IMPORT_FILES_KEEP_DAYS} days.",
    ),
    Bound(
        ("state.db-wal", "journal.db-wal"), "By size: checkpoints keep them at some tens of MB; longer during a backup."
    ),
    Bound(
        ("backups",),
        "By number: the last {BACKUP_KEEP} of the schedule in `BACKUP_DIR`; those of `quen backup` are yours.",
    ),
    Bound(
        ("logs",),
        "Quen writes them to stderr and keeps none: journald, or whatever starts Quen, bounds them. There is no access"
        " log.",
    ),
)
