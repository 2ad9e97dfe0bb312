"""`python -m tests.services`: keep both services running, so that tests in another shell start at once."""

import contextlib
import shlex
import signal
import sys
import time

from tests.services.launch import start_all
from tests.services.server import Missing


def main() -> None:
    """Print what another shell must export, and wait for ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        services = start_all()
        for service in (services.postgresql, services.rabbitmq):
            if isinstance(service, Missing):
                sys.stderr.write(f"{service.service} is missing: {service.reason}\n")
        exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in services.environment.items())
        sys.stdout.write(f"export {exports}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()  # what was started ends with this process
