from __future__ import annotations

from django.urls import path

from quen.segments.pages import builder, main, members

urlpatterns = [
    path("segments", main.segments, name="segments"),
    path("segments/new", main.new_segment, name="segment_new"),
    path("segments/preview", builder.preview, name="segment_preview"),
    path("segments/builder.json", builder.builder_words, name="segment_builder_words"),
    path("segments/properties.json", builder.builder_properties, name="segment_builder_properties"),
    path("segments/<int:segment_id>", main.segment_page, name="segment"),
    path("segments/<int:segment_id>/edit", main.edit_segment, name="segment_edit"),
    path("segments/<int:segment_id>/state", main.segment_state, name="segment_state"),
    path("segments/<int:segment_id>/members", members.segment_members, name="segment_members"),
    path("segments/<int:segment_id>/archive", main.archive_segment, name="segment_archive"),
    path("segments/<int:segment_id>/restore", main.restore_segment, name="segment_restore"),
]
