"""`python -m tests.chaos [--minutes 1] [--seed 7]`: the library under random faults; exits 1 if it broke."""

import argparse
import os
import secrets
import sys
import tempfile

import django

_metrics = tempfile.TemporaryDirectory(prefix="library-metrics-")
os.environ.update(DJANGO_SETTINGS_MODULE="library_project.settings", PROMETHEUS_MULTIPROC_DIR=_metrics.name)
django.setup()

from tests.chaos.run import Run  # noqa: E402  it asks the product what it subscribes to
from tests.services.server import ServiceMissing  # noqa: E402  as above


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(prog="make chaos", description="The library under random faults.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults are inflicted")
    parser.add_argument("--seed", type=int, help="draws the faults; a random one if not given")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    try:
        verdict = Run(seed, 60 * arguments.minutes)()
    except ServiceMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
