from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "quen.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from quen.journeys.service import started_by
        from quen.segments.service import USERS

        USERS.append(started_by)
