"""Patrons over the API."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from patrons.serializers import PatronFilter, RegistrationForm, SuspensionForm
from patrons.services.answers import PatronView
from patrons.services.commands.register_patron import RegisterPatron
from patrons.services.commands.reinstate_patron import ReinstatePatron
from patrons.services.commands.suspend_patron import SuspendPatron
from patrons.services.queries import GetPatron, ListPatrons
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet


class PatronViewSet(LibraryViewSet):
    """Who may borrow. A patron sees nobody but themselves."""

    policy = {
        "list": "patrons:read",
        "create": "patrons:write",
        "retrieve": ("patrons:read", OWN),
        "suspend": "patrons:write",
        "reinstate": "patrons:write",
    }

    @extend_schema(parameters=[PatronFilter], responses={200: paged_schema(PatronView)})
    def list(self, _request: Request) -> Response:
        """The patrons by name."""
        wanted = self.params(PatronFilter)
        return self.paged(ask(ListPatrons(page=self.page_request(), **wanted)))

    @extend_schema(request=RegistrationForm, responses={201: PatronView})
    def create(self, _request: Request) -> Response:
        """Register a patron; without a card number a new one is drawn."""
        command = RegisterPatron(**self.body(RegistrationForm))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(responses={200: PatronView})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """One patron."""
        sees_all = self.principal.may("patrons:read")
        return Response(ask(GetPatron(patron=id, viewer_login=None if sees_all else self.principal.login_id)))

    @extend_schema(request=SuspensionForm, responses={200: PatronView})
    def suspend(self, _request: Request, id: UUID) -> Response:
        """Keep a patron from borrowing: without end, or up to and including the day `until`."""
        command = SuspendPatron(patron=id, **self.body(SuspensionForm))
        return Response(dispatch(command, idempotency_key=self.idempotency_key))

    @extend_schema(request=None, responses={200: PatronView})
    def reinstate(self, _request: Request, id: UUID) -> Response:
        """Lift every block of a patron."""
        self.body()
        return Response(dispatch(ReinstatePatron(patron=id), idempotency_key=self.idempotency_key))
