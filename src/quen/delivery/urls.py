"""Addresses of content and messages."""

from __future__ import annotations

from django.urls import path

from quen.delivery import message_pages, pages

urlpatterns = [
    path("content", pages.content, name="content"),
    path("content/new", pages.new_template, name="new_template"),
    path("content/starters/<slug:key>/<slug:language>", pages.starter_preview, name="starter_preview"),
    path("content/preview", pages.preview, name="template_preview"),
    path("content/preview/<str:token>", pages.preview_body, name="preview_body"),
    path("content/people", pages.preview_people, name="preview_people"),
    path("content/test", pages.test_send, name="template_test"),
    path("content/suppressions", message_pages.suppressions, name="suppressions"),
    path("content/suppressions/remove", message_pages.remove_suppression, name="remove_suppression"),
    path("content/sending", message_pages.sending, name="sending"),
    path("content/<int:template_id>", pages.template_page, name="template"),
    path("content/<int:template_id>/copy", pages.copy_template, name="copy_template"),
    path("content/<int:template_id>/delete", pages.delete_template, name="delete_template"),
    path("messages", message_pages.messages, name="messages_sent"),
    path("messages/<int:message_id>", message_pages.message_page, name="message"),
    path("messages/<int:message_id>/body", message_pages.message_body, name="message_body"),
    path("messages/<int:message_id>/again", message_pages.send_again, name="send_again"),
]
