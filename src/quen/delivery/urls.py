"""Addresses of content and messages."""

from __future__ import annotations

from django.urls import path

from quen.delivery.pages import hooks, messages, templates

urlpatterns = [
    path("content", templates.content, name="content"),
    path("content/new", templates.new_template, name="new_template"),
    path("content/starters/<slug:key>/<slug:language>", templates.starter_preview, name="starter_preview"),
    path("content/preview", templates.preview, name="template_preview"),
    path("content/preview/<str:token>", templates.preview_body, name="preview_body"),
    path("content/people", templates.preview_people, name="preview_people"),
    path("content/test", templates.test_send, name="template_test"),
    path("content/suppressions", messages.suppressions, name="suppressions"),
    path("content/suppressions/remove", messages.remove_suppression, name="remove_suppression"),
    path("content/sending", messages.sending, name="sending"),
    path("content/<int:template_id>", templates.template_page, name="template"),
    path("content/<int:template_id>/copy", templates.copy_template, name="copy_template"),
    path("content/<int:template_id>/delete", templates.delete_template, name="delete_template"),
    path("segments/<int:segment_id>/webhooks", hooks.segment_hooks, name="segment_hooks"),
    path("segments/<int:segment_id>/webhooks/paused", hooks.paused_hooks, name="segment_hooks_paused"),
    path("segments/<int:segment_id>/webhooks/new", hooks.new_hook, name="segment_hook_new"),
    path("segments/<int:segment_id>/webhooks/<int:hook_id>", hooks.change_hook, name="segment_hook"),
    path("messages", messages.messages, name="messages_sent"),
    path("messages/<int:message_id>", messages.message_page, name="message"),
    path("messages/<int:message_id>/body", messages.message_body, name="message_body"),
    path("messages/<int:message_id>/again", messages.send_again, name="send_again"),
]
