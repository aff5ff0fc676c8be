from django.apps import AppConfig


class ComputedConfig(AppConfig):
    name = "quen.computed"
    label = "computed"
    default_auto_field = "django.db.models.BigAutoField"
