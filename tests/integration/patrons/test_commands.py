import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from patrons.models import PatronRow
from tests.factories_patrons import owe

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
            run("register_patron", "Ada\udcff", "nobody", "--category", "pirate\udcff")
        assert refused.value.returncode == 1
        assert str(refused.value).startswith("invalid_name: ")
        assert "invalid_email: " in str(refused.value)
        assert "\n" not in str(refused.value)
