from __future__ import annotations

from django.urls import path

from quen.computed.pages import customer, lifecycle, main, rfm

urlpatterns = [
    path("computed", main.computed, name="computed"),
    path("computed/new", main.new_trait, name="computed_new"),
    path("computed/preview", main.preview, name="computed_preview"),
    path("computed/ready/<slug:name>", main.switch_on, name="computed_switch_on"),
    path("computed/traits/<slug:name>", main.trait_page, name="computed_trait"),
    path("computed/traits/<slug:name>/edit", main.edit_trait, name="computed_edit"),
    path("computed/traits/<slug:name>/state", main.trait_state, name="computed_state"),
    path("computed/traits/<slug:name>/spark", main.spark, name="computed_spark"),
    path("computed/traits/<slug:name>/values.csv", main.distribution_csv, name="computed_csv"),
    path("computed/traits/<slug:name>/pause", main.pause_trait, name="computed_pause"),
    path("computed/traits/<slug:name>/resume", main.resume_trait, name="computed_resume"),
    path("computed/traits/<slug:name>/delete", main.delete_trait, name="computed_delete"),
    path("computed/traits/<slug:name>/rfm", rfm.rfm_page, name="computed_rfm"),
    path("computed/traits/<slug:name>/rfm/grid", rfm.rfm_grid, name="computed_rfm_grid"),
    path("computed/traits/<slug:name>/rfm.csv", rfm.rfm_csv, name="computed_rfm_csv"),
    path("computed/traits/<slug:name>/rfm/segment", rfm.rfm_segment, name="computed_rfm_segment"),
    path("computed/traits/<slug:name>/rfm/anew", rfm.rfm_anew, name="computed_rfm_anew"),
    path("computed/traits/<slug:name>/lifecycle", lifecycle.lifecycle_page, name="computed_lifecycle"),
    path("computed/traits/<slug:name>/moves.csv", lifecycle.lifecycle_csv, name="computed_lifecycle_csv"),
    path("computed/traits/<slug:name>/lifecycle/segment", lifecycle.lifecycle_segment, name="computed_stage_segment"),
    path("customers/<int:profile_id>/computed/<slug:name>", customer.trait_history, name="customer_computed"),
]
