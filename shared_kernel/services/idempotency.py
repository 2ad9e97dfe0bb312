"""Idempotency keys: the first answer is stored in the transaction of its effect, and given again."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args
from uuid import uuid4

from django.db import OperationalError, connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.models import IdempotencyRecord
from shared_kernel.services.bus import Command
from shared_kernel.services.codec import from_json, to_json
from shared_kernel.services.redaction import Identity
from shared_kernel.services.request_context import current_context
from shared_kernel.sql.writes import defer_update, insert

KEPT_FOR = timedelta(hours=48)
WAIT_SECONDS = 3
_BATCH = 1000
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,128}")
_LOCK_NOT_AVAILABLE = "55P03"


class IdempotencyKeyInvalid(InvalidValue):
    code = "idempotency_key_invalid"
    message = "An Idempotency-Key has 8 to 128 characters: A-Z, a-z, 0-9, _ . : and -."


class IdempotencyKeyReused(InvalidValue):
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was already used for a different request. Use a new one."


class IdempotencyKeyInFlight(Refusal):
    code = "idempotency_key_in_flight"
    message = "The first request with this key is still running. Try again in {retry_after} seconds."


class ResultErased(NotFound):
    message = "The answer to this request was deleted because the patron it concerned has been erased."


@dataclass(frozen=True, slots=True)
class Replay:
    """The command was carried out before, with this result."""

    result: Any  # of the command's result type


@dataclass(frozen=True, slots=True)
class Claim:
    """This request is the first of its principal with its key."""

    principal: str
    key: str

    def keep(self, result: object) -> None:
        """Store the answer for repetitions, with the unit of work's last statement."""
        mine = {"principal": self.principal, "key": self.key}
        defer_update(IdempotencyRecord, {"result": to_json(result)}, where=mine)


def claim(command: Command[Any], key: str, *, hurried: bool = False) -> Claim | Replay:
    """Claim a key for a command within the open transaction, or find its first answer.

    With `hurried` it waits for the first request no longer than for any other lock.

    Raises IdempotencyKeyInvalid, IdempotencyKeyReused for another command under the same key,
    IdempotencyKeyInFlight where the first request has not ended within three seconds, and ResultErased.
    """
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid
    now, who, fingerprint = timezone.now(), current_context().principal, _fingerprint(command)
    record = {"principal": who, "key": key, "claim": uuid4(), "fingerprint": fingerprint, "claimed_at": now}
    if _insert_new(record) if hurried else _insert_waiting(record):
        return Claim(who, key)
    known = IdempotencyRecord.objects.get(principal=who, key=key)
    if known.claimed_at < now - KEPT_FOR:
        known.delete()
        return claim(command, key, hurried=hurried)
    if known.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if known.result is None:
        raise ResultErased
    return Replay(from_json(bytes(known.result), _result_type(command)))


def is_used(key: str) -> bool:
    """Whether the current principal has carried out a command with this key."""
    return IdempotencyRecord.objects.filter(principal=current_context().principal, key=key).exists()


def release(key: str) -> None:
    """Allow the current principal to use a key again, since its command had no effect."""
    IdempotencyRecord.objects.filter(principal=current_context().principal, key=key).delete()


def erase_stored_results(*, containing: bytes) -> int:
    """Delete the stored answers whose JSON contains this; return how many. The keys stay used.

    It looks at every record; they are kept for two days.
    """
    found = "POSITION(%s IN result) > 0" if connection.vendor == "postgresql" else "INSTR(result, %s) > 0"
    matching = RawSQL(found, [containing], output_field=BooleanField())  # noqa: S611 - no part of it is given
    return IdempotencyRecord.objects.alias(matching=matching).filter(matching=True).update(result=None)


def erase_results_naming(identity: Identity) -> None:
    """Delete the stored answers that name a person. The keys stay used."""
    kept = IdempotencyRecord.objects.exclude(result=None).order_by("pk")
    batch = list(kept[:_BATCH])
    while batch:
        naming = [it.pk for it in batch if identity.is_identified_in(bytes(it.result or b"").decode())]
        IdempotencyRecord.objects.filter(pk__in=naming).update(result=None)
        batch = list(kept.filter(pk__gt=batch[-1].pk)[:_BATCH])


def _fingerprint(command: Command[Any]) -> str:
    told = to_json([type(command).__name__, command])
    if command.has_secret:
        return salted_hmac("shared_kernel.idempotency", told, algorithm="sha256").hexdigest()
    return hashlib.sha256(told).hexdigest()


def _insert_new(record: Mapping[str, object]) -> bool:
    """Insert the row; False if there is one with its key."""
    return bool(insert(IdempotencyRecord, record, on_conflict="ON CONFLICT DO NOTHING"))


def _insert_waiting(record: Mapping[str, object]) -> bool:
    """The same, waiting for a transaction that is inserting the same key (SQLite has one writer at a time).

    Raises IdempotencyKeyInFlight.
    """
    on_postgresql = connection.vendor == "postgresql"
    try:
        with connection.cursor() as cursor:
            if on_postgresql:
                cursor.execute("SELECT current_setting('lock_timeout')")
                usual = cursor.fetchone()
                cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
            is_new = _insert_new(record)
            if on_postgresql:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", usual)
            return is_new
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise IdempotencyKeyInFlight(retry_after=WAIT_SECONDS) from None
        raise


def _result_type(command: Command[Any]) -> Any:  # a type, as msgspec takes it
    (base,) = type(command).__orig_bases__  # type: ignore[attr-defined]  # Command[...] is its one generic base
    return get_args(base)[0]
