"""A patron sets the password of their login, by the link that they were sent."""

from dataclasses import dataclass
from typing import ClassVar

from patrons.services.ports import PatronsWork
from shared_kernel.domain.errors import InvalidValue, Refusal
from shared_kernel.services.bus import Command


class LinkInvalid(Refusal):
    code = "link_invalid"
    message = "This link has expired or was already used. Request a new one."


class PasswordTooWeak(InvalidValue):
    code = "password_too_weak"
    message = "{problems}"
    pointer = "/password"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword(Command[None]):
    """Set a password. `login` and `token` are what the link consists of."""

    has_secret: ClassVar[bool] = True

    login: str
    token: str
    password: str


def set_password(command: SetPassword, work: PatronsWork) -> None:
    """Set it, which uses the link up and ends every session of the login."""
    work.logins.set_password(login=command.login, token=command.token, password=command.password)
