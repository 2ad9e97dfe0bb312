"""Who may do what: a principal's scopes, and the policy that every action must name to be reachable."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.cache import patch_cache_control
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shared_kernel.models import AuditEntry
from shared_kernel.services.request_context import current_context, set_principal
from shared_kernel.services.tokens import SCOPES
from shared_kernel.subject_ids import LOOKED_UP
from shared_kernel.web.converters import ID  # also lets routes say `<id:…>`

P = ParamSpec("P")

#: Open to everybody, logged in or not.
PUBLIC = "public"
#: A patron's own things; the query narrows it to the login's patron.
OWN = "own"
#: Taking money at the desk. A role's scope alone: a token that may touch accounts has accounts:write.
PAYMENTS = "accounts:payments"

_CATALOG = {"catalog:read", "catalog:write"}
_DESK = _CATALOG | {"patrons:read", "patrons:write", "circulation:read", "circulation:write", PAYMENTS}
_MANAGEMENT = _DESK | {"accounts:write", "rules:write", "override", "audit:read"}
#: What each role, a Django group, may do. The operator keeps the system running without reading who
#: borrowed what, so neither the audit nor circulation is the operator's.
ROLE_SCOPES: dict[str, frozenset[str]] = {
    "patron": frozenset({OWN}),
    "librarian": frozenset(_DESK),
    "manager": frozenset(_MANAGEMENT),
    "operator": frozenset({"catalog:read", "operations"}),
}
#: A login with any of these may see the administration, whatever it then shows.
_OF_STAFF = frozenset().union(*ROLE_SCOPES.values()) - ROLE_SCOPES["patron"]
_EVERYTHING = frozenset(SCOPES).union(*ROLE_SCOPES.values())
#: So many denials of one principal go on record in an hour.
DENIALS_AN_HOUR: Final = 60
#: What an address's own id is of: a loan's below `loans/`, and in the administration below `loanrow/`.
_OF_A_THING: Final = re.compile(rf"\b({'|'.join(LOOKED_UP)})(?:s|row)/<(?:{ID}:id|path:object_id)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: `id` as the audit keeps it, what they may do, and their login's key, if not a machine."""

    id: str
    scopes: frozenset[str]
    login_id: int | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody has logged in."""
        return self is ANONYMOUS

    @property
    def is_staff(self) -> bool:
        """Whether this is a person who works here, or looks after the system."""
        return self.login_id is not None and self.may(*_OF_STAFF)

    def may(self, *any_of: str) -> bool:
        """Whether one of these scopes is held; everybody holds PUBLIC."""
        return PUBLIC in any_of or not self.scopes.isdisjoint(any_of)


ANONYMOUS = Principal(id="anonymous", scopes=frozenset())


def principal(request: HttpRequest | Request) -> Principal:
    """Who makes this request. Found out once, then remembered with it and as the origin's principal."""
    if isinstance(request, Request):
        return request.auth if isinstance(request.auth, Principal) else ANONYMOUS
    known: Principal | None = getattr(request, "library_principal", None)
    if known is None:
        known = of_login(getattr(request, "user", None))
        request.library_principal = known  # type: ignore[attr-defined]  # our own mark on Django's request
        set_principal(known.id)
    return known


def of_login(user: AbstractBaseUser | AnonymousUser | None) -> Principal:
    """The principal behind a login: the scopes of all its roles, or everything for a superuser."""
    if not isinstance(user, User) or not user.is_active:
        return ANONYMOUS
    if user.is_superuser:
        scopes = _EVERYTHING
    else:
        roles = user.groups.all()
        scopes = frozenset().union(*(ROLE_SCOPES.get(role.name, frozenset()) for role in roles))
    return Principal(id=f"user:{user.pk}", scopes=scopes, login_id=user.pk)


class PolicyPermission(BasePermission):
    """Deny by default: an action is open only if its view's `policy` names a scope that the asker holds."""

    message = "You may not do this."

    def has_permission(self, request: Request, view: object) -> bool:
        """Whether the asker holds one of the scopes that the view's policy names for this action."""
        policy: dict[str, str | tuple[str, ...]] = getattr(view, "policy", {})
        action: str | None = getattr(view, "action", "")
        if action is None or action == "metadata":  # a method the route doesn't know (405), or OPTIONS
            return True
        wanted = policy.get(action, ())
        return principal(request).may(*([wanted] if isinstance(wanted, str) else wanted))


def require(
    *any_of: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Restrict a page to holders of one of these scopes, and forbid caching it.

    Anonymous visitors are redirected to the login page. Others are denied, which the audit records.
    """

    def guard(
        view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            who = principal(request)
            if not who.may(*any_of):
                if who.is_anonymous:
                    return redirect_to_login(request.get_full_path())
                raise PermissionDenied
            response = view(request, *args, **kwargs)
            patch_cache_control(response, no_store=True)
            return response

        guarded.scopes = any_of  # type: ignore[attr-defined]  # lets the test of all routes see the policy
        return guarded

    return guard


def record_denial(request: HttpRequest) -> None:
    """Put a denied action on record, under the ids that its address has.

    Of one principal so many an hour are recorded, the last of them saying so; the request log has all.
    """
    match = request.resolver_match
    who = current_context()
    now = timezone.now()
    recent = AuditEntry.objects.filter(
        outcome=AuditEntry.Outcome.DENIED, principal=who.principal, at__gt=now - timedelta(hours=1)
    )
    recorded = recent.order_by()[:DENIALS_AN_HOUR].count()
    if recorded >= DENIALS_AN_HOUR:
        return
    codes = ["permission_denied"]
    if recorded == DENIALS_AN_HOUR - 1:
        codes.append("further_denials_unrecorded")
    AuditEntry.objects.create(
        at=now,
        principal=who.principal,
        door=who.door,
        action=f"{request.method} /{match.route if match else ''}"[:64],
        outcome=AuditEntry.Outcome.DENIED,
        codes=codes,
        subjects=_subjects(match) if match else {},
        correlation_id=who.correlation_id,
    )


def _subjects(match: ResolverMatch) -> dict[str, str]:
    """Only ids go into the audit, so of the address only its UUIDs, by what they are of."""
    of_a_thing = _OF_A_THING.search(match.route)
    own = of_a_thing[1] if of_a_thing else "id"
    named = {own if name in {"id", "object_id"} else name: it for name, it in match.kwargs.items()}
    ids = {name: _id_of(it) for name, it in named.items()}
    return {name: it for name, it in ids.items() if it is not None}


def _id_of(part: object) -> str | None:
    """The part as the id that it is, in small letters; None if it is something else."""
    text = str(part).lower()
    try:
        return text if str(UUID(text)) == text else None
    except ValueError:
        return None
