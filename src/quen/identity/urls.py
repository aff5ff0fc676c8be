from __future__ import annotations

from django.urls import path

from quen.identity.pages import act, claims, result, set_aside, tab, types

urlpatterns = [
    path("customers/<int:profile_id>/identity", tab.identity, name="customer_identity"),
    path("customers/<int:profile_id>/identity/cut/<int:edge_id>", act.cut, name="identity_cut"),
    path("customers/<int:profile_id>/identity/split", act.split, name="identity_split"),
    path("customers/<int:profile_id>/identity/move", act.move, name="identity_move"),
    path("customers/<int:profile_id>/identity/merge", act.merge, name="identity_merge"),
    path("identity/orders/<int:order_id>", result.order_page, name="identity_order"),
    path("identity/orders/<int:order_id>/undo", result.undo, name="identity_undo"),
    path("claims", claims.claims, name="claims"),
    path("claims/<int:claim_id>/accept", claims.accept, name="claim_accept"),
    path("claims/<int:claim_id>/refuse", claims.refuse, name="claim_refuse"),
    path("claims/<int:claim_id>/reopen", claims.reopen, name="claim_reopen"),
    path("claims/set-aside", set_aside.set_aside, name="set_aside"),
    path("claims/set-aside/<slug:ref>/block", set_aside.block, name="set_aside_block"),
    path("claims/set-aside/<slug:ref>/dismiss", set_aside.dismiss, name="set_aside_dismiss"),
    path("settings/identifier-types", types.types_page, name="identifier_types"),
]
