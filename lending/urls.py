"""Lending's routes."""

from django.urls import path

from lending import pages
from lending.views.holds import HoldViewSet, QueueViewSet
from lending.views.loans import EligibilityViewSet, LoanViewSet, ProfileViewSet, ReturnViewSet

api_urlpatterns = [
    path("loans", LoanViewSet.as_view({"get": "list", "post": "create"}), name="loans"),
    path("loans/<uuid:id>", LoanViewSet.as_view({"get": "retrieve"}), name="loan"),
    path("loans/<uuid:id>/renew", LoanViewSet.as_view({"post": "renew"}), name="renew-loan"),
    path("returns", ReturnViewSet.as_view({"post": "create"}), name="returns"),
    path("eligibility", EligibilityViewSet.as_view({"get": "list"}), name="eligibility"),
    path("holds", HoldViewSet.as_view({"get": "list", "post": "create"}), name="holds"),
    path("holds/<uuid:id>", HoldViewSet.as_view({"get": "retrieve"}), name="hold"),
    path("holds/<uuid:id>/cancel", HoldViewSet.as_view({"post": "cancel"}), name="cancel-hold"),
    path("holds/<uuid:id>/suspend", HoldViewSet.as_view({"post": "suspend"}), name="suspend-hold"),
    path("holds/<uuid:id>/resume", HoldViewSet.as_view({"post": "resume"}), name="resume-hold"),
    path("holds/<uuid:id>/ready", HoldViewSet.as_view({"post": "ready"}), name="hold-ready"),
    path("holds/<uuid:id>/not-found", HoldViewSet.as_view({"post": "not_found"}), name="hold-not-found"),
    path("books/<uuid:book>/holds", QueueViewSet.as_view({"get": "list", "put": "move"}), name="queue"),
    path("patrons/<uuid:id>/profile", ProfileViewSet.as_view({"get": "retrieve"}), name="profile"),
    path("me", ProfileViewSet.as_view({"get": "own"}), name="me"),
]

page_urlpatterns = [
    path("desk/", pages.desk, name="desk"),
    path("desk/<slug:what>/<uuid:id>", pages.change_at_desk, name="desk-change"),
    path("my/", pages.my_library, name="my-library"),
]
