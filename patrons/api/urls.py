"""Patrons' routes below /api/v1."""

from django.urls import path

from patrons.api.patrons import PatronViewSet


def _act(action: str) -> str:
    return f"patrons/<id:id>/{action}"


urlpatterns = [
    path("patrons", PatronViewSet.as_view({"get": "list", "post": "create"}), name="patrons"),
    path(
        "patrons/<id:id>",
        PatronViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="patron",
    ),
    path(_act("suspend"), PatronViewSet.as_view({"post": "suspend"}), name="patron-suspend"),
    path(_act("blocks"), PatronViewSet.as_view({"post": "block"}), name="patron-blocks"),
    path(_act("blocks/<id:block>"), PatronViewSet.as_view({"delete": "lift"}), name="patron-block"),
    path(_act("reinstate"), PatronViewSet.as_view({"post": "reinstate"}), name="patron-reinstate"),
    path(
        _act("renew-membership"),
        PatronViewSet.as_view({"post": "renew_membership"}),
        name="patron-renew-membership",
    ),
    path(_act("erase"), PatronViewSet.as_view({"post": "erase"}), name="patron-erase"),
]
