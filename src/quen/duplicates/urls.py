from __future__ import annotations

from django.urls import path

from quen.duplicates import pages

urlpatterns = [
    path("duplicates", pages.overview, name="duplicates"),
    path("duplicates/progress", pages.progress, name="duplicates_progress"),
    path("duplicates/days.csv", pages.days_csv, name="duplicates_days_csv"),
    path("duplicates/search", pages.search, name="duplicates_search"),
    path("duplicates/settings", pages.change_settings, name="duplicates_settings"),
    path("duplicates/review", pages.queue, name="duplicates_queue"),
    path("duplicates/pairs", pages.listed, name="duplicates_listed"),
    path("duplicates/pairs/<int:pair_id>/merge", pages.merge, name="duplicates_merge"),
    path("duplicates/pairs/<int:pair_id>/not-same", pages.not_same, name="duplicates_not_same"),
    path("duplicates/pairs/<int:pair_id>/later", pages.later, name="duplicates_later"),
    path("duplicates/pairs/<int:pair_id>/reopen", pages.reopen, name="duplicates_reopen"),
]
