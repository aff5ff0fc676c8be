from __future__ import annotations

from django.urls import path

from quen.segments.pages import builder, history, lists, main, members, overlap, why

urlpatterns = [
    path("segments", main.segments, name="segments"),
    path("segments/new", main.new_segment, name="segment_new"),
    path("segments/preview", builder.preview, name="segment_preview"),
    path("segments/preview/reach", builder.preview_reach, name="segment_preview_reach"),
    path("segments/builder.json", builder.builder_words, name="segment_builder_words"),
    path("segments/properties.json", builder.builder_properties, name="segment_builder_properties"),
    path("segments/values.json", builder.builder_values, name="segment_builder_values"),
    path("segments/overlap", overlap.segment_overlap, name="segment_overlap"),
    path("segments/without/<int:profile_id>", why.segments_without, name="segments_without"),
    path("segments/<int:segment_id>", main.segment_page, name="segment"),
    path("segments/<int:segment_id>/edit", main.edit_segment, name="segment_edit"),
    path("segments/<int:segment_id>/state", main.segment_state, name="segment_state"),
    path("segments/<int:segment_id>/members", members.segment_members, name="segment_members"),
    path("segments/<int:segment_id>/members.csv", members.members_csv, name="segment_members_csv"),
    path("segments/<int:segment_id>/history", history.history, name="segment_history"),
    path("segments/<int:segment_id>/history.csv", history.history_csv, name="segment_history_csv"),
    path("segments/<int:segment_id>/moves", history.segment_moves, name="segment_moves"),
    path("segments/<int:segment_id>/why", why.find_for_why, name="segment_why_find"),
    path("segments/<int:segment_id>/why/<int:profile_id>", why.segment_why, name="segment_why"),
    path("segments/<int:segment_id>/archive", main.archive_segment, name="segment_archive"),
    path("segments/<int:segment_id>/by-hand", main.allow_by_hand, name="segment_by_hand"),
    path("segments/<int:segment_id>/pause", main.pause_segment, name="segment_pause"),
    path("segments/<int:segment_id>/resume", main.restore_segment, name="segment_resume"),
    path("segments/<int:segment_id>/restore", main.restore_segment, name="segment_restore"),
    path("segments/lists", lists.all_lists, name="lists"),
    path("segments/lists/new", lists.new_list, name="list_new"),
    path("segments/lists/pick", lists.pick_people, name="list_pick"),
    path("segments/lists/<int:list_id>", lists.one_list, name="list"),
    path("segments/lists/<int:list_id>/change", lists.change_list, name="list_change"),
    path("segments/lists/<int:list_id>/import", lists.import_list, name="list_import"),
    path("segments/lists/<int:list_id>/archive", lists.archive_list, name="list_archive"),
]
