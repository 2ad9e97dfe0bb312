"""docker-compose.yml fits the product. No engine reads it here, so the rules that matter are kept by hand."""

import re
import shutil

import pytest
import yaml
from django.core.management import get_commands

from library_project.configuration import load
from library_project.subscriptions import SUBSCRIPTIONS
from tests.infrastructure.stack import composition
from tests.infrastructure.stack.stack import VARIABLES
from tests.services.directory import ROOT

SERVICES = composition.services()
OURS = composition.library_services()
#: What the images themselves read.
OF_THE_IMAGES = {
    "postgres": {
        "POSTGRES_USER",
        "POSTGRES_PASSWORD",
        "POSTGRES_DB",
        "OWNER_PASSWORD",
        "APPLICATION_PASSWORD",
    },
    "pgbouncer": {"POSTGRES_USER", "POSTGRES_PASSWORD"},
    "rabbitmq": {"RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_VHOST"},
}
KEYS = frozenset(
    [
        "build",
        "cap_drop",
        "command",
        "configs",
        "depends_on",
        "deploy",
        "environment",
        "healthcheck",
        "hostname",
        "image",
        "init",
        "logging",
        "ports",
        "pull_policy",
        "read_only",
        "restart",
        "security_opt",
        "shm_size",
        "stop_grace_period",
        "tmpfs",
        "user",
        "volumes",
    ]
)
DURATION = re.compile(r"\d+(ms|s|m|h)")
SECRETS = (
    "SECRET_KEY",
    "POSTGRES_PASSWORD",
    "POSTGRES_OWNER_PASSWORD",
    "POSTGRES_APPLICATION_PASSWORD",
    "RABBITMQ_PASSWORD",
)


class TestTheComposition:
    def test_has_a_process_of_each_kind_and_a_consumer_for_each_context_that_listens(self) -> None:
        consumers = {f"consumer-{context}" for context in SUBSCRIPTIONS}
        assert OURS.keys() == {"web", "worker", "beat", "relay", "migrate"} | consumers
        assert SERVICES.keys() - OURS.keys() == OF_THE_IMAGES.keys()

    def test_builds_the_image_once_and_before_all_others(self) -> None:
        assert [name for name, service in OURS.items() if "build" in service] == ["migrate"]
        for name in OURS.keys() - {"migrate"}:
            assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}

    @pytest.mark.parametrize("variable", ["ALLOWED_HOSTS", *SECRETS])
    def test_starts_nothing_without(self, variable: str) -> None:
        without = {name: value for name, value in VARIABLES.items() if name != variable}
        with pytest.raises(composition.MissingVariable, match=variable):
            _ = [composition.environment(service, without) for service in SERVICES]

    def test_holds_no_secret_itself(self) -> None:
        for service in SERVICES.values():
            for name, value in service.get("environment", {}).items():
                if name in SECRETS or name.endswith(("_PASS", "_PASSWORD", "_KEY")):
                    assert re.fullmatch(r"\$\{\w+:(\?.+|-)\}", value), name
                assert not re.search(r"://[^$@]*:[^$@]+@", str(value)), name


