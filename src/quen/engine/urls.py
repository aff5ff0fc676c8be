from __future__ import annotations

from django.urls import path

from quen.engine import pages

urlpatterns = [
    path("live", pages.live, name="live_events"),
    path("quarantine", pages.quarantine, name="quarantine"),
    path("quarantine/replay", pages.replay_page, name="quarantine_replay"),
    path("quarantine/delete", pages.delete_page, name="quarantine_delete"),
]
