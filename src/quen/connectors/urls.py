from __future__ import annotations

from django.urls import path

from quen.connectors.pages import imports, sources

urlpatterns = [
    path("sources", sources.source_list, name="sources"),
    path("sources/new", sources.new_source, name="source_new"),
    path("sources/<int:source_id>", sources.source_page, name="source"),
    path("sources/<int:source_id>/arrivals", sources.source_arrivals, name="source_arrivals"),
    path("sources/<int:source_id>/name", sources.rename_source, name="source_rename"),
    path("sources/<int:source_id>/locale", sources.source_locale, name="source_locale"),
    path("sources/<int:source_id>/switch", sources.switch_source, name="source_switch"),
    path("sources/<int:source_id>/key", sources.new_key, name="source_key"),
    path("imports", imports.import_list, name="imports"),
    path("imports/new", imports.new_import, name="import_new"),
    path("imports/files/<str:token>", imports.map_columns, name="import_mapping"),
    path("imports/<int:import_id>", imports.import_page, name="import"),
    path("imports/<int:import_id>/progress", imports.import_progress, name="import_progress"),
    path("imports/<int:import_id>/start", imports.start_real, name="import_start"),
    path("imports/<int:import_id>/stop", imports.stop_import, name="import_stop"),
    path("imports/<int:import_id>/resume", imports.resume_import, name="import_resume"),
    path("imports/<int:import_id>/rejects.csv", imports.rejects, name="import_rejects"),
]
