"""What Django's WSGI handler is given for a request that has been read whole."""

import sys
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from asgiref.typing import HTTPScope

Environ = dict[str, Any]  # as PEP 3333 has it

#: About the way of the body over the wire. What Django reads has arrived already.
_OF_THE_WIRE = frozenset({b"content-length", b"content-type", b"transfer-encoding"})


def header(scope: HTTPScope, name: bytes) -> str | None:
    """The first header of this name, or None."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def environ_of(scope: HTTPScope, body: IO[bytes] | None = None, length: int = 0) -> Environ:
    """The WSGI environ of a request with this body; CONTENT_LENGTH is the body's real length."""
    server, client = scope["server"] or ("", None), scope["client"] or ("", None)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope["root_path"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body or BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope),
    }
    if (content_type := header(scope, b"content-type")) is not None:
        environ["CONTENT_TYPE"] = content_type
    if length or header(scope, b"content-length") is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def _headers(scope: HTTPScope) -> Mapping[str, str]:
    """The headers by their WSGI names, repeated ones joined.

    Names with an underscore are dropped: WSGI can't tell them from those with a hyphen, which a proxy sets.
    """
    found: dict[str, str] = {}
    for name, raw in scope["headers"]:
        if name in _OF_THE_WIRE or b"_" in name:
            continue
        key, value = "HTTP_" + name.decode("latin-1").upper().replace("-", "_"), raw.decode("latin-1")
        if key in found:
            separator = "; " if name == b"cookie" else ","
            value = f"{found[key]}{separator}{value}"
        found[key] = value
    return found
