from __future__ import annotations

from django.urls import path

from quen.system import pages

urlpatterns = [
    path("system", pages.system, name="system"),
    path("system/course.csv", pages.course_csv, name="system_course_csv"),
    path("system/test-alert", pages.test_alert, name="system_test_alert"),
]
