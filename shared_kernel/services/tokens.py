"""Machines' credentials: random, shown once, kept as a digest, limited to scopes, ending, revocable."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from shared_kernel.domain.errors import InvalidValue, NotFound
from shared_kernel.models import ApiToken
from shared_kernel.services.bus import Command, Result, UnitOfWork
from shared_kernel.services.request_context import bind_audit_subjects

SCOPES = (
    "catalog:read",
    "catalog:write",
    "patrons:read",
    "patrons:write",
    "circulation:read",
    "circulation:write",
    "accounts:write",
    "rules:write",
    "override",
    "audit:read",
    "operations",
)
DAYS = 365
MOST_DAYS = 3650
LONGEST_NAME = 100
#: A process that didn't revoke a token itself learns of it after so long at most.
CACHE_SECONDS = 30
_REMEMBERED = 1024  # strangers' guesses are remembered too, so there is an end to it


class UnknownScope(InvalidValue):
    code = "unknown_scope"
    message = "There is no scope {scope}. Available: {known}."
    pointer = "/scopes"


class TokenLifeInvalid(InvalidValue):
    code = "token_life_invalid"
    message = "A token is valid for 1 to {most} days."
    pointer = "/days"


class TokenNameMissing(InvalidValue):
    code = "token_name_missing"
    message = "A token needs a name of 1 to 100 characters."
    pointer = "/name"


class TokenNotFound(NotFound):
    message = "No token has the id {id}."


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken(Result):
    """A new token. `token` is the secret itself: this is the one time that anybody sees it."""

    token: str
    id: UUID
    scopes: list[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """What a token that somebody showed allows."""

    id: UUID
    scopes: frozenset[str]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken(Command[IssuedToken]):
    """Give a machine a token of these scopes for so many days."""

    name: str
    scopes: tuple[str, ...]
    days: int = DAYS


def issue_token(command: IssueToken, _work: UnitOfWork) -> IssuedToken:
    """Make the token and keep its digest. Raises UnknownScope, TokenLifeInvalid, TokenNameMissing."""
    for scope in command.scopes:
        if scope not in SCOPES:
            raise UnknownScope(scope=scope, known=", ".join(SCOPES))
    if not 1 <= command.days <= MOST_DAYS:
        raise TokenLifeInvalid(most=MOST_DAYS)
    if not 1 <= len(name := command.name.strip()) <= LONGEST_NAME:
        raise TokenNameMissing
    now = timezone.now()
    issued = IssuedToken(
        token=f"lib_{secrets.token_urlsafe(32)}",
        id=uuid4(),
        scopes=[scope for scope in SCOPES if scope in command.scopes],
        expires_at=now + timedelta(days=command.days),
    )
    bind_audit_subjects(token=issued.id)
    ApiToken.objects.create(
        id=issued.id,
        name=name,
        digest=_digest(issued.token),
        scopes=issued.scopes,
        created_at=now,
        expires_at=issued.expires_at,
    )
    return issued


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken(Command[None]):
    """Let a token count no more: at once in this process, within 30 seconds in the others."""

    id: UUID


def revoke_token(command: RevokeToken, _work: UnitOfWork) -> None:
    """Revoke it; the first time stands. Raises TokenNotFound."""
    bind_audit_subjects(token=command.id)
    tokens = ApiToken.objects.filter(id=command.id)
    if not tokens.exists():
        raise TokenNotFound(id=command.id)
    tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    transaction.on_commit(clear_token_cache)


# What this process looked up lately, by digest, and until when (monotonic) it believes that.
_verdicts: dict[str, tuple[VerifiedToken | None, float]] = {}


def verify(token: str) -> VerifiedToken | None:
    """What a token allows now; None where it is unknown, over or revoked."""
    digest = _digest(token)
    verdicts = _verdicts
    verified, believed_until = verdicts.get(digest, (None, 0.0))
    if believed_until <= monotonic():
        verified = _look_up(digest)
        if len(verdicts) >= _REMEMBERED:
            verdicts.clear()
        verdicts[digest] = verified, monotonic() + CACHE_SECONDS
    if verified and verified.expires_at and verified.expires_at <= timezone.now():
        return None
    return verified


def was_valid(token: str) -> bool:
    """Whether this process has lately found the token to be a right one, be it right still or not."""
    verified, _ = _verdicts.get(_digest(token), (None, 0.0))
    return verified is not None


def clear_token_cache() -> None:
    """Look every token up again. A look-up that is under way writes into the book that is thrown away."""
    global _verdicts  # noqa: PLW0603 - exchanged whole, which no thread can see half done
    _verdicts = {}


def _look_up(digest: str) -> VerifiedToken | None:
    row = ApiToken.objects.filter(digest=digest, revoked_at=None).values("id", "scopes", "expires_at").first()
    if row is None:
        return None
    return VerifiedToken(id=row["id"], scopes=frozenset(row["scopes"]), expires_at=row["expires_at"])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
