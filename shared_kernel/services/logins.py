"""People's credentials: a login is Django's User, a role its Group."""

import secrets
from dataclasses import dataclass, field
from typing import ClassVar

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError

from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.models import LoginSession
from shared_kernel.services.bus import Command, Result, UnitOfWork
from shared_kernel.services.request_context import bind_audit_subjects

LIBRARIAN, MANAGER, OPERATOR, PATRON = ROLES = ("librarian", "manager", "operator", "patron")
LONGEST_NAME = 150


class UnknownRole(InvalidValue):
    code = "unknown_role"
    message = "There is no role {role}. Available: {known}."
    pointer = "/role"


class LoginNameInvalid(InvalidValue):
    code = "login_name_invalid"
    message = "A login name has 1 to 150 letters, digits and the characters @ . + - and _."
    pointer = "/name"


class LoginTaken(Refusal):
    code = "login_taken"
    message = "A login with this name already exists."
    pointer = "/name"


class LoginNotFound(NotFound):
    message = "No login has the id {id}."


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedLogin(Result):
    """A new login. `password` was generated and is shown only here."""

    id: int
    role: str
    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLogin(Command[CreatedLogin]):
    """Let a person of this role in."""

    name: str
    role: str


def create_login(command: CreateLogin, _work: UnitOfWork) -> CreatedLogin:
    """Make the login with a random password. Raises UnknownRole, LoginNameInvalid, LoginTaken."""
    if command.role not in ROLES:
        raise UnknownRole(role=command.role, known=", ".join(ROLES))
    name = _checked(command.name)
    if User.objects.filter(username__iexact=name).exists():
        raise LoginTaken
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(name, password=password, is_staff=command.role != PATRON)
    bind_audit_subjects(login=user.pk)
    group, _ = Group.objects.get_or_create(name=command.role)
    user.groups.add(group)
    return CreatedLogin(id=user.pk, role=command.role, username=name, password=password)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword(Command[None]):
    """Set a login's password, by its owner, who has entered the present one, or from the command line."""

    has_secret: ClassVar[bool] = True

    id: int
    password: str = field(repr=False)


def change_password(command: ChangePassword, _work: UnitOfWork) -> None:
    """Set it, which ends the login's sessions but for the one that says so. Raises LoginNotFound."""
    bind_audit_subjects(login=command.id)
    user = User.objects.select_for_update().filter(pk=command.id).first()
    if user is None:
        raise LoginNotFound(id=command.id)
    user.set_password(command.password)
    user.save(update_fields=["password"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseLogin(Command[None]):
    """Let a person in no more, from this moment on; what they did stays on record."""

    id: int


def close_login(command: CloseLogin, _work: UnitOfWork) -> None:
    """Close it and end its sessions, so that none goes on when it is reopened. Raises LoginNotFound."""
    _set_active(command.id, active=False)
    LoginSession.objects.filter(login_id=command.id).delete()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenLogin(Command[None]):
    """Let a person in again, with the password they had."""

    id: int


def reopen_login(command: ReopenLogin, _work: UnitOfWork) -> None:
    """Reopen it. Raises LoginNotFound."""
    _set_active(command.id, active=True)


def _set_active(id: int, *, active: bool) -> None:
    bind_audit_subjects(login=id)
    if not User.objects.filter(pk=id).update(is_active=active):
        raise LoginNotFound(id=id)


def _checked(name: str) -> str:
    name = User.normalize_username(name.strip())
    try:
        User.username_validator(name)
    except ValidationError:
        raise LoginNameInvalid from None
    if len(name) > LONGEST_NAME:
        raise LoginNameInvalid
    return name
