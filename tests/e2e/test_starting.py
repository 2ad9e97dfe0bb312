"""`make run` where something is in its way, and what is left when its supervisor dies."""

import os
import signal
import socket
from collections.abc import Iterator

import pytest

from tests.e2e.api_client import ApiClient
from tests.e2e.make_run import MakeRun
from tests.e2e.observation import eventually, logged_errors
from tests.services.daemon import free_ports
from tests.system import answers, remove

pytestmark = pytest.mark.xdist_group("make run")

ENDS_WITHIN = 10.0
_FAMILIES = {
    "127.0.0.1": socket.AF_INET,
    "0.0.0.0": socket.AF_INET,
    "::1": socket.AF_INET6,
    "::": socket.AF_INET6,
}


@pytest.fixture(scope="module")
def fresh() -> Iterator[MakeRun]:
    """A library that is never started."""
    with MakeRun() as system:
        yield system


class TestAPortInUse:
    @pytest.mark.parametrize("shared", [False, True], ids=["alone", "SO_REUSEPORT"])
    @pytest.mark.parametrize(
        ("holder", "host"),
        [
            ("127.0.0.1", "127.0.0.1"),
            ("0.0.0.0", "127.0.0.1"),
            ("127.0.0.1", "0.0.0.0"),
            ("::1", "127.0.0.1"),
            ("127.0.0.1", "::1"),
            ("::", "localhost"),
        ],
    )
    def test_is_refused_whoever_holds_it(
        self, fresh: MakeRun, holder: str, host: str, *, shared: bool
    ) -> None:
        with socket.socket(_FAMILIES[holder]) as program:
            program.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                program.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            program.bind((holder, 0))
            program.listen()
            port = program.getsockname()[1]
            refused = fresh.refused(HOST=host, PORT=str(port))
        assert refused == f"Port {port} is in use by another program: stop that one, or give another PORT."
        assert not fresh.running()
        assert not (fresh.folder / "var" / "library.sqlite3").exists()

    def test_by_another_library_is_refused(self, made: MakeRun, fresh: MakeRun) -> None:
        port = made.settings["PORT"]
        assert fresh.refused(PORT=port).startswith(f"Port {port} is in use")
        assert not fresh.running()
        assert answers(f"{made.url}/health")

    @pytest.mark.parametrize(
        ("setting", "sentence"),
        [
            ({"PORT": "http"}, "PORT=http is not a port: give a number from 1 to 65535."),
            ({"PORT": "65536"}, "PORT=65536 is not a port: give a number from 1 to 65535."),
            ({"HOST": "no.such.host.invalid"}, "HOST=no.such.host.invalid is not an address of this machine"),
            ({"HOST": "192.0.2.1"}, "HOST=192.0.2.1 is not an address of this machine"),
        ],
    )
    def test_that_is_none_is_refused(self, fresh: MakeRun, setting: dict[str, str], sentence: str) -> None:
        assert fresh.refused(**setting).startswith(sentence)


class TestASecondStartInOneFolder:
    def test_is_refused_with_the_address_of_the_first(self, made: MakeRun) -> None:
        [port] = free_ports(1)
        said = made.refused(PORT=str(port))
        assert said == f"The library in this folder is already running at {made.url}/."
        assert answers(f"{made.url}/health")


class TestAKilledProcess:
    @pytest.mark.parametrize("words", ["library_project.supervisor", "granian", "signal.SIGHUP"])
    def test_leaves_no_server_and_nothing_in_the_way_of_the_next_start(
        self, made: MakeRun, words: str
    ) -> None:
        pid = min(
            number for number, command in made.running().items() if words in command and "make" not in command
        )
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not made.running(), within=ENDS_WITHIN, instead=made.running)
        assert not answers(f"{made.url}/health")
        made.run()
        assert ApiClient(made.url).get("/").status == 200

    def test_that_is_make_itself_leaves_none_either(self, made: MakeRun) -> None:
        os.kill(made.processes["make"].pid or 0, signal.SIGKILL)
        eventually(lambda: not made.running(), within=ENDS_WITHIN, instead=made.running)
        made.run()


class TestARemovedFolder:
    def test_closes_the_library_with_a_sentence(self) -> None:
        with MakeRun() as system:
            system.run()
            before = len(system.output().splitlines())
            remove(system.folder / "var")
            eventually(lambda: not system.running(), within=ENDS_WITHIN, instead=system.running)
            # Of the demo's events some may still be handled just then.
            said = [line for line in system.output().splitlines()[before:] if "event_handled" not in line]
            assert "The folder var/ was removed while the library was running" in "\n".join(said)
            assert len(said) < 10, said
            system.run()
            assert ApiClient(system.url).get("/").status == 200


@pytest.fixture
def _back_home(made: MakeRun) -> Iterator[None]:
    home = made.url
    yield
    made.settings["HOST"], made.url = "127.0.0.1", home
    made.run()


@pytest.mark.usefixtures("_back_home")
class TestAnAddress:
    @pytest.mark.parametrize(("host", "shown"), [("::1", "[::1]"), ("0.0.0.0", "127.0.0.1")])
    def test_is_printed_as_a_browser_opens_it_and_terminates_cleanly(
        self, made: MakeRun, host: str, shown: str
    ) -> None:
        end(made, signal.SIGINT)
        made.settings["HOST"], made.url = host, made.url.replace("127.0.0.1", shown)
        made.run()
        assert f"open at {made.url}/ " in made.output()
        end(made, signal.SIGTERM)
        assert logged_errors(made.output()) == ""


def end(made: MakeRun, number: int) -> None:
    """Send the supervisor alone a signal, and wait until all of the library has ended."""
    words = "python -m library_project.supervisor"
    os.kill(next(pid for pid, command in made.running().items() if words in command), number)
    eventually(lambda: not made.running(), within=ENDS_WITHIN, instead=made.running)
