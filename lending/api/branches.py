"""The API of branches and their closures."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lending.api.serializers import AddBranchSerializer, AddClosureSerializer, DryRunSerializer
from lending.services.calendar_details import BranchDetails, ClosureDetails, ClosurePreview
from lending.services.commands.add_branch import AddBranch
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.remove_closure import RemoveClosure
from lending.services.queries.calendars import ListBranches, ListClosures, PreviewClosure
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet

READ, WRITE = "circulation:read", "rules:write"


class BranchViewSet(LibraryViewSet):
    """Branches."""

    policy = {"list": READ, "create": WRITE}

    @extend_schema(responses={200: paged_schema(BranchDetails)})
    def list(self, _request: Request) -> Response:
        """The branches, by code."""
        return self.paged(ask(ListBranches(page=self.page_request())))

    @extend_schema(request=AddBranchSerializer, responses={201: BranchDetails})
    def create(self, _request: Request) -> Response:
        """Add a branch."""
        command = AddBranch(**self.body(AddBranchSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)


class ClosureViewSet(LibraryViewSet):
    """The closures of a branch, besides its weekly closed days."""

    policy = {"list": READ, "create": WRITE, "destroy": WRITE}

    @extend_schema(responses={200: paged_schema(ClosureDetails)})
    def list(self, _request: Request, code: str) -> Response:
        """The closures of a branch, the latest first."""
        return self.paged(ask(ListClosures(branch=code, page=self.page_request())))

    @extend_schema(
        request=AddClosureSerializer,
        parameters=[DryRunSerializer],
        responses={201: ClosureDetails, 200: ClosurePreview},
    )
    def create(self, _request: Request, code: str) -> Response:
        """Add a closure, or with `dry_run` preview what it would move.

        Due dates and pickup deadlines on these days move to the next open day within minutes.
        """
        params, form = self.params(DryRunSerializer), self.body(AddClosureSerializer)
        if params["dry_run"]:
            days = {"first_on": form["first_on"], "last_on": form["last_on"]}
            return Response(ask(PreviewClosure(branch=code, **days)))
        command = AddClosure(branch=code, **form)
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(responses={204: None})
    def destroy(self, _request: Request, code: str, id: UUID) -> Response:
        """Remove a closure. Dates that it moved stay as they are."""
        self.body()
        dispatch(RemoveClosure(branch=code, closure=id))
        return Response(status=204)
