from __future__ import annotations

from django.urls import path

from quen.segments import pages

urlpatterns = [
    path("segments", pages.segments, name="segments"),
    path("segments/new", pages.new_segment, name="segment_new"),
    path("segments/preview", pages.preview, name="segment_preview"),
    path("segments/builder.json", pages.builder_words, name="segment_builder_words"),
    path("segments/properties.json", pages.builder_properties, name="segment_builder_properties"),
    path("segments/<int:segment_id>", pages.segment_page, name="segment"),
    path("segments/<int:segment_id>/edit", pages.edit_segment, name="segment_edit"),
    path("segments/<int:segment_id>/state", pages.segment_state, name="segment_state"),
    path("segments/<int:segment_id>/members", pages.segment_members, name="segment_members"),
    path("segments/<int:segment_id>/archive", pages.archive_segment, name="segment_archive"),
    path("segments/<int:segment_id>/restore", pages.restore_segment, name="segment_restore"),
]
