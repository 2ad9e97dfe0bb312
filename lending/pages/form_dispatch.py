"""Dispatches a page's command and shows the outcome as a message."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.web.form_idempotency import dispatch_form


def dispatch_with_message(request: HttpRequest, command: Command[Any], *, success: str) -> None:
    """Dispatch the command; show `success`, or each reason why it was refused."""
    try:
        dispatch_form(request, command)
    except Refused as refused:
        for reason in refused.refusals:
            messages.error(request, reason.detail)
    else:
        messages.success(request, success)
