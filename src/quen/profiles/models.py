"""The profile as the engine keeps it: one row a person, read and written in sets. Times are milliseconds UTC."""

from __future__ import annotations

from django.db import models

from quen.fields import IdField, JsonField, MsField


class Profile(models.Model):
    id = IdField()
    created_at = MsField()
    first_seen = MsField()
    last_seen = MsField(db_index=True)
    first_source_id = models.BigIntegerField()
    traits = JsonField(default=dict)  # name → value
    trait_meta = JsonField(default=dict)  # name → [event time ms, source id]; kept for deleted ones too
    live = models.BinaryField(null=True)  # state of the live segments, encoded by segments
    due_at = MsField(null=True, db_index=True)  # when some segment may flip by time alone
    search = models.TextField(default="")  # folded name, e-mail, phone: what the search box looks in
