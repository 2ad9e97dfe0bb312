"""No class, function, method or import is left that nothing uses. What only tests use counts as unused."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vulture import Vulture

from tests.conftest import ROOT

PRODUCT: Final = ("catalog", "lending", "library_project", "outbox", "patrons", "shared_kernel", "benchmarks")
_NOT_OURS: Final = ("*/migrations/*", "*/benchmarks/peers/*")
_KINDS: Final = {"class", "function", "import", "method", "property", "unreachable_code"}
#: Decorators that register what they decorate.
_REGISTERING: Final = ["@admin.*", "@register*", "@receiver*", "@shared_task*", "@*.connect*"]
#: Names that a framework looks up or calls: the patterns by what looks them up.
CALLED_BY: Final = {
    "Django's apps, models and templates": ("*Config", "Meta", "Media", "as_sqlite", "csrf_token"),
    "Django's forms": ("clean_*",),
    "Django's middleware": ("process_view", "process_response", "process_exception"),
    "Django's commands": ("add_arguments",),
    "Django's administration": (
        *("*Admin", "add_view", "change_view", "lookups", "get_changelist", "has_*permission"),
        "password_change",
    ),
    "Django's authentication": ("get_help_text", "get_default_redirect_url"),
    "Django's sessions": ("get_session_store_class", "get_model_class", "get_session_cookie_age"),
    "Django's SQLite backend": ("create_cursor",),
    "the type checker's generics": ("__class_getitem__",),
    "Django REST framework": (
        *("retrieve", "partial_update", "destroy", "get_parsers", "validate_*", "to_representation"),
        *("authenticate_header", "allow_request"),
    ),
    "drf-spectacular": (
        *("*Extension", "*Scheme", "get_identity", "map_serializer", "get_security_definition"),
        "_get_schema_response",
    ),
    "kombu": ("get_consumers", "on_iteration"),
    "circuitbreaker": ("open_remaining", "failure_count"),
    "SendGrid's client": ("_build_client", "_make_request", "getcode"),
}


def unused(*folders: Path) -> list[str]:
    """What is neither used nor named in a string or template: settings and admin fields name code so."""
    hooks = [pattern for patterns in CALLED_BY.values() for pattern in patterns]
    vulture = Vulture(ignore_names=hooks, ignore_decorators=_REGISTERING)
    vulture.scavenge([str(folder) for folder in folders], exclude=_NOT_OURS)
    named = {name for folder in folders for name in _named_in_strings(folder)}
    found = [each for each in vulture.get_unused_code() if each.typ in _KINDS and each.name not in named]
    return [f"{each.filename}:{each.first_lineno}: {each.typ} {each.name}" for each in found]


def _named_in_strings(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.suffix in {".html", ".yaml"}:
            yield from re.findall(r"\w+", path.read_text())
        elif path.suffix == ".py" and "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                # A name, or names joined by dots; a sentence names nothing.
                if isinstance(node, ast.Constant) and re.fullmatch(r"\w+(?:[.:]\w+)*", str(node.value)):
                    yield from re.findall(r"\w+", str(node.value))


def test_nothing_is_unused() -> None:
    assert unused(*(ROOT / folder for folder in PRODUCT)) == []


def test_what_is_unused_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        "import os\n\n\ndef used() -> None: ...\n\n\ndef forgotten() -> None: ...\n\n\n"
        "def named() -> None: ...\n\n\nused()\nHOOK = 'module.named'\n"
    )
    assert [line.rpartition(": ")[2] for line in unused(tmp_path)] == ["import os", "function forgotten"]
