import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from library_project.configuration import HERE, load, read_env_file
from tests.conftest import ROOT

DEFAULTS: dict[str, Any] = yaml.safe_load((HERE / "settings.yaml").read_text())
KEY = "q7Kd-Zr2_mX9vB4nL8sT1wY6cF3hJ5pG0aE-uR7iO2kM4xV9bN1"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "library.example.org",
    "PUBLIC_URL": "https://library.example.org",
}
TESTING = {"LIBRARY_TESTING": "1"}
SECRET = "hunter2-is-secret"

#: For each setting a value other than its default, and values that it can't have.
VALUES: dict[str, tuple[str, object, list[str]]] = {
    "ENVIRONMENT": ("production", "production", ["prod", "", "Production"]),
    "DEBUG": ("yes", True, ["maybe", "2"]),
    "SECRET_KEY": (KEY, KEY, []),
    "ALLOWED_HOSTS": (
        "a.example.org, .example.com,[::1]",
        ["a.example.org", ".example.com", "[::1]"],
        ["", "https://library.example.org", "library.example.org:8000", "a b", "*.example.org", "x/y"],
    ),
    "PUBLIC_URL": (
        "https://library.example.org",
        "https://library.example.org",
        [
            *("library.example.org", "ftp://library.example.org", "https://", "https://a/b", "https://a?b=c"),
            *("https://u:p@a", "https://a:port", "https://a b", "https://a#b", "https://ä.example"),
        ],
    ),
    "TRUSTED_PROXIES": (
        "10.0.0.0/8, 127.0.0.1,::1",
        ["10.0.0.0/8", "127.0.0.1", "::1"],
        ["-1", "17", "two", "1.5", "١", "10.0.0.1/8", "1, 10.0.0.0/8", "proxy.example.org"],
    ),
    "RATE_LIMIT_ANONYMOUS": ("60", 60, ["-1", "60/min", "", "1e3"]),
    "RATE_LIMIT_SESSION": ("0", 0, ["-1", "none"]),
    "RATE_LIMIT_TOKEN": (" 600 ", 600, ["-1", "9" * 30]),
    "TIME_ZONE": (
        "Europe/Berlin",
        "Europe/Berlin",
        ["Berlin", "Europe", "", "../etc/passwd", "/etc/localtime"],
    ),
    "CURRENCY": ("CHF", "CHF", ["eur", "EURO", "€€€", ""]),
    "LOG_FORMAT": ("json", "json", ["xml", ""]),
    "DATABASE_URL": (
        "postgres://u:p@db:5432/library",
        "postgres://u:p@db:5432/library",
        [
            "",
            "mysql://db/library",
            "postgres://db",
            "postgres://db/",
            f"postgres://u:{SECRET}@db:port/library",
            f"postgres://u:{SECRET}@db:0/library",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite:///",
            "postgres://[::1/library",
            "postgres://d b/library",
        ],
    ),
    "DATABASE_POOL": ("off", False, ["5"]),
    "DATABASE_STATEMENT_TIMEOUT": ("2.5", 2.5, ["-1", "0.0001", "10s", "86400", ""]),
    "DATABASE_JOB_STATEMENT_TIMEOUT": ("0", 0.0, ["-1", "5 min"]),
    "DATABASE_LOCK_TIMEOUT": ("1", 1.0, ["-1", "for ever"]),
    "RABBITMQ_URL": (
        "amqps://u:p@mq/vhost",
        "amqps://u:p@mq/vhost",
        ["mq:5672", "http://mq", f"amqp://u:{SECRET}@mq:many/", "amqp://", "amqp://mq:99999/"],
    ),
    "RABBITMQ_HOST": ("mq.example.org", "mq.example.org", ["amqp://mq", "mq:5672", "m q"]),
    "RABBITMQ_PORT": ("5671", 5671, ["0", "65536", "-1", "tcp://10.0.0.1:5672", ""]),
    "RABBITMQ_USER": ("library", "library", [""]),
    "RABBITMQ_PASSWORD": (SECRET, SECRET, []),
    "RABBITMQ_VHOST": ("library", "library", [""]),
    "RABBITMQ_EXCHANGE": ("events", "events", ["", "amq.topic", "two words", "x" * 128]),
    "SENDGRID_API_KEY": ("SG.x", "SG.x", [f"SG.{SECRET}\n", f"SG {SECRET}", "SG.ü"]),
    "SENDGRID_API_URL": (
        "https://eu.sendgrid.com",
        "https://eu.sendgrid.com",
        [
            "",
            "eu.sendgrid.com",
            "ftp://x",
            "https://",
            f"https://u:{SECRET}@x",
            "https://x:y",
            "https://x?y=1",
        ],
    ),
    "SENDGRID_TIMEOUT": ("5", 5.0, ["0", "-1", "nan", "inf", "1e400", "soon", "86400", ""]),
    "LOANS_KEPT_DAYS": ("365", 365, ["0", "-1", "36501", "90 days", ""]),
    "AUDIT_DENIALS_KEPT_DAYS": ("365", 365, ["1", "-1", "36501", "90 days", ""]),
    "LETTERS_LANGUAGE": ("de", "de", ["", "DE", "fr", "en-gb"]),
    "MAIL_FROM": (
        "The library <a@example.org>",
        "The library <a@example.org>",
        ["", "library", "a@b@c", "a@example.org\nBcc: x@example.org"],
    ),
    "LIBRARY_TESTING": ("1", True, ["perhaps"]),
    "LIBRARY_FAILPOINTS": ("relay.before_mark:kill", "relay.before_mark:kill", ["relay", "x:explode"]),
    "LIBRARY_NOW": (
        "2026-01-15T10:00:00Z",
        "2026-01-15T10:00:00Z",
        ["2026-01-15T10:00:00", "tomorrow", "2026-13-01T00:00:00Z"],
    ),
}
for breaker in ("RABBITMQ", "SENDGRID"):
    for threshold in ("FAILURE", "SUCCESS"):
        VALUES[f"CIRCUIT_BREAKER_{breaker}_{threshold}_THRESHOLD"] = ("7", 7, ["0", "-1", "1.5", "many", ""])
    VALUES[f"CIRCUIT_BREAKER_{breaker}_TIMEOUT"] = ("1.5", 1.5, ["0", "-3", "nan", "long", ""])


