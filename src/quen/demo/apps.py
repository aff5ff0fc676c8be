from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "quen.demo"
    label = "demo"
