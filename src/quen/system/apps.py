from django.apps import AppConfig


class SystemConfig(AppConfig):
    name = "quen.system"
    label = "system"
    default_auto_field = "django.db.models.BigAutoField"
