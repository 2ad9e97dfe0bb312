"""The clock, Celery beat in a process of its own, ends when it is told to, whatever it is at."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.services.daemon import free_ports
from tests.system import PATIENCE_SECONDS

#: The load test leaves a clock too little of the processors to end its tick in time.
pytestmark = pytest.mark.xdist_group("load")

#: Beat, told to stop while it writes to the broker; every frame is written under one lock.
STOPPED_WHILE_IT_WRITES = f"""
import os, sys
from amqp.transport import TCPTransport
from library_project.celery import app

write, written = TCPTransport.write, 0

def told_to_stop_while_writing(self, data):
    global written
    written += 1
    if written == 12:
        print("told to stop", flush=True)
        os.kill(os.getpid(), {signal.SIGTERM.value})
    return write(self, data)

TCPTransport.write = told_to_stop_while_writing
app.Beat(quiet=True, schedule=sys.argv[1]).run()
"""
#: Beat, told to stop while it looks for a broker that isn't there.
STOPPED_WHILE_IT_CONNECTS = f"""
import os, sys
from amqp.transport import TCPTransport
from library_project.celery import app

connect = TCPTransport.connect

def told_to_stop_while_connecting(self):
    os.kill(os.getpid(), {signal.SIGTERM.value})
    return connect(self)

TCPTransport.connect = told_to_stop_while_connecting
app.Beat(quiet=True, schedule=sys.argv[1]).run()
"""
WITHIN_SECONDS = 10


def run_beat(script: str, *, broker: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(folder / "schedule")],
        cwd=ROOT,
        env=os.environ | {"RABBITMQ_URL": broker},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS + WITHIN_SECONDS,
        check=False,
    )


class TestAClockToldToStop:
    def test_ends_its_tick_first(self, vhost: str, tmp_path: Path) -> None:
        done = run_beat(STOPPED_WHILE_IT_WRITES, broker=vhost, folder=tmp_path)
        assert (done.returncode, done.stdout) == (0, "told to stop\n"), done.stderr

    def test_does_not_wait_for_a_broker_that_is_away(self, tmp_path: Path) -> None:
        [port] = free_ports(1)
        done = run_beat(STOPPED_WHILE_IT_CONNECTS, broker=f"amqp://127.0.0.1:{port}/", folder=tmp_path)
        assert done.returncode == -signal.SIGALRM, done.stderr
