"""Identifiers, the append-only log from which profiles are derived, and what people decide about both.

Times are milliseconds UTC.
"""

from __future__ import annotations

from django.db import models

from quen.fields import CreatedAtField, IdField, JsonField, MsField


class Identifier(models.Model):
    """One identifier in its match form, and whose it is now."""

    key = models.CharField(max_length=400, primary_key=True)  # "type|scope|value": one column to look up by
    type = models.CharField(max_length=60)
    scope = models.CharField(max_length=60, blank=True)
    value = models.CharField(max_length=255)
    profile_id = models.BigIntegerField(db_index=True)
    first_seen = MsField()
    last_seen = MsField()
    source_id = models.BigIntegerField()
    # Several people were seen behind it (a shared tablet): it has a person of its own and ties nobody to anybody.
    shared = models.BooleanField(default=False, db_default=False)
    # The pair (keys.pair_of) of the log that brought it in: most messages name it again, and need not ask the log.
    tie = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["value"])]


class Edge(models.Model):
    """The log: why two identifiers are the same person, or are not. Never changed, only added to.

    kind      left, right                          profile_id, other_profile_id
    create    the identifier a person began with   the person
    attach    known, new beside it                 the person
    link      two of one person, named together    the person; more evidence for what is known
    merge     one of each person                   the survivor, the one that went in
    conflict  set aside, what it stood against     the person who has `left`, or whom `right` went to
    shared    set aside for good, the newcomer     its own fresh person, the one it came from
    remove    the two that were cut                who has `left` now, who has `right` now
    """

    id = IdField()
    at = MsField()
    kind = models.CharField(max_length=20)
    left = models.CharField(max_length=400)  # identifier key
    right = models.CharField(max_length=400, blank=True)
    pair = models.BigIntegerField(default=0, db_default=0)  # identity.keys.pair_of(left, right)
    profile_id = models.BigIntegerField(db_index=True)
    other_profile_id = models.BigIntegerField(null=True)
    source_id = models.BigIntegerField()
    message_id = models.CharField(max_length=120)
    rule = models.CharField(max_length=60)
    by = models.CharField(max_length=120, blank=True)  # a person, where one did it by hand
    note = models.CharField(max_length=500, blank=True, db_default="")  # why, in that person's words

    class Meta:
        indexes = [
            models.Index(fields=["left"]),
            models.Index(fields=["pair", "kind"]),
            # most entries are about one profile
            models.Index(
                fields=["other_profile_id"],
                condition=models.Q(other_profile_id__isnull=False),
                name="identity_edge_other",
            ),
        ]


class Link(models.Model):
    """A merged-away profile id and where it leads, fully resolved: readers look once."""

    from_id = models.BigIntegerField(primary_key=True)
    to_id = models.BigIntegerField(db_index=True)
    at = MsField()


class Separation(models.Model):
    """Two identifiers that a person cut apart: nothing but another person joins whoever has them again."""

    pair = models.BigIntegerField(primary_key=True)  # identity.keys.pair_of(left, right)
    left = models.CharField(max_length=400)
    right = models.CharField(max_length=400)
    at = MsField()
    order_id = models.BigIntegerField(db_index=True)


class Claim(models.Model):
    """What a browser asked for and may not do: join two known people, or give a known person another identifier."""

    id = IdField()
    pair = models.BigIntegerField(unique=True)  # asked again, it is counted, not listed again
    kind = models.CharField(max_length=20)  # merge: both belong to somebody; attach: `right` is new
    left = models.CharField(max_length=400)  # the stronger identifier
    right = models.CharField(max_length=400)
    profile_id = models.BigIntegerField(db_index=True)  # whose `left` was when it was last asked
    other_profile_id = models.BigIntegerField(null=True, db_index=True)
    source_id = models.BigIntegerField()
    message_id = models.CharField(max_length=120)
    first_at = MsField()
    last_at = MsField()
    count = models.IntegerField(default=1)
    status = models.CharField(max_length=20, default="open", db_index=True)  # open accepted refused confirmed
    decided_at = MsField(null=True)
    decided_by = models.CharField(max_length=120, blank=True)


class SetAside(models.Model):
    """How often an identifier was set aside: what runs away shows here first, and can be blocked."""

    key = models.CharField(max_length=400, primary_key=True)
    type = models.CharField(max_length=60)
    rule = models.CharField(max_length=60)  # of the last time, as in Edge.rule
    count = models.BigIntegerField(default=1)
    first_at = MsField()
    last_at = MsField(db_index=True)
    source_id = models.BigIntegerField()
    dismissed = models.BooleanField(default=False)


class RulesVersion(models.Model):
    """The identifier types in force from a moment on (identity.types.Rules); the last row counts."""

    id = IdField()
    document = JsonField()
    at = CreatedAtField()
    by = models.CharField(max_length=120, blank=True)


class Order(models.Model):
    """What a person (or a job) asks the engine to do about identity: the engine alone writes profiles.

    op      arguments
    join    pairs: [[left, right], …]       identifier keys, one of each person
            two_accounts: bool              though they have two values of a unique type
    cut     edge: id                        the evidence of one log entry
    split   keys: [key, …]                  these leave, together, for a person of their own
    move    key, to: profile id             one identifier goes to another person
    attach  left, right                     a new identifier for the person who has `left`
    """

    id = IdField()
    op = models.CharField(max_length=20)
    arguments = JsonField()
    by = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True)
    origin = models.CharField(max_length=60, blank=True)  # what it came from: claim:ID, duplicate:ID, rules:ID
    at = CreatedAtField()
    status = models.CharField(max_length=20, default="waiting", db_index=True)  # waiting working done refused
    plan = JsonField(default=dict)  # ids that a repetition after a crash must find again
    problem = models.TextField(blank=True)  # why it was refused, for people
    result = JsonField(default=dict)  # {"profiles": [id, …], "edges": [id, …]}
    done_at = MsField(null=True)
