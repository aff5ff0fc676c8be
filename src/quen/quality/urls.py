from __future__ import annotations

from django.urls import path

from quen.quality import pages

urlpatterns = [
    path("quality", pages.overview, name="quality"),
    path("quality/<int:source_id>", pages.source_quality, name="quality_source"),
    path("quality/<int:source_id>/days.csv", pages.days_csv, name="quality_days_csv"),
    path("quality/<int:source_id>/examples", pages.examples_page, name="quality_examples"),
]
