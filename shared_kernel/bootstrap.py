"""The commands that belong to no context: credentials of people and machines, and circuit breakers."""

from collections.abc import Sequence

from shared_kernel.services.breakers import (
    CloseBreaker,
    HoldBreakerOpen,
    close_breaker,
    hold_breaker_open,
)
from shared_kernel.services.bus import Handlers, Storage
from shared_kernel.services.logins import (
    CloseLogin,
    CreateLogin,
    ReopenLogin,
    close_login,
    create_login,
    reopen_login,
)
from shared_kernel.services.tokens import IssueToken, RevokeToken, issue_token, revoke_token


class KernelWork:
    """Credentials and breakers are bookkeeping, not aggregates: they record no events."""

    storages: Sequence[Storage] = ()


def handlers() -> Handlers:
    """Bind the shared kernel's handlers."""
    return Handlers(
        work=KernelWork,
        commands={
            IssueToken: issue_token,
            RevokeToken: revoke_token,
            CreateLogin: create_login,
            CloseLogin: close_login,
            ReopenLogin: reopen_login,
            HoldBreakerOpen: hold_breaker_open,
            CloseBreaker: close_breaker,
        },
        queries={},
    )
