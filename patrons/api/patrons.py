"""Patrons over the API."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from patrons.api.serializers import (
    BlockSerializer,
    ContactSerializer,
    ErasureSerializer,
    OwnContactSerializer,
    PatronFilterSerializer,
    RegistrationSerializer,
    RenewalSerializer,
)
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.erase_patron import ErasePatron
from patrons.services.commands.lift_block import LiftBlock
from patrons.services.commands.register_patron import RegisterPatron
from patrons.services.commands.reinstate_patron import ReinstatePatron
from patrons.services.commands.renew_membership import RenewMembership
from patrons.services.commands.suspend_patron import SuspendPatron
from patrons.services.commands.update_contact import UpdateContact
from patrons.services.patron_details import ErasureResult, PatronDetails, PatronSummary
from patrons.services.queries.patrons import GetPatron, ListPatrons
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
        "partial_update": ("patrons:write", OWN),
        "suspend": "patrons:write",
        "block": "patrons:write",
        "lift": "patrons:write",
        "reinstate": "patrons:write",
        "renew_membership": "patrons:write",
        "erase": "override",
    }

    @extend_schema(parameters=[PatronFilterSerializer], responses={200: paged_schema(PatronSummary)})
    def list(self, _request: Request) -> Response:
        """The patrons by name."""
        wanted = self.params(PatronFilterSerializer)
        return self.paged(ask(ListPatrons(page=self.page_request(), **wanted)))

    @extend_schema(request=RegistrationSerializer, responses={201: PatronDetails})
    def create(self, _request: Request) -> Response:
        """Register a patron; without a card number a new one is drawn."""
        command = RegisterPatron(**self.body(RegistrationSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(responses={200: PatronDetails})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """One patron."""
        sees_all = self.principal.may("patrons:read")
        return Response(ask(GetPatron(patron=id, viewer_login=None if sees_all else self.principal.login_id)))

    @extend_schema(request=ContactSerializer, responses={200: PatronDetails})
    def partial_update(self, _request: Request, id: UUID) -> Response:
        """Change what is sent. Patrons themselves choose their letters and their privacy, nothing else."""
        is_staff = self.principal.may("patrons:write")
        changes = self.body(ContactSerializer if is_staff else OwnContactSerializer)
        if "declined_notices" in changes:
            changes["declined_notices"] = tuple(changes["declined_notices"])
        viewer = None if is_staff else self.principal.login_id
        command = UpdateContact(patron=id, version=self.if_match(), viewer_login=viewer, **changes)
        return Response(dispatch(command))

    @extend_schema(request=BlockSerializer, responses={200: PatronDetails})
    def suspend(self, _request: Request, id: UUID) -> Response:
        """Keep a patron from borrowing: without end, or up to and including the day `until`."""
        command = SuspendPatron(patron=id, **self.body(BlockSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key))

    @extend_schema(request=None, responses={200: PatronDetails})
    def reinstate(self, _request: Request, id: UUID) -> Response:
        """Lift every block of a patron."""
        self.body()
        return Response(dispatch(ReinstatePatron(patron=id), idempotency_key=self.idempotency_key))

    @extend_schema(request=BlockSerializer, responses={201: PatronDetails})
    def block(self, _request: Request, id: UUID) -> Response:
        """Add a block; without its last day `until` it is a suspension."""
        command = AddBlock(patron=id, **self.body(BlockSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(request=None, responses={200: PatronDetails})
    def lift(self, _request: Request, id: UUID, block: UUID) -> Response:
        """Lift one block."""
        self.body()
        return Response(dispatch(LiftBlock(patron=id, block=block)))

    @extend_schema(request=RenewalSerializer, responses={200: PatronDetails})
    def renew_membership(self, _request: Request, id: UUID) -> Response:
        """Let a membership go on."""
        command = RenewMembership(patron=id, **self.body(RenewalSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key))

    @extend_schema(request=ErasureSerializer, responses={200: ErasureResult})
    def erase(self, _request: Request, id: UUID) -> Response:
        """Forget who a patron was, for good. What they borrowed stays, as that of somebody."""
        command = ErasePatron(patron=id, comment=self.body(ErasureSerializer)["reason"])
        return Response(dispatch(command, idempotency_key=self.idempotency_key))
