import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from outbox.models import OutboxMessage
from patrons.models import PatronRow
from patrons.services.commands.renew_membership import RenewMembership
from patrons.tasks import remind_membership_ends
from shared_kernel.services.commands import dispatch
from tests.factories_patrons import a_patron, owe

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


class TestDeliverNotices:
    def test_tells_how_many_attempts_it_made(self, settings: Any, tmp_path: Path) -> None:
        settings.EMAIL_FILE_PATH = tmp_path
        owe()
        assert run("deliver_notices").strip() == "1 attempt to send a notice"
        assert len(list(tmp_path.iterdir())) == 1
        assert json.loads(run("deliver_notices", "--json", "--as-of", "2024-01-15T10:00:00Z")) == {
            "attempts": 0
        }


class TestRemindPatrons:
    """Memberships, here; what lending reminds of is lending's to test."""

    def remind(self, day: str) -> Any:
        return json.loads(run("remind_patrons", "--json", "--as-of", f"{day}T10:00:00Z"))

    def announced(self) -> list[str]:
        events = OutboxMessage.objects.filter(type="patrons.membership_expiring.v1").order_by("id")
        return [json.loads(event.payload)["data"]["expires_on"] for event in events]

    def test_tells_of_each_membership_that_ends_within_two_weeks_once(self) -> None:
        for day in (date(2024, 1, 14), date(2024, 1, 29), date(2024, 1, 30)):
            a_patron(expires_on=day)
        a_patron()
        assert self.remind("2024-01-15")["changed"] == 1
        assert self.remind("2024-01-15")["changed"] == 0
        assert self.announced() == ["2024-01-29"]
        assert self.remind("2024-01-16")["changed"] == 1
        assert self.announced() == ["2024-01-29", "2024-01-30"]

    def test_tells_again_of_another_end(self) -> None:
        ada = a_patron(expires_on=date(2024, 1, 29))
        self.remind("2024-01-20")
        dispatch(RenewMembership(patron=ada.id, expires_on=date(2024, 1, 31)))
        assert self.remind("2024-01-20")["changed"] == 1

    def test_passes_over_a_broken_record_and_fails_after_all(self) -> None:
        broken, *_ = [a_patron(expires_on=date(2024, 1, 20)) for _ in range(10)]
        PatronRow.objects.filter(id=broken.id).update(blocks=[{"id": "none"}])
        with pytest.raises(CommandError) as failed:
            self.remind("2024-01-15")
        assert failed.value.returncode == 1
        assert str(broken.id) in str(failed.value)
        assert broken.name not in str(failed.value)
        assert len(self.announced()) == 9

    def test_happens_by_itself(self) -> None:
        a_patron(expires_on=timezone.now().date())
        remind_membership_ends()
        assert len(self.announced()) == 1


class TestRegisterPatron:
    def test_prints_the_card_number(self) -> None:
        card = run("register_patron", "Ada Lovelace", "ada@example.org", "--category", "premium").strip()
        row = PatronRow.objects.get(card_number=card)
        assert (row.name, row.email, row.category_id) == ("Ada Lovelace", "ada@example.org", "premium")

    def test_answers_programs_with_the_patron(self) -> None:
        answer = json.loads(run("register_patron", "Ada", "ada@example.org", "--json"))
        assert (answer["name"], answer["category"], answer["blocks"]) == ("Ada", "regular", [])

    def test_says_in_one_line_why_not(self) -> None:
        with pytest.raises(CommandError) as refused:
            run("register_patron", "\u200b", "nobody", "--category", "pirate")
        assert refused.value.returncode == 1
        assert str(refused.value).startswith("invalid_name: ")
        assert "invalid_email: " in str(refused.value)
        assert "\n" not in str(refused.value)