def refusal(environment: dict[str, str], **options: Any) -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(environment, **options)
    return str(refused.value)


class TestASetting:
    def test_is_tried_here_whichever_it_is(self) -> None:
        assert VALUES.keys() == DEFAULTS.keys()

    def test_has_its_default_where_nothing_is_said(self) -> None:
        assert load({}) == DEFAULTS

    @pytest.mark.parametrize("name", VALUES)
    def test_is_overridden_by_its_variable(self, name: str) -> None:
        text, value, _ = VALUES[name]
        safe = {"ENVIRONMENT": PRODUCTION, "LIBRARY_FAILPOINTS": TESTING, "LIBRARY_NOW": TESTING}.get(
            name, {}
        )
        found = load({**safe, name: text})[name]
        assert (found, type(found)) == (value, type(DEFAULTS[name]))

    @pytest.mark.parametrize(
        ("name", "text"), [(name, text) for name, (_, _, bad) in VALUES.items() for text in bad]
    )
    def test_that_is_impossible_is_refused_by_name_with_what_to_give(self, name: str, text: str) -> None:
        said = refusal({name: text})
        assert said.startswith(name)
        assert "is impossible: give " in said or " is not a" in said or " is not true" in said
        assert SECRET not in said

    @pytest.mark.parametrize("name", VALUES)
    def test_of_another_type_in_the_file_is_refused_by_name(self, name: str, tmp_path: Path) -> None:
        for value in ({"a": 1}, None, [1, SECRET], True if DEFAULTS[name].__class__ is not bool else 1):
            file = tmp_path / "settings.yaml"
            file.write_text(yaml.safe_dump({name: value}))
            said = refusal({}, yaml_file=file)
            assert said.startswith(name)
            assert name not in {"SECRET_KEY", "DATABASE_URL"} or SECRET not in said

    def test_may_be_a_whole_number_where_a_fraction_is_meant(self, tmp_path: Path) -> None:
        file = tmp_path / "settings.yaml"
        file.write_text("SENDGRID_TIMEOUT: 3")
        assert load({}, yaml_file=file)["SENDGRID_TIMEOUT"] == 3.0

    @pytest.mark.parametrize("content", ["TRUSTED_PROXIES: 2", "TRUSTED_PROXIES: ['2']"])
    def test_of_proxies_may_be_their_number_as_before(self, content: str, tmp_path: Path) -> None:
        file = tmp_path / "settings.yaml"
        file.write_text(content)
        assert (
            load({}, yaml_file=file)["TRUSTED_PROXIES"] == load({"TRUSTED_PROXIES": "2"})["TRUSTED_PROXIES"]
        )

    def test_may_begin_with_a_dollar_sign(self) -> None:
        assert load({"RABBITMQ_PASSWORD": "$HOME"})["RABBITMQ_PASSWORD"] == "$HOME"


