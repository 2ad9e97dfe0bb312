"""What is deployed fits the product: no engine reads these files here, so the rules that matter are kept by hand."""

import ast
import json
import re
import shutil
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.test import Client

from library_project.configuration import load
from library_project.subscriptions import SUBSCRIPTIONS
from tests.infrastructure.stack import composition
from tests.infrastructure.stack.running import VARIABLES
from tests.services.home import ROOT

SERVICES = composition.services()
OURS = composition.library_services()
#: What the images themselves read.
OF_THE_IMAGES = {
    "postgres": {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"},
    "pgbouncer": {"POSTGRES_USER", "POSTGRES_PASSWORD"},
    "rabbitmq": {"RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS"},
}
KEYS = frozenset(
    [
        "build",
        "cap_drop",
        "command",
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
        "volumes",
    ]
)
DURATION = re.compile(r"\d+(ms|s|m|h)")
SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD")
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "library.json"
MANUAL = (ROOT / "docs" / "operations.md").read_text()
METRIC = re.compile(r"\blibrary_[a-z_]+")


class TestTheComposition:
    def test_has_a_process_of_each_kind_and_a_consumer_for_each_context_that_listens(self) -> None:
        consumers = {f"consumer-{context}" for context in SUBSCRIPTIONS}
        assert OURS.keys() == {"web", "worker", "beat", "relay", "migrate"} | consumers
        assert SERVICES.keys() - OURS.keys() == OF_THE_IMAGES.keys()

    def test_builds_the_image_once_and_before_all_others(self) -> None:
        assert [name for name, service in OURS.items() if "build" in service] == ["migrate"]
        for name in OURS.keys() - {"migrate"}:
            assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}

    @pytest.mark.parametrize(
        "variable", ["SECRET_KEY", "ALLOWED_HOSTS", "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD"]
    )
    def test_starts_nothing_without(self, variable: str) -> None:
        without = {name: value for name, value in VARIABLES.items() if name != variable}
        with pytest.raises(composition.MissingVariable, match=variable):
            for service in SERVICES:
                composition.environment(service, without)

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


class TestTheServicesOfTheTests:
    @pytest.mark.parametrize(("name", "port"), [("postgres", 5432), ("rabbitmq", 5672)])
    def test_are_published_where_the_launcher_looks_for_them(self, name: str, port: int) -> None:
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


@pytest.mark.parametrize("folder", [".", "deploy/pgbouncer"])
class TestADockerfile:
    def test_consists_of_instructions(self, folder: str) -> None:
        assert {word for word, _ in instructions(folder)} <= set(
            ["FROM", "COPY", "RUN", "ENV", "WORKDIR", "USER", "VOLUME", "EXPOSE", "CMD"]
        )

    def test_names_the_version_of_what_it_builds_on(self, folder: str) -> None:
        assert all(
            re.match(r"[a-z]+:[a-z\d.]+-?[\w-]*( AS \w+)?$", rest) and ":latest" not in rest
            for word, rest in instructions(folder)
            if word == "FROM"
        )

    def test_ends_as_nobody_special(self, folder: str) -> None:
        users = [rest for word, rest in instructions(folder) if word == "USER"]
        assert users
        assert users[-1] not in {"root", "0"}

    def test_copies_files_that_there_are(self, folder: str) -> None:
        for word, rest in instructions(folder):
            paths = [each for each in rest.split() if not each.startswith("--")]
            if word == "COPY" and "--from=" not in rest:
                assert all((ROOT / folder / path).exists() for path in paths[:-1])

    def test_starts_without_a_shell(self, folder: str) -> None:
        commands = [rest for word, rest in instructions(folder) if word == "CMD"]
        assert len(commands) == 1
        assert isinstance(ast.literal_eval(commands[0]), list)


class TestTheLibrarysImage:
    def test_installs_what_is_locked_and_nothing_else(self) -> None:
        installs = [rest for word, rest in instructions(".") if word == "RUN" and "pip install" in rest]
        assert len(installs) == 1
        assert "--require-hashes" in installs[0]

    def test_contains_every_application_and_no_tests_secrets_or_data(self) -> None:
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        rules = [line for line in lines if line and not line.startswith("#")]
        wanted = {line[1:] for line in rules if line.startswith("!")}
        assert rules[0] == "*"
        assert wanted >= {
            "manage.py",
            "requirements",
            "shared_kernel",
            "outbox",
            *SUBSCRIPTIONS,
            "library_project",
        }
        assert not wanted & {"tests", "benchmarks", "var", ".env", ".git", ".venv"}

    def test_runs_by_default_what_the_composition_runs(self) -> None:
        [default] = [rest for word, rest in instructions(".") if word == "CMD"]
        words = [part for word in ast.literal_eval(default) for part in word.split("=")]
        composed = [part for word in composition.command("web", VARIABLES) for part in word.split("=")]
        assert words == composed


@pytest.mark.django_db
class TestTheAlerts:
    def test_ask_for_metrics_that_there_are(self) -> None:
        assert asked_for(*(rule["expr"] for rule in rules())) <= exported()

    def test_are_each_explained_in_the_manual(self) -> None:
        explained = re.findall(r"^\| `(Library\w+)` \|", MANUAL, re.MULTILINE)
        assert explained == [rule["alert"] for rule in rules()]

    def test_tell_how_bad_it_is_and_what_it_is(self) -> None:
        for rule in rules():
            assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
            assert rule["labels"]["severity"] in {"page", "ticket"}
            assert rule["annotations"]["summary"]


@pytest.mark.django_db
class TestTheDashboard:
    def test_asks_for_metrics_that_there_are(self) -> None:
        targets = chain.from_iterable(panel.get("targets", []) for panel in panels())
        asked = asked_for(*(target["expr"] for target in targets))
        assert len(asked) > 10
        assert asked <= exported()

    def test_has_no_two_panels_in_one_place(self) -> None:
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
        assert len(set(places)) == len(places)
        assert len({panel["id"] for panel in panels()}) == len(places)


def instructions(folder: str) -> Iterator[tuple[str, str]]:
    """Each instruction of a Dockerfile, with all that belongs to it on one line."""
    text = (ROOT / folder / "Dockerfile").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, " ".join(rest.split())


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text())["panels"])


def asked_for(*expressions: str) -> set[str]:
    """The library's metrics in these expressions."""
    names = {name for expression in expressions for name in METRIC.findall(expression)}
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def exported() -> set[str]:
    """Every metric that there is, whether or not it has a value yet."""
    looked_up = METRIC.findall(Client().get("/metrics").content.decode())
    defined = chain.from_iterable(file.read_text().splitlines() for file in sources())
    counted = [name for line in defined for name in re.findall(r'^ +"(library_[a-z_]+)",$', line)]
    return {*looked_up, *counted, *(f"{name}_total" for name in counted)}


def sources() -> Iterator[Any]:
    for folder in ("shared_kernel", "outbox", "patrons"):
        yield from (ROOT / folder).rglob("*.py")
