"""The API of holds."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lending.api.serializers import (
    HoldQuerySerializer,
    PlaceHoldSerializer,
    QueueOrderSerializer,
    SuspendHoldSerializer,
)
from lending.api.viewer import viewer_login
from lending.services.commands.cancel_hold import CancelHold
from lending.services.commands.mark_hold_ready import MarkHoldReady
from lending.services.commands.move_holds import MoveHolds
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.report_copy_not_found import ReportCopyNotFound
from lending.services.commands.resume_hold import ResumeHold
from lending.services.commands.suspend_hold import SuspendHold
from lending.services.hold_details import HoldDetails
from lending.services.queries.holds import GetHold, ListHolds, ListQueue
from shared_kernel.services.bus import Command
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet

READ, WRITE = "circulation:read", "circulation:write"


class HoldViewSet(LibraryViewSet):
    """Holds. Patrons see, place, suspend and cancel their own."""

    policy = {
        "list": (READ, OWN),
        "retrieve": (READ, OWN),
        "create": (WRITE, OWN),
        "cancel": (WRITE, OWN),
        "suspend": (WRITE, OWN),
        "resume": (WRITE, OWN),
        "ready": WRITE,
        "not_found": WRITE,
    }

    @extend_schema(parameters=[HoldQuerySerializer], responses={200: paged_schema(HoldDetails)})
    def list(self, _request: Request) -> Response:
        """Holds, the newest first."""
        viewer = viewer_login(self.principal, sees_all=READ)
        return self.paged(
            ask(ListHolds(**self.params(HoldQuerySerializer), viewer_login=viewer, page=self.page_request()))
        )

    @extend_schema(responses={200: HoldDetails})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """One hold."""
        return Response(ask(GetHold(id=id, viewer_login=viewer_login(self.principal, sees_all=READ))))

    @extend_schema(request=PlaceHoldSerializer, responses={201: HoldDetails})
    def create(self, _request: Request) -> Response:
        """Place a hold on a book or on one copy. A refusal lists every reason."""
        form = self.body(PlaceHoldSerializer)
        command = PlaceHold(**form, viewer_login=viewer_login(self.principal, sees_all=WRITE))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(request=None, responses={200: HoldDetails})
    def cancel(self, _request: Request, id: UUID) -> Response:
        """Cancel the hold. Its copy goes to the next hold in the queue."""
        self.body()
        return self._dispatch(CancelHold(hold=id, viewer_login=viewer_login(self.principal, sees_all=WRITE)))

    @extend_schema(request=SuspendHoldSerializer, responses={200: HoldDetails})
    def suspend(self, _request: Request, id: UUID) -> Response:
        """Suspend the hold: it keeps its place in the queue, but is allocated no copy."""
        form = self.body(SuspendHoldSerializer)
        return self._dispatch(
            SuspendHold(hold=id, **form, viewer_login=viewer_login(self.principal, sees_all=WRITE))
        )

    @extend_schema(request=None, responses={200: HoldDetails})
    def resume(self, _request: Request, id: UUID) -> Response:
        """Resume a suspended hold."""
        self.body()
        return self._dispatch(ResumeHold(hold=id, viewer_login=viewer_login(self.principal, sees_all=WRITE)))

    @extend_schema(request=None, responses={200: HoldDetails})
    def ready(self, _request: Request, id: UUID) -> Response:
        """Mark the hold ready: its copy is on the hold shelf."""
        self.body()
        return self._dispatch(MarkHoldReady(hold=id))

    @extend_schema(request=None, responses={200: HoldDetails})
    def not_found(self, _request: Request, id: UUID) -> Response:
        """Report that the hold's copy is not on its shelf."""
        self.body()
        return self._dispatch(ReportCopyNotFound(hold=id))

    def _dispatch(self, command: Command[HoldDetails]) -> Response:
        return Response(dispatch(command, idempotency_key=self.idempotency_key))


class QueueViewSet(LibraryViewSet):
    """The queue of a book."""

    policy = {"list": READ, "move": WRITE}

    @extend_schema(responses={200: paged_schema(HoldDetails)})
    def list(self, _request: Request, book: UUID) -> Response:
        """The active holds of a book, in the order of the queue."""
        return Response({"results": ask(ListQueue(book=book)), "next": None, "previous": None})

    @extend_schema(request=QueueOrderSerializer, responses={200: paged_schema(HoldDetails)})
    def move(self, _request: Request, book: UUID) -> Response:
        """Reorder the queue."""
        form = self.body(QueueOrderSerializer)
        holds = dispatch(MoveHolds(book=book, order=tuple(form["order"])))
        return Response({"results": holds, "next": None, "previous": None})
