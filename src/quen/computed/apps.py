from django.apps import AppConfig


class ComputedConfig(AppConfig):
    name = "quen.computed"
    label = "computed"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from quen.computed.service import own_traits
        from quen.segments.own_traits import LOOKUPS

        LOOKUPS.append(own_traits)
