"""Tokens of machines: issued by a command, shown once, verified fast, refused when over or revoked."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from shared_kernel.domain.errors import Refused
from shared_kernel.models import ApiToken, AuditEntry
from shared_kernel.services import tokens
from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import IssuedToken, IssueToken, RevokeToken, verify


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    tokens.clear_token_cache()
    yield
    tokens.clear_token_cache()


def issue(*scopes: str, days: int = 30) -> IssuedToken:
    return dispatch(IssueToken(name="self-service desk", scopes=scopes or ("catalog:read",), days=days))


@pytest.mark.django_db
class TestIssuingAToken:
    def test_keeps_a_digest_and_never_the_token(self) -> None:
        issued = issue("catalog:read", "circulation:write")
        row = ApiToken.objects.get(pk=issued.id)
        assert issued.token not in str(vars(row))
        assert row.scopes == issued.scopes == ["catalog:read", "circulation:write"]

    def test_ends_it_after_so_many_days(self) -> None:
        left = issue(days=30).expires_at - datetime.now(UTC)
        assert timedelta(days=29, hours=23) < left <= timedelta(days=30)

    def test_never_issues_the_same_twice(self) -> None:
        assert issue().token != issue().token

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            (IssueToken(name="desk", scopes=("catalog:read", "catalog:burn")), "unknown_scope"),
            (IssueToken(name="desk", scopes=("catalog:read",), days=0), "token_life_invalid"),
            (IssueToken(name="desk", scopes=("catalog:read",), days=3651), "token_life_invalid"),
            (IssueToken(name="  ", scopes=("catalog:read",)), "token_name_missing"),
            (IssueToken(name="x" * 101, scopes=("catalog:read",)), "token_name_missing"),
        ],
    )
    def test_refuses_what_no_token_can_be(self, command: IssueToken, code: str) -> None:
        with pytest.raises(Refused) as refused:
            dispatch(command)
        assert [each.code for each in refused.value.refusals] == [code]
        assert not ApiToken.objects.exists()

    def test_names_the_scope_that_is_unknown(self) -> None:
        with pytest.raises(Refused, match="There is no scope catalog:burn"):
            issue("catalog:burn")

    def test_is_on_record_without_the_token(self) -> None:
        issued = issue()
        entry = AuditEntry.objects.get(action="IssueToken")
        assert entry.subjects == {"token": str(issued.id)}
        assert issued.token not in str(vars(entry))


@pytest.mark.django_db
class TestVerifyingAToken:
    def test_tells_what_it_allows(self) -> None:
        issued = issue("catalog:read", "override")
        verified = verify(issued.token)
        assert verified
        assert (verified.id, verified.scopes) == (issued.id, frozenset({"catalog:read", "override"}))

    @pytest.mark.parametrize("guess", ["", "lib_", "lib_" + "x" * 43, "\ud800", "é" * 100_000])
    def test_refuses_a_guess(self, guess: str) -> None:
        issue()
        assert verify(guess) is None

    def test_asks_the_database_once_in_thirty_seconds(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        token = issue().token
        with django_assert_num_queries(1):
            assert [bool(verify(token)) for _ in range(5)] == [True] * 5
        with django_assert_num_queries(1):
            assert [verify("lib_guess") for _ in range(5)] == [None] * 5

    def test_hears_within_thirty_seconds_that_another_process_revoked_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr(tokens, "monotonic", lambda: now)
        token = issue().token
        assert verify(token)
        ApiToken.objects.update(revoked_at=datetime.now(UTC))
        now += 29.9
        assert verify(token)
        now += 0.2
        assert verify(token) is None

    def test_refuses_it_from_the_second_on_at_which_it_ends_however_fresh_the_look_up(self) -> None:
        issued = issue(days=1)
        with time_machine.travel(issued.expires_at - timedelta(seconds=1), tick=False) as clock:
            assert verify(issued.token)
            clock.move_to(issued.expires_at)
            assert verify(issued.token) is None

    def test_remembers_only_so_many_guesses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokens, "_REMEMBERED", 8)
        token = issue().token
        for number in range(50):
            verify(f"lib_guess{number}")
            assert len(tokens._verdicts) <= 8
        assert verify(token)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestRevokingAToken:
    def test_counts_at_once_in_the_process_that_did_it(self) -> None:
        issued = issue()
        assert verify(issued.token)
        dispatch(RevokeToken(id=issued.id))
        assert verify(issued.token) is None

    def test_keeps_the_first_time_when_repeated(self) -> None:
        issued = issue()
        dispatch(RevokeToken(id=issued.id))
        first = ApiToken.objects.get(pk=issued.id).revoked_at
        dispatch(RevokeToken(id=issued.id))
        assert ApiToken.objects.get(pk=issued.id).revoked_at == first

    def test_leaves_the_others_alone(self) -> None:
        other = issue()
        dispatch(RevokeToken(id=issue().id))
        assert verify(other.token)

    def test_refuses_an_id_that_is_no_tokens(self) -> None:
        with pytest.raises(Refused) as refused:
            dispatch(RevokeToken(id=uuid4()))
        assert refused.value.refusals[0].code == "not_found"


@pytest.mark.django_db
class TestTheCommands:
    def test_print_the_token_for_programs(self) -> None:
        out = StringIO()
        call_command(
            "create_token", "desk", "--scope", "catalog:read", "--scope", "override", "--json", stdout=out
        )
        answer = json.loads(out.getvalue())
        assert set(answer) == {"token", "id", "scopes", "expires_at"}
        verified = verify(answer["token"])
        assert verified
        assert verified.scopes == {"catalog:read", "override"}

    def test_print_the_token_whole_for_people(self) -> None:
        out = StringIO()
        call_command(
            "create_token", "desk", "--scope", "catalog:read", "catalog:write", "--days", "7", stdout=out
        )
        [token] = [word for word in out.getvalue().split() if word.startswith("lib_")]
        assert verify(token)

    def test_refuse_an_unknown_scope_by_its_code(self) -> None:
        with pytest.raises(CommandError, match=r"^unknown_scope: There is no scope burn\.") as refused:
            call_command("create_token", "desk", "--scope", "burn")
        assert refused.value.returncode == 1

    def test_want_a_scope(self) -> None:
        with pytest.raises(CommandError, match="--scope"):
            call_command("create_token", "desk")

    def test_revoke_by_id(self) -> None:
        issued = issue()
        call_command("revoke_token", str(issued.id), stdout=StringIO())
        assert ApiToken.objects.get(pk=issued.id).revoked_at

    def test_refuse_to_revoke_what_is_not_there(self) -> None:
        with pytest.raises(CommandError, match=f"^not_found: No token has the id {UUID(int=7)}"):
            call_command("revoke_token", str(UUID(int=7)))