class TestAnUnknownName:
    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("CIRCUIT_BREAKER_RABBITMQ_FAILURE_TRESHOLD", "CIRCUIT_BREAKER_RABBITMQ_FAILURE_THRESHOLD"),
            ("RABBITMQ_PASS", "RABBITMQ_PASSWORD"),
            ("SENDGRID_KEY", "SENDGRID_API_KEY"),
            ("DATABASE_URI", "DATABASE_URL"),
            ("RATE_LIMIT_TOKENS", "RATE_LIMIT_TOKEN"),
            ("LIBRARY_TEST", "LIBRARY_TESTING"),
        ],
    )
    def test_among_our_variables_is_refused_with_the_nearest(self, name: str, meant: str) -> None:
        assert refusal({name: SECRET}) == f"There is no setting {name}. Did you mean {meant}?"

    def test_among_the_variables_of_others_is_theirs(self) -> None:
        others = {"PATH": "/bin", "LIBRARY_PATH": "/lib", "RABBITMQ_DEFAULT_PASS": "x", "TIMEZONE": "y"}
        assert load(others) == DEFAULTS

    @pytest.mark.parametrize(("name", "meant"), [("ALOWED_HOSTS", "ALLOWED_HOSTS"), ("debug", "DEBUG")])
    def test_in_the_file_is_refused_with_the_nearest(self, name: str, meant: str, tmp_path: Path) -> None:
        file = tmp_path / "settings.yaml"
        file.write_text(f"{name}: {SECRET}")
        assert refusal({}, yaml_file=file) == f"There is no setting {name}. Did you mean {meant}?"

    def test_near_nothing_is_refused_without_a_guess(self, tmp_path: Path) -> None:
        file = tmp_path / "settings.yaml"
        file.write_text("XYZZY: 1")
        assert refusal({}, yaml_file=file) == "There is no setting XYZZY."


