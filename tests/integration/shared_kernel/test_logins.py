"""Logins of people: a name, a role, and a password that is told once."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from pytest_django import Settings

from library_project.checks import demo_logins_are_gone
from shared_kernel.domain.errors import Refused
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import ROLES, CloseLogin, CreateLogin
from shared_kernel.web.access import ROLE_SCOPES

pytestmark = pytest.mark.django_db
AT_THE_DOOR = RequestFactory().post("/login")


class TestCreatingALogin:
    @pytest.mark.parametrize(
        ("role", "is_staff"), [("librarian", True), ("manager", True), ("operator", True), ("patron", False)]
    )
    def test_lets_the_person_in_by_role(self, role: str, *, is_staff: bool) -> None:
        created = dispatch(CreateLogin(name="ada", role=role))
        user = authenticate(AT_THE_DOOR, username="ada", password=created.password)
        assert isinstance(user, User)
        assert (user.pk, user.is_staff, user.is_superuser) == (created.id, is_staff, False)
        assert [group.name for group in user.groups.all()] == [role]

    def test_never_makes_the_same_password_twice(self) -> None:
        passwords = {dispatch(CreateLogin(name=name, role="patron")).password for name in ("ada", "alan")}
        assert len(passwords) == 2

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            (CreateLogin(name="ada", role="director"), "unknown_role"),
            (CreateLogin(name="", role="patron"), "login_name_invalid"),
            (CreateLogin(name="ada lovelace", role="patron"), "login_name_invalid"),
            (CreateLogin(name="a" * 151, role="patron"), "login_name_invalid"),
            (CreateLogin(name="Grace", role="patron"), "login_taken"),
        ],
    )
    def test_refuses_what_no_login_can_be(self, command: CreateLogin, code: str) -> None:
        dispatch(CreateLogin(name="grace", role="manager"))
        with pytest.raises(Refused) as refused:
            dispatch(command)
        assert [each.code for each in refused.value.refusals] == [code]
        assert User.objects.count() == 1

    def test_knows_the_roles_that_open_doors(self) -> None:
        assert set(ROLES) == set(ROLE_SCOPES) == set(Group.objects.values_list("name", flat=True))


class TestTheCommand:
    def test_prints_what_to_log_in_with(self) -> None:
        out = StringIO()
        call_command("create_login", "ada", "--role", "librarian", stdout=out)
        word, role, name, password = out.getvalue().split()
        assert (word, role, name) == ("login", "librarian", "ada")
        assert authenticate(AT_THE_DOOR, username="ada", password=password)

    def test_prints_it_for_programs(self) -> None:
        out = StringIO()
        call_command("create_login", "ada", "--role", "manager", "--json", stdout=out)
        answer = json.loads(out.getvalue())
        assert set(answer) == {"id", "role", "username", "password"}

    def test_refuses_a_role_that_is_none(self) -> None:
        with pytest.raises(CommandError, match=r"^unknown_role: ") as refused:
            call_command("create_login", "ada", "--role", "director")
        assert refused.value.returncode == 1

    def test_makes_no_login_for_a_card_that_is_nobodys(self) -> None:
        with pytest.raises(CommandError, match=r"^not_found: "):
            call_command("create_login", "ada", "--role", "patron", "--patron", "P-000000")
        assert not User.objects.exists()


class TestSettingAPasswordFromTheCommandLine:
    @pytest.fixture
    def ada(self) -> User:
        return User.objects.get(pk=dispatch(CreateLogin(name="ada", role="librarian")).id)

    def _set(self, monkeypatch: pytest.MonkeyPatch, *entered: str) -> None:
        answers = iter(entered)
        monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
        call_command("changepassword", "ada", stdout=StringIO(), stderr=StringIO())

    def test_is_on_record(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        self._set(monkeypatch, "correct horse battery", "correct horse battery")
        assert authenticate(AT_THE_DOOR, username="ada", password="correct horse battery")
        entry = AuditEntry.objects.get(action="ChangePassword")
        assert (entry.subjects, entry.outcome, entry.door) == ({"login": str(ada.pk)}, "done", "command")
        assert entry.principal.startswith("cli:")

    @pytest.mark.parametrize("entered", [["12345678", "12345678"], ["correct horse", "correct house"]])
    def test_needs_a_good_one_entered_twice(
        self, ada: User, entered: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(CommandError, match="password_not_set"):
            self._set(monkeypatch, *entered * 3)
        assert not AuditEntry.objects.filter(action="ChangePassword").exists()

    def test_is_refused_for_a_login_that_there_is_not(self) -> None:
        with pytest.raises(CommandError, match="login_not_found"):
            call_command("changepassword", "nobody")


class TestTheDemosLogins:
    def test_fail_the_check_before_a_deployment_while_they_work(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        settings.VAR_DIR = tmp_path
        created = dispatch(CreateLogin(name="librarian", role="librarian"))
        told = f"login librarian librarian {created.password}\nlogin manager manager never-made\n"
        (tmp_path / "demo_logins").write_text(told)
        (found,) = demo_logins_are_gone(databases=["default"])
        assert (found.id, found.msg) == ("library.E001", "Logins of the demo still work: librarian.")
        dispatch(CloseLogin(id=created.id))
        assert demo_logins_are_gone(databases=["default"]) == []
