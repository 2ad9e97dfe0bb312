"""Addresses of lending's API, below /api/v1/."""

from django.urls import path

from lending.api.account_files import AccountFileViewSet
from lending.api.accounts import AccountViewSet, LostItemsViewSet
from lending.api.branches import BranchViewSet, ClosureViewSet
from lending.api.holds import HoldViewSet, QueueViewSet
from lending.api.loans import EligibilityViewSet, LoanViewSet, ProfileViewSet, ReturnViewSet
from lending.api.rules import RuleViewSet
from lending.api.timeline import TimelineViewSet

urlpatterns = [
    path("loans", LoanViewSet.as_view({"get": "list", "post": "create"}), name="loans"),
    path("loans/<id:id>", LoanViewSet.as_view({"get": "retrieve"}), name="loan"),
    path("loans/<id:id>/renew", LoanViewSet.as_view({"post": "renew"}), name="renew-loan"),
    path(
        "loans/<id:id>/declare-lost",
        LostItemsViewSet.as_view({"post": "declare_lost"}),
        name="declare-lost",
    ),
    path(
        "loans/<id:id>/claim-returned",
        LostItemsViewSet.as_view({"post": "claim_returned"}),
        name="claim-returned",
    ),
    path("loans/<id:id>/undo-return", LostItemsViewSet.as_view({"post": "undo_return"}), name="undo-return"),
    path("patrons/<id:id>/account", AccountViewSet.as_view({"get": "retrieve"}), name="account"),
    path("patrons/<id:id>/account.csv", AccountFileViewSet.as_view({"get": "file"}), name="account-file"),
    path("patrons/<id:id>/payments", AccountViewSet.as_view({"post": "pay"}), name="payments"),
    path("patrons/<id:id>/waivers", AccountViewSet.as_view({"post": "waive"}), name="waivers"),
    path("returns", ReturnViewSet.as_view({"post": "create"}), name="returns"),
    path("eligibility", EligibilityViewSet.as_view({"get": "list"}), name="eligibility"),
    path("holds", HoldViewSet.as_view({"get": "list", "post": "create"}), name="holds"),
    path("holds/<id:id>", HoldViewSet.as_view({"get": "retrieve"}), name="hold"),
    path("holds/<id:id>/cancel", HoldViewSet.as_view({"post": "cancel"}), name="cancel-hold"),
    path("holds/<id:id>/suspend", HoldViewSet.as_view({"post": "suspend"}), name="suspend-hold"),
    path("holds/<id:id>/resume", HoldViewSet.as_view({"post": "resume"}), name="resume-hold"),
    path("holds/<id:id>/ready", HoldViewSet.as_view({"post": "ready"}), name="hold-ready"),
    path("holds/<id:id>/not-found", HoldViewSet.as_view({"post": "not_found"}), name="hold-not-found"),
    path("books/<id:book>/holds", QueueViewSet.as_view({"get": "list", "put": "move"}), name="queue"),
    path("patrons/<id:id>/profile", ProfileViewSet.as_view({"get": "retrieve"}), name="profile"),
    path("rules", RuleViewSet.as_view({"get": "list", "put": "update"}), name="rules"),
    path("rules/explain", RuleViewSet.as_view({"get": "explain"}), name="explain-rule"),
    path("branches", BranchViewSet.as_view({"get": "list", "post": "create"}), name="branches"),
    path(
        "branches/<str:code>/closures",
        ClosureViewSet.as_view({"get": "list", "post": "create"}),
        name="closures",
    ),
    path(
        "branches/<str:code>/closures/<id:id>",
        ClosureViewSet.as_view({"delete": "destroy"}),
        name="closure",
    ),
    path("timeline", TimelineViewSet.as_view({"get": "list"}), name="timeline"),
    path("me", ProfileViewSet.as_view({"get": "own"}), name="me"),
]
