from __future__ import annotations

from django.urls import path

from quen.profiles import pages, timeline_pages, traits_pages

urlpatterns = [
    path("customers", pages.customers, name="customers"),
    path("customers/<int:profile_id>", timeline_pages.customer, name="customer"),
    path("customers/<int:profile_id>/timeline", timeline_pages.more, name="customer_timeline"),
    path("customers/<int:profile_id>/newer", timeline_pages.newer, name="customer_newer"),
    path("customers/<int:profile_id>/orders", pages.orders, name="customer_orders"),
    path("customers/<int:profile_id>/messages", pages.messages, name="customer_messages"),
    path("customers/<int:profile_id>/messages/<int:message_id>", pages.message_body, name="customer_message_body"),
    path("customers/<int:profile_id>/journeys", pages.journeys, name="customer_journeys"),
    path("customers/<int:profile_id>/segments", pages.segments, name="customer_segments"),
    path("customers/<int:profile_id>/traits", traits_pages.traits, name="customer_traits"),
    path("customers/<int:profile_id>/traits/save", traits_pages.save, name="customer_traits_save"),
    path("customers/<int:profile_id>/traits/applied", traits_pages.applied, name="customer_traits_applied"),
]