@pytest.mark.parametrize("name", SERVICES)
class TestAService:
    def test_has_only_keys_of_the_specification(self, name: str) -> None:
        assert SERVICES[name].keys() <= KEYS

    def test_is_an_image_or_builds_one(self, name: str) -> None:
        service = SERVICES[name]
        if name not in OURS and "image" in service:
            assert re.fullmatch(r"[a-z]+:\d[\w.]*", service["image"])  # a version, never "latest"
        if folder := service.get("build"):
            assert (ROOT / folder / "Dockerfile").exists()

    def test_starts_again_by_itself_unless_it_is_to_end(self, name: str) -> None:
        assert SERVICES[name]["restart"] == ("no" if name == "migrate" else "unless-stopped")

    def test_has_no_capabilities_and_gains_none(self, name: str) -> None:
        service = SERVICES[name]
        assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
        assert "cap_add" not in service
        assert service.get("read_only", False) or name == "rabbitmq"  # writes its configuration at each start

    def test_is_given_files_that_there_are(self, name: str) -> None:
        known = yaml.safe_load(composition.FILE.read_text())["configs"]
        for config in SERVICES[name].get("configs", []):
            assert (ROOT / known[config["source"]]["file"]).is_file()

    def test_has_bounds(self, name: str) -> None:
        limits = SERVICES[name]["deploy"]["resources"]["limits"]
        assert 0 < float(limits["cpus"]) <= 4
        assert re.fullmatch(r"\d+[MG]", limits["memory"])
        assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}

    def test_tells_whether_it_is_well(self, name: str) -> None:
        check = SERVICES[name]["healthcheck"]
        if name == "migrate":
            assert check == {"disable": True}
            return
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert all(DURATION.fullmatch(check[each]) for each in ("interval", "timeout", "start_period"))
        assert check["retries"] >= 1

    def test_waits_for_services_that_can_be_waited_for(self, name: str) -> None:
        for other, how in SERVICES[name].get("depends_on", {}).items():
            expected = "service_completed_successfully" if other == "migrate" else "service_healthy"
            assert how == {"condition": expected}
            assert other in SERVICES

    def test_is_reached_from_this_machine_alone(self, name: str) -> None:
        for port in SERVICES[name].get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port)

    def test_keeps_what_it_keeps_in_a_volume(self, name: str) -> None:
        volumes = yaml.safe_load(composition.FILE.read_text())["volumes"]
        for volume in SERVICES[name].get("volumes", []):
            assert volume.partition(":")[0] in volumes

    def test_is_given_nothing_that_it_does_not_know(self, name: str) -> None:
        given = SERVICES[name].get("environment", {})
        assert all(isinstance(value, str) for value in given.values())
        if name not in OURS:
            assert given.keys() <= OF_THE_IMAGES[name]
            return
        settings = load(composition.environment(name, VARIABLES))
        assert given.keys() <= settings.keys()
        assert (settings["ENVIRONMENT"], settings["LOG_FORMAT"]) == ("production", "json")


@pytest.mark.parametrize("name", OURS)
class TestAServiceOfTheLibrary:
    def test_may_write_to_its_volume_and_nowhere_else(self, name: str) -> None:
        service = OURS[name]
        assert (service["read_only"], service["cap_drop"], service["volumes"]) == (
            True,
            ["ALL"],
            ["var:/app/var"],
        )
        assert service["security_opt"] == ["no-new-privileges:true"]

    def test_runs_commands_that_there_are(self, name: str) -> None:
        words = composition.command(name, VARIABLES)
        lines = words[-1].splitlines() if words[0] == "sh" else [" ".join(words)]
        for program, *arguments in map(str.split, lines):
            assert shutil.which(program, path=f"{ROOT}/.venv/bin:/usr/bin:/bin"), program
            if arguments[0] == "manage.py":
                assert arguments[1] in get_commands()

    def test_connects_by_way_of_pgbouncer_unless_it_changes_tables(self, name: str) -> None:
        settings = load(composition.environment(name, VARIABLES))
        pool = {"web": "pgbouncer:6432/library", "migrate": "postgres:5432/library"}
        assert settings["DATABASE_URL"].partition("@")[2] == pool.get(name, "pgbouncer:6432/library_jobs")
        assert settings["DATABASE_POOL"] is False

    def test_connects_as_the_role_that_owns_nothing_unless_it_changes_tables(self, name: str) -> None:
        settings = load(composition.environment(name, VARIABLES))
        owner = f"library_owner:{VARIABLES['POSTGRES_OWNER_PASSWORD']}"
        application = f"library:{VARIABLES['POSTGRES_APPLICATION_PASSWORD']}"
        login = settings["DATABASE_URL"].partition("//")[2].partition("@")[0]
        assert login == (owner if name == "migrate" else application)


class TestTheServicesOfTheTests:
    @pytest.mark.parametrize(("name", "port"), [("postgres", 5432), ("rabbitmq", 5672)])
    def test_are_published_where_the_launcher_looks_for_them(self, name: str, port: int) -> None:
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
