"""Connections to RabbitMQ on which nothing waits for ever: the relay's, the consumers' and Celery's."""

from collections.abc import Callable, Mapping
from ssl import SSLWantReadError
from typing import Any, Self, TypeAlias

import amqp.transport
import kombu
from kombu.transport import pyamqp

#: py-amqp's connections and channels; the published stubs know only half of what they can.
AmqpConnection: TypeAlias = Any
AmqpChannel: TypeAlias = Any

#: Each single wait, be it to connect, to read, to write or for a confirm, ends after so many seconds.
PATIENCE = 3.0
HEARTBEAT = 10
#: Who looks for a broker that is away tries again so often, in seconds, however long it has been away.
RETRY_SECONDS = 2


class _Bounded:
    """Ends a wait for the rest of a frame as well.

    py-amqp heeds a timeout before the first byte of a frame alone: where a broker or the network stops in the
    midst of one, it tries again for ever, and at full speed where it was not to wait at all.
    """

    _quick_recv: Any  # the socket's

    def _setup_transport(self) -> None:
        super()._setup_transport()  # type: ignore[misc]  # the transport's, which follows
        receive = self._quick_recv

        def receive_in_time(size: int) -> bytes:
            try:
                received: bytes = receive(size)
            except (BlockingIOError, SSLWantReadError):
                raise TimeoutError from None
            return received

        self._quick_recv = receive_in_time


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
        """The bounded one, with or without TLS."""
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
    """kombu's connection, with bounded waits; one that is lost is looked for every two seconds."""

    def get_transport_cls(self) -> Any:
        """The bounded transport in the place of kombu's own."""
        chosen = super().get_transport_cls()
        return _BOUNDED.get(chosen, chosen)

    def ensure_connection(  # type: ignore[override]  # those who call it give no pauses of their own
        self,
        errback: Callable[[Exception, float], None] | None = None,
        max_retries: int | None = None,
        callback: Callable[[], None] | None = None,
    ) -> Self:
        """Look for the broker until it is there. kombu's own pauses would grow to half a minute."""
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
    """How kombu is to speak to RabbitMQ; its operator sees `purpose` as the connection's name."""
    return {
        "read_timeout": PATIENCE,
        "write_timeout": PATIENCE,
        "client_properties": {"connection_name": f"library {purpose}"},
    }


def broker(url: str, *, purpose: str, **options: Any) -> BrokerConnection:  # what amqp.Connection takes
    """The broker at `url`, not yet connected; its operator sees `purpose` as the connection's name."""
    return BrokerConnection(
        url,
        connect_timeout=PATIENCE,
        heartbeat=HEARTBEAT,
        transport_options={**transport_options(purpose), **options},
    )


def connect(url: str, *, purpose: str, **options: Any) -> AmqpConnection:  # see above
    """Connect once, without kombu's retries. Raises OSError or amqp.AMQPError."""
    return broker(url, purpose=purpose, **options).transport.establish_connection()
