"""Connections to RabbitMQ on which nothing waits for ever."""

from typing import Any, TypeAlias

from kombu import Connection

#: py-amqp's connections and channels; the published stubs know only half of what they can.
AmqpConnection: TypeAlias = Any
AmqpChannel: TypeAlias = Any

#: Each single wait, be it to connect, to read, to write or for a confirm, ends after so many seconds.
PATIENCE = 3.0
HEARTBEAT = 10


def broker(url: str, *, purpose: str, **options: Any) -> Connection:  # what amqp.Connection takes
    """The broker at `url`, not yet connected; its operator sees `purpose` as the connection's name."""
    return Connection(
        url,
        connect_timeout=PATIENCE,
        heartbeat=HEARTBEAT,
        transport_options={
            "read_timeout": PATIENCE,
            "write_timeout": PATIENCE,
            "client_properties": {"connection_name": f"library {purpose}"},
            **options,
        },
    )


def connect(url: str, *, purpose: str, **options: Any) -> AmqpConnection:  # see above
    """Connect once, without kombu's retries. Raises OSError or amqp.AMQPError."""
    return broker(url, purpose=purpose, **options).transport.establish_connection()
