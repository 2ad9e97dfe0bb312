"""The API of accounts and lost items."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from lending.api.serializers import PostPaymentSerializer, WaiveChargeSerializer
from lending.api.viewer import viewer_login
from lending.services.account_details import AccountDetails
from lending.services.commands.claim_returned import ClaimReturned
from lending.services.commands.declare_lost import DeclareLost
from lending.services.commands.post_payment import PostPayment
from lending.services.commands.undo_return import UndoReturn
from lending.services.commands.waive_charge import WaiveCharge
from lending.services.loan_details import LoanDetails
from lending.services.queries.accounts import GetAccount
from shared_kernel.services.bus import Command
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN, PAYMENTS
from shared_kernel.web.views import LibraryViewSet

READ, WRITE = "circulation:read", "circulation:write"


class AccountViewSet(LibraryViewSet):
    """A patron's account. Librarians take payments; managers waive charges, with a reason."""

    policy = {
        "retrieve": (READ, "accounts:write", OWN),
        "pay": ("accounts:write", PAYMENTS),
        "waive": "accounts:write",
    }

    @extend_schema(responses={200: AccountDetails})
    def retrieve(self, _request: Request, id: UUID) -> Response:
        """The balance, the accruing fines and the ledger."""
        viewer = None if self.principal.may("accounts:write") else viewer_login(self.principal, sees_all=READ)
        return Response(ask(GetAccount(patron=id, viewer_login=viewer)))

    @extend_schema(request=PostPaymentSerializer, responses={201: AccountDetails})
    def pay(self, _request: Request, id: UUID) -> Response:
        """Take a payment."""
        command = PostPayment(patron=id, **self.body(PostPaymentSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)

    @extend_schema(request=WaiveChargeSerializer, responses={201: AccountDetails})
    def waive(self, _request: Request, id: UUID) -> Response:
        """Waive a charge or part of it."""
        command = WaiveCharge(patron=id, **self.body(WaiveChargeSerializer))
        return Response(dispatch(command, idempotency_key=self.idempotency_key), status=201)


class LostItemsViewSet(LibraryViewSet):
    """Loans whose copy is lost, claimed returned, or was returned by mistake."""

    policy = {"declare_lost": WRITE, "claim_returned": WRITE, "undo_return": WRITE}

    @extend_schema(request=None, responses={200: LoanDetails})
    def declare_lost(self, _request: Request, id: UUID) -> Response:
        """Declare the copy lost: its price, a processing fee and the fine so far are charged."""
        return self._dispatch(DeclareLost(loan=id))

    @extend_schema(request=None, responses={200: LoanDetails})
    def claim_returned(self, _request: Request, id: UUID) -> Response:
        """Record that the patron claims to have returned the copy."""
        return self._dispatch(ClaimReturned(loan=id))

    @extend_schema(request=None, responses={200: LoanDetails})
    def undo_return(self, _request: Request, id: UUID) -> Response:
        """Undo a return that was scanned by mistake, within 15 minutes: the loan is as it was before."""
        return self._dispatch(UndoReturn(loan=id))

    def _dispatch(self, command: Command[LoanDetails]) -> Response:
        self.body()
        return Response(dispatch(command, idempotency_key=self.idempotency_key))
