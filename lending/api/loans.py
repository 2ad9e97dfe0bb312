"""The API of loans, returns, eligibility and profiles."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from lending.api.serializers import (
    BorrowBookSerializer,
    EligibilityQuerySerializer,
    LoanQuerySerializer,
    ReturnBookSerializer,
)
from lending.api.viewer import viewer_login
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.renew_loan import RenewLoan
from lending.services.commands.return_book import ReturnBook, ReturnResult
from lending.services.loan_details import LoanDetails
from lending.services.queries.eligibility import Eligibility, EligibilityResult
from lending.services.queries.loans import GetLoan, ListLoans
from lending.services.queries.profile import OwnProfile, PatronProfile, ProfileDetails
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN
from shared_kernel.web.openapi import paged_schema
from shared_kernel.web.views import LibraryViewSet

READ, WRITE = "circulation:read", "circulation:write"


class LoanViewSet(LibraryViewSet):
    """Loans. Patrons see and renew their own."""

    policy = {"list": (READ, OWN), "retrieve": (READ, OWN), "create": WRITE, "renew": (WRITE, OWN)}

    @extend_schema(parameters=[LoanQuerySerializer], responses={200: paged_schema(LoanDetails)})
    def list(self, _request: Request) -> Response:
        """Loans, the newest first."""
        viewer = viewer_login(self.principal, sees_all=READ)
        return self.paged(
            ask(ListLoans(**self.params(LoanQuerySerializer), viewer_login=viewer, page=self.page_request()))
        )

    @extend_schema(responses={200: LoanDetails})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """One loan."""
        return Response(ask(GetLoan(id=id, viewer_login=viewer_login(self.principal, sees_all=READ))))

    @extend_schema(request=BorrowBookSerializer, responses={201: LoanDetails})
    def create(self, _request: Request) -> Response:
        """Lend a copy to a patron. A refusal lists every reason."""
        form = self.body(BorrowBookSerializer)
        override = form.pop("override", None)
        if override:
            if not self.principal.may("override"):
                raise PermissionDenied
            form |= {"override": tuple(override["codes"]), "comment": override["comment"]}
        return Response(dispatch(BorrowBook(**form), idempotency_key=self.idempotency_key), status=201)

    @extend_schema(request=None, responses={200: LoanDetails})
    def renew(self, _request: Request, id: UUID) -> Response:
        """Renew the loan. A refusal lists every reason."""
        self.body()
        command = RenewLoan(loan=id, viewer_login=viewer_login(self.principal, sees_all=WRITE))
        return Response(dispatch(command, idempotency_key=self.idempotency_key))


class ReturnViewSet(LibraryViewSet):
    """Returns."""

    policy = {"create": WRITE}

    @extend_schema(request=ReturnBookSerializer, responses={200: ReturnResult})
    def create(self, _request: Request) -> Response:
        """Return a copy."""
        form = self.body(ReturnBookSerializer)
        return Response(dispatch(ReturnBook(**form), idempotency_key=self.idempotency_key))


class EligibilityViewSet(LibraryViewSet):
    """Eligibility."""

    policy = {"list": READ}

    @extend_schema(parameters=[EligibilityQuerySerializer], responses={200: EligibilityResult})
    def list(self, _request: Request) -> Response:
        """Whether a patron may borrow a copy, by the same rules as lending. Changes nothing."""
        return Response(ask(Eligibility(**self.params(EligibilityQuerySerializer))))


class ProfileViewSet(LibraryViewSet):
    """Profiles of patrons."""

    policy = {"retrieve": (READ, OWN), "own": OWN}

    @extend_schema(responses={200: ProfileDetails})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """A patron's loans, holds, balance and privacy choice."""
        return Response(
            ask(PatronProfile(patron=id, viewer_login=viewer_login(self.principal, sees_all=READ)))
        )

    @extend_schema(responses={200: ProfileDetails})
    def own(self, _request: Request) -> Response:
        """The loans, holds, balance and privacy choice of the patron who is logged in."""
        return Response(ask(OwnProfile(login=self.principal.login_id or 0)))
