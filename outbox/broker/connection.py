"""Connections to RabbitMQ with bounded waits, for the relay, the consumers and Celery."""

from collections.abc import Callable, Mapping
from ssl import SSLWantReadError
from typing import Any, Self, TypeAlias

import amqp.transport
import kombu
from kombu.transport import pyamqp

#: py-amqp's connections and channels, which the published stubs describe only in part.
AmqpConnection: TypeAlias = Any
AmqpChannel: TypeAlias = Any

#: The limit in seconds of each single wait: to connect, to read, to write or for a confirm.
TIMEOUT_SECONDS = 3.0
HEARTBEAT_SECONDS = 10
#: Seconds between attempts to reconnect, however long the outage lasts.
RETRY_SECONDS = 2


class _Bounded:
    """Applies the read timeout to the rest of a frame as well.

    py-amqp applies it to the first byte of a frame alone: if the broker or the network stops within a frame,
    py-amqp retries for ever, and in a busy loop if the timeout is 0.
    """

    _quick_recv: Any  # the socket's

    def _setup_transport(self) -> None:
        super()._setup_transport()  # type: ignore[misc]  # the transport's, which follows
        receive = self._quick_recv

        def receive_with_timeout(size: int) -> bytes:
            try:
                received: bytes = receive(size)
            except (BlockingIOError, SSLWantReadError):
                raise TimeoutError from None
            return received

        self._quick_recv = receive_with_timeout


class _BoundedTCP(_Bounded, amqp.transport.TCPTransport):
    pass


class _BoundedTLS(_Bounded, amqp.transport.SSLTransport):
    pass


class _AmqpConnection(pyamqp.Connection):
    def Transport(  # noqa: N802, PLR0917  py-amqp's own name and signature
        self,
        host: str,
        connect_timeout: float | None,
        ssl: bool | dict[str, Any] = False,  # noqa: FBT001, FBT002
        read_timeout: float | None = None,
        write_timeout: float | None = None,
        socket_settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> _BoundedTCP | _BoundedTLS:
        """The bounded transport, with or without TLS."""
        return (_BoundedTLS if ssl else _BoundedTCP)(
            host,
            connect_timeout=connect_timeout,
            ssl=ssl,
            read_timeout=read_timeout,
            write_timeout=write_timeout,
            socket_settings=socket_settings,
            **options,
        )


class _PlainTransport(pyamqp.Transport):
    Connection = _AmqpConnection


class _TLSTransport(pyamqp.SSLTransport):
    Connection = _AmqpConnection


_BOUNDED: dict[type, type] = {pyamqp.Transport: _PlainTransport, pyamqp.SSLTransport: _TLSTransport}


class BrokerConnection(kombu.Connection):
    """kombu's connection with bounded waits, which reconnects every two seconds."""

    def get_transport_cls(self) -> Any:
        """The bounded transport instead of kombu's own."""
        chosen = super().get_transport_cls()
        return _BOUNDED.get(chosen, chosen)

    def ensure_connection(  # type: ignore[override]  # no caller passes intervals
        self,
        errback: Callable[[Exception, float], None] | None = None,
        max_retries: int | None = None,
        callback: Callable[[], None] | None = None,
    ) -> Self:
        """Retry until connected. kombu's own intervals would grow to half a minute."""
        self._ensure_connection(
            errback,
            max_retries,
            interval_start=RETRY_SECONDS,
            interval_step=0,
            interval_max=RETRY_SECONDS,
            callback=callback,
        )
        return self


def transport_options(purpose: str) -> dict[str, Any]:  # what amqp.Connection takes
    """Options of kombu for RabbitMQ, whose management shows `purpose` as the connection's name."""
    return {
        "read_timeout": TIMEOUT_SECONDS,
        "write_timeout": TIMEOUT_SECONDS,
        "client_properties": {"connection_name": f"library {purpose}"},
    }


def broker(url: str, *, purpose: str, **options: Any) -> BrokerConnection:  # what amqp.Connection takes
    """A connection to `url` that is not yet established; see `transport_options` for `purpose`."""
    return BrokerConnection(
        url,
        connect_timeout=TIMEOUT_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        transport_options={**transport_options(purpose), **options},
    )


def connect(url: str, *, purpose: str, **options: Any) -> AmqpConnection:  # see above
    """Connect, without retries. Raises OSError or amqp.AMQPError."""
    return broker(url, purpose=purpose, **options).transport.establish_connection()
