from __future__ import annotations

from django.urls import path

from quen.events import pages

urlpatterns = [path("catalogue", pages.catalogue_page, name="catalogue")]
