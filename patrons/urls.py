"""Patrons' addresses below /api/v1."""

from django.urls import path

from patrons.views import PatronViewSet

api_urlpatterns = [
    path("patrons", PatronViewSet.as_view({"get": "list", "post": "create"}), name="patrons"),
    path("patrons/<uuid:id>", PatronViewSet.as_view({"get": "retrieve"}), name="patron"),
    path("patrons/<uuid:id>/suspend", PatronViewSet.as_view({"post": "suspend"}), name="patron-suspend"),
    path(
        "patrons/<uuid:id>/reinstate", PatronViewSet.as_view({"post": "reinstate"}), name="patron-reinstate"
    ),
]
