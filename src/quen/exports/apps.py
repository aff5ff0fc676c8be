from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "quen.exports"
    label = "exports"
