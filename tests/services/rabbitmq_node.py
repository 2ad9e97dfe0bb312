"""A RabbitMQ node of our own from the installed binaries, as root or not, beside any broker of the system."""

import shutil
from pathlib import Path

from tests.services.daemon import Daemon, Unavailable, free_ports

LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"


def scripts() -> Path:
    """Find the scripts themselves: the distribution's wrappers in PATH insist on a user of their own."""
    if installed := sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin")):
        return installed[-1]
    if server := shutil.which("rabbitmq-server"):
        return Path(server).resolve().parent
    raise Unavailable("no RabbitMQ is installed")


def start(scripts: Path, home: Path) -> tuple[str, Daemon]:
    """Start a node in `home`; return its URL and its process, which takes some seconds to answer."""
    amqp, distribution, epmd = free_ports(3)
    (home / "enabled_plugins").write_text("[].\n")
    port_mapper = ["epmd", "-port", str(epmd), "-address", "127.0.0.1"]
    Daemon(name="epmd", home=home, command=port_mapper).save().start()
    node = Daemon(
        name="beam",
        home=home,
        command=[str(scripts / "rabbitmq-server")],
        environment=_environment(home, amqp=amqp, distribution=distribution, epmd=epmd),
    ).save()
    node.start()
    return f"amqp://guest:guest@127.0.0.1:{amqp}/", node


def _environment(home: Path, *, amqp: int, distribution: int, epmd: int) -> dict[str, str]:
    """Share nothing with a broker of the system: not cookie, node name, epmd, ports, files nor settings."""
    return {
        "HOME": str(home),
        "RABBITMQ_NODENAME": "library@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(amqp),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_PORT": str(epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        # There are no such files: settings on the command line spare a second of parsing them.
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_CONFIG_FILES": str(home / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{LOOPBACK} -rabbit disk_free_limit 50000000",
        "RABBITMQ_CTL_ERL_ARGS": LOOPBACK,
        # Without it the script stays the broker's parent, and a signal would reach the script alone.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
