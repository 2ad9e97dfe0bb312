"""A patron sets the password of their login, by the link that they were sent."""

from dataclasses import dataclass

from patrons.services.ports import PatronsWork
from shared_kernel.domain.errors import InvalidValue, Refusal
from shared_kernel.services.bus import Command


class LinkInvalid(Refusal):
    """This link was used before, is too old or was never sent. Ask for a new one."""

    code = "link_invalid"


class PasswordTooWeak(InvalidValue):
    """{problems}"""

    code = "password_too_weak"
    pointer = "/password"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword(Command[None]):
    """Set a password. `login` and `token` are what the link consists of."""

    login: str
    token: str
    password: str


def set_password(command: SetPassword, work: PatronsWork) -> None:
    """Set it, which uses the link up and ends every session of the login."""
    work.logins.set_password(login=command.login, token=command.token, password=command.password)
