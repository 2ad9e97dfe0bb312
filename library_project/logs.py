"""Structured logs: each line carries the ids of its request or event, and no person's name."""

import logging
import logging.config
import re

import structlog

from library_project.outage_filter import OutageFilter
from shared_kernel.services.request_context import current_context

#: `Key (email)=(…) already exists.` and the like.
_VALUES = re.compile(r"^((?:DETAIL|CONTEXT|LINE \d+):).*$", re.MULTILINE)


def _with_origin(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    who = current_context()
    cause = {"causation_id": who.causation_id} if who.causation_id else {}
    return {
        **event,
        "principal": who.principal,
        "door": who.door,
        "correlation_id": who.correlation_id,
        **cause,
    }


def _without_values(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Take out of a traceback what PostgreSQL repeats of a row or a statement behind its error."""
    if "exception" in event:
        event["exception"] = _VALUES.sub(r"\1 (left out)", event["exception"])
    return event


class RoutePathFilter(logging.Filter):
    """Replace the path in Django's own log lines by the route: a path may have a card number or a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, its path replaced."""
        if record.name == "django.security.DisallowedHost":  # its sentence says what to do
            record.exc_info = None
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path is not None and isinstance(record.args, tuple):
            route = getattr(getattr(request, "resolver_match", None), "route", "an unknown route")
            spellings = {path, path.encode("unicode_escape").decode()}  # Django escapes paths
            record.args = tuple(route if each in spellings else each for each in record.args)
        return True


def logging_settings(log_format: str) -> None:
    """Configure structlog and the standard library's loggers to write to stderr, as `console` or `json`."""
    shared: list[structlog.typing.Processor] = [
        _with_origin,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_values,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": formatter},
            "filters": {"routes": {"()": RoutePathFilter}, "outages": {"()": OutageFilter}},
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "lines",
                    "filters": ["outages", "routes"],
                }
            },
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {
                "axes": {"level": "WARNING"},  # of a login, several lines say that it went well
                # One line a second each says nothing.
                "celery.app.trace": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
            },
        }
    )
    logging.captureWarnings(capture=True)
