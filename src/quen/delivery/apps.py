from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "quen.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from quen.computed.service import USERS
        from quen.delivery.service import using_computed

        USERS.append(using_computed)
