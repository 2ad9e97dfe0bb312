import subprocess
import sys
from pathlib import Path

from library_project.secret_key import load_or_create_secret_key
from tests.conftest import ROOT

AT_ONCE, TIMES = 4, 300
_READ = """
import sys
from pathlib import Path
from library_project.secret_key import load_or_create_secret_key
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    print(load_or_create_secret_key(Path(sys.argv[1]) / str(number)) or "nothing")
"""


class TestTheSecretOfAnInstallation:
    def test_is_one_and_whole_for_all_that_start_at_once(self, tmp_path: Path) -> None:
        for number in range(TIMES):
            (tmp_path / str(number)).mkdir()
        words = [sys.executable, "-c", _READ, str(tmp_path), str(TIMES)]
        processes = [
            subprocess.Popen(words, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(AT_ONCE)
        ]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        found = [process.communicate(timeout=60)[0].splitlines() for process in processes]
        assert all(len(keys) == TIMES and min(map(len, keys)) > 60 for keys in found)
        assert found.count(found[0]) == AT_ONCE
        assert {each.name for each in tmp_path.glob("*/*")} == {"secret_key"}

    def test_stays_and_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        assert load_or_create_secret_key(tmp_path) == load_or_create_secret_key(tmp_path)
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
