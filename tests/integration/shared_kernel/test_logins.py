"""Logins of people: a name, a role, and a password that is told once."""

import json
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from shared_kernel.domain.errors import Refused
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import ROLES, CreateLogin
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
