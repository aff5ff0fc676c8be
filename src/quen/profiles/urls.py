from __future__ import annotations

from django.urls import path

from quen.profiles import pages, strategy_pages, timeline_pages, traits_pages

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
    path("customers/<int:profile_id>/traits/history", traits_pages.history, name="customer_traits_history"),
    path("settings/traits", strategy_pages.trait_settings, name="trait_settings"),
    path("settings/traits/save", strategy_pages.save_strategy, name="trait_settings_save"),
    path("settings/traits/rebuild", strategy_pages.rebuild_present, name="trait_settings_rebuild"),
    path("settings/traits/progress", strategy_pages.rebuild_progress, name="trait_settings_progress"),
]