class TestSeveralFaults:
    def test_are_all_reported_a_line_each(self) -> None:
        wrong = {
            "LOG_FORMAT": "xml",
            "RABBITMQ_PORT": "0",
            "SENDGRID_TIMEOUT": "soon",
            "DATABASE_URI": SECRET,
        }
        assert refusal(wrong).splitlines() == [
            "There is no setting DATABASE_URI. Did you mean DATABASE_URL?",
            "LOG_FORMAT='xml' is impossible: give console or json.",
            "RABBITMQ_PORT=0 is impossible: give a port number.",
            "SENDGRID_TIMEOUT='soon' is not a number.",
        ]

    def test_of_the_file_and_of_production_are_among_them(self, tmp_path: Path) -> None:
        file = tmp_path / "settings.yaml"
        file.write_text("CURENCY: EUR\nTIME_ZONE: Berlin")
        environment = {"ENVIRONMENT": "production", "DEBUG": "1", "LIBRARY_TESTING": "1", "LOG_FORMAT": "xml"}
        lines = refusal(environment, yaml_file=file).splitlines()
        named = ["There is no setting CURENCY", "TIME_ZONE", "LOG_FORMAT", "SECRET_KEY", "DEBUG"]
        assert all(sum(line.startswith(name) for line in lines) == 1 for name in (*named, "LIBRARY_TESTING"))

    def test_of_one_setting_are_reported_once(self) -> None:
        lines = refusal({**PRODUCTION, "SENDGRID_API_URL": "ftp://x", "ALLOWED_HOSTS": "a b, *"}).splitlines()
        assert [line.partition("=")[0].partition(" ")[0] for line in lines] == [
            "ALLOWED_HOSTS",
            "SENDGRID_API_URL",
        ]

    def test_of_a_file_of_variables_are_all_reported(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_text("A: 1\nCURRENCY=EUR\nB C=2\n")
        with pytest.raises(ImproperlyConfigured) as refused:
            read_env_file(file)
        assert [line.partition(" of")[0] for line in str(refused.value).splitlines()] == ["Line 1", "Line 3"]


class TestAFile:
    @pytest.mark.parametrize(
        "content", ["- a", "just words", "", "A: [", f"SECRET_KEY: '{SECRET}", "a: b: c"]
    )
    def test_that_is_no_mapping_is_refused_without_its_content(self, content: str, tmp_path: Path) -> None:
        file = tmp_path / "settings.yaml"
        file.write_text(content)
        said = refusal({}, yaml_file=file)
        assert said.startswith("settings.yaml ")
        assert SECRET not in said

    def test_of_another_encoding_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "settings.yaml"
        file.write_bytes(b"MAIL_FROM: \xff")
        assert "settings.yaml" in refusal({}, yaml_file=file)

    @pytest.mark.parametrize(
        "line", [f" SECRET_KEY={SECRET}", f"SECRET_KEY: {SECRET}", f"SECRET-KEY={SECRET}"]
    )
    def test_of_variables_has_no_line_that_would_be_passed_over(self, line: str, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_text(f"# ours\n\nLIBRARY_UNUSED_HERE=1\n{line}\n")
        with pytest.raises(ImproperlyConfigured) as refused:
            read_env_file(file)
        assert str(refused.value) == "Line 4 of .env can't be read: write NAME=value."
        assert "LIBRARY_UNUSED_HERE" not in os.environ

    def test_of_variables_gives_way_to_the_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CURRENCY", "CHF")
        monkeypatch.setenv("LOG_FORMAT", "forgotten after the test")
        monkeypatch.delenv("LOG_FORMAT")
        file = tmp_path / ".env"
        file.write_text("CURRENCY=SEK\nexport LOG_FORMAT='json'\n")
        read_env_file(file)
        found = load()
        assert (found["CURRENCY"], found["LOG_FORMAT"]) == ("CHF", "json")

    def test_of_variables_may_be_absent(self, tmp_path: Path) -> None:
        read_env_file(tmp_path / ".env")

    def test_of_variables_in_another_encoding_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_bytes(b"A=\xff")
        with pytest.raises(ImproperlyConfigured, match=r"\.env"):
            read_env_file(file)


class TestTheBroker:
    def test_is_named_by_its_parts_as_well(self) -> None:
        parts = {"RABBITMQ_HOST": "mq", "RABBITMQ_USER": "a b", "RABBITMQ_PASSWORD": "p@:/?#"}
        assert load(parts)["RABBITMQ_URL"] == "amqp://a%20b:p%40%3A%2F%3F%23@mq:5672/%2F"

    def test_is_named_by_its_address_first(self) -> None:
        both = {"RABBITMQ_HOST": "mq", "RABBITMQ_URL": "amqp://other/"}
        assert load(both)["RABBITMQ_URL"] == "amqp://other/"


class TestASeamForTests:
    @pytest.mark.parametrize("name", ["LIBRARY_FAILPOINTS", "LIBRARY_NOW"])
    def test_is_refused_where_it_would_be_passed_over(self, name: str) -> None:
        assert refusal({name: VALUES[name][0]}) == f"{name} has an effect only with LIBRARY_TESTING=1."


class TestProduction:
    def test_starts_with_a_key_and_hosts(self) -> None:
        assert load(PRODUCTION)["ENVIRONMENT"] == "production"

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("SECRET_KEY", ""),
            ("SECRET_KEY", KEY[:49]),
            ("SECRET_KEY", "a" * 60),
            ("SECRET_KEY", f"django-insecure-{KEY}"),
            ("PUBLIC_URL", ""),
            ("PUBLIC_URL", "http://library.example.org"),
            ("DEBUG", "true"),
            ("ALLOWED_HOSTS", "*"),
            ("ALLOWED_HOSTS", "library.example.org,*"),
            ("ALLOWED_HOSTS", ""),
            ("SENDGRID_API_URL", "http://mail.example.org"),
            ("SECRET_KEY", "change-me-to-50-random-characters-or-more-before-it-is-used"),
            ("SECRET_KEY", "put-your-secret-key-here-of-50-characters-or-more-0123456789"),
            ("ALLOWED_HOSTS", ".example.org"),
            ("ALLOWED_HOSTS", "library.example.org,.example.org"),
            ("DATABASE_URL", "postgres://postgres:postgres@db/library"),
            ("DATABASE_URL", "postgres://library:password@127.0.0.1:5432/library"),
            ("DATABASE_URL", "postgres://somebody:Somebody@db/library"),
            ("DATABASE_URL", "postgres://u:%67uest@db/library"),
            ("DATABASE_URL", "postgres://u:@db/library"),
            ("RABBITMQ_URL", "amqp://guest:guest@mq/"),
            ("RABBITMQ_URL", "amqp://library:library@mq/"),
            ("RABBITMQ_URL", "amqp://mq/"),
            ("RABBITMQ_URL", "amqps://library@mq/"),
            ("SENDGRID_API_URL", "https://127.0.0.1"),
            ("SENDGRID_API_URL", "https://169.254.169.254/latest"),
            ("SENDGRID_API_URL", "https://10.0.0.1"),
            ("SENDGRID_API_URL", "https://2130706433"),
            ("SENDGRID_API_URL", "https://0x7f.1"),
            ("SENDGRID_API_URL", "https://[::1]:8443"),
            ("SENDGRID_API_URL", "https://[fe80::1]"),
            ("SENDGRID_API_URL", "https://[::ffff:169.254.169.254]"),
            ("SENDGRID_API_URL", "https://localhost"),
            ("SENDGRID_API_URL", "https://LOCALHOST."),
            ("SENDGRID_API_URL", "https://mail.localhost"),
            ("SENDGRID_API_URL", "https://metadata.google.internal"),
            ("SENDGRID_API_URL", "https://relay"),
            ("LIBRARY_TESTING", "1"),
            ("LIBRARY_FAILPOINTS", "relay.before_mark:kill"),
            ("LIBRARY_NOW", "2026-01-15T10:00:00Z"),
        ],
    )
    def test_refuses_what_is_unsafe_by_name(self, name: str, text: str) -> None:
        said = refusal({**PRODUCTION, name: text})
        assert said.startswith(name)
        assert KEY[:20] not in said

    def test_refuses_the_default_user_of_a_broker_given_in_parts(self) -> None:
        parts = {**PRODUCTION, "RABBITMQ_HOST": "mq"}
        assert refusal(parts).startswith("RABBITMQ_PASSWORD")
        assert load({**parts, "RABBITMQ_USER": "library", "RABBITMQ_PASSWORD": SECRET})["RABBITMQ_URL"]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("ALLOWED_HOSTS", "library.example.org,127.0.0.1,[::1],web"),
            ("DATABASE_URL", f"postgres://library:{SECRET}@db/library"),
            ("DATABASE_URL", "postgres://library@db/library"),
            ("DATABASE_URL", "postgres://db/library?sslmode=verify-full"),
            ("RABBITMQ_URL", f"amqps://library:{SECRET}@mq/library"),
            ("SENDGRID_API_URL", "https://api.eu.sendgrid.com"),
        ],
    )
    def test_starts_with_what_is_its_own(self, name: str, text: str) -> None:
        assert load({**PRODUCTION, name: text})

    @pytest.mark.parametrize(
        "command",
        [
            ["python", "manage.py", "check"],
            ["celery", "--app", "library_project.celery", "worker"],
            ["granian", "--interface", "asginl", "--port", "0", "library_project.asgi:application"],
        ],
        ids=["manage.py", "celery", "granian"],
    )
    def test_that_is_refused_says_so_in_lines_whatever_is_started(self, command: list[str]) -> None:
        wrong = {"ENVIRONMENT": "production", "SECRET_KEY": "", "LIBRARY_TESTING": "", "LOG_FORMAT": "xml"}
        wrong["PUBLIC_URL"] = "https://library.example.org"
        ended = subprocess.run(
            [Path(sys.executable).with_name(command[0]), *command[1:]],
            cwd=ROOT,
            env={**os.environ, **wrong},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 1
        assert [line for line in ended.stderr.splitlines() if line.startswith("configuration: ")] == [
            "configuration: LOG_FORMAT='xml' is impossible: give console or json.",
            "configuration: SECRET_KEY must be set in production, to 50 random characters or more.",
        ]
        assert "Traceback" not in ended.stderr + ended.stdout
