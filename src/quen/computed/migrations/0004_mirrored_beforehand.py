from typing import Any

from django.db import migrations

from quen.ids import new_id


def begin_anew(apps: Any, _editor: Any) -> None:
    """What waited until now is not in the mirror that SQL reads, where it must be when it takes its place."""
    Definition, Side = apps.get_model('computed', 'Definition'), apps.get_model('profiles', 'Side')
    for definition in Definition.objects.exclude(next_slot=0):
        definition.next_slot, definition.computed_through = new_id(), 0
        definition.save(update_fields=['next_slot', 'computed_through'])
        if not definition.shown_version:
            Side.objects.get_or_create(name=definition.name, defaults={'turns': 1})


class Migration(migrations.Migration):

    dependencies = [
        ('computed', '0003_next_version'),
        ('profiles', '0005_side'),
    ]

    operations = [
        migrations.RunPython(begin_anew, migrations.RunPython.noop),
    ]
