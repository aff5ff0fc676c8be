"""Addresses of the journeys' pages."""

from __future__ import annotations

from django.urls import path

from quen.journeys.pages import dry, editor, manage, results

_ONE = "journeys/<int:journey_id>"

urlpatterns = [
    path("journeys", manage.journeys, name="journeys"),
    path("journeys/new", manage.create, name="journey_new"),
    path(f"{_ONE}", editor.editor, name="journey"),
    path(f"{_ONE}/name", manage.rename, name="journey_rename"),
    path(f"{_ONE}/publish", manage.publish, name="journey_publish"),
    path(f"{_ONE}/results", results.results_page, name="journey_results"),
    path(f"{_ONE}/results/counts", results.refresh, name="journey_counts"),
    path(f"{_ONE}/people", results.people, name="journey_people"),
    path(f"{_ONE}/test", dry.dry_page, name="journey_test"),
    path(f"{_ONE}/test/people", dry.find_person, name="journey_test_people"),
    path(f"{_ONE}/steps/pick", editor.pick, name="journey_pick"),
    path(f"{_ONE}/steps/add", editor.add, name="journey_add"),
    path(f"{_ONE}/steps/undo", editor.undo, name="journey_undo"),
    path(f"{_ONE}/steps/<slug:node>", editor.form, name="journey_form"),
    path(f"{_ONE}/steps/<slug:node>/change", editor.change, name="journey_change"),
    path(f"{_ONE}/steps/<slug:node>/move", editor.move, name="journey_move"),
    path(f"{_ONE}/steps/<slug:node>/delete", editor.delete, name="journey_delete"),
    *(
        path(f"{_ONE}/{verb}", manage.act, {"verb": verb}, name=f"journey_{verb}")
        for verb in ("pause", "resume", "archive", "copy")
    ),
]
