from __future__ import annotations

from django.urls import path

from quen.identity import pages

urlpatterns = [path("customers/<int:profile_id>/identity", pages.identity, name="customer_identity")]
