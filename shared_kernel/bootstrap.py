"""The commands that belong to no context: credentials of people and machines, and circuit breakers."""

from shared_kernel.services.breakers import close_breaker, hold_breaker_open
from shared_kernel.services.bus import CommandHandler, Handlers
from shared_kernel.services.logins import change_password, close_login, create_login, reopen_login
from shared_kernel.services.tokens import issue_token, revoke_token
from shared_kernel.services.wiring import BookkeepingPorts, bind

COMMANDS: tuple[CommandHandler, ...] = (
    issue_token,
    revoke_token,
    create_login,
    change_password,
    close_login,
    reopen_login,
    hold_breaker_open,
    close_breaker,
)


def handlers() -> Handlers:
    """The shared kernel's handlers, bound."""
    return bind(commands=COMMANDS, queries=(), ports=BookkeepingPorts())
