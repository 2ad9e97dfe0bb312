"""A worker of the release before goes on serving after the migrations: no new column is in its way."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from patrons.models import NoticeRow, PatronRow
from patrons.services.queries.patrons import GetPatron
from shared_kernel.services.queries import ask

pytestmark = pytest.mark.django_db

#: The last migrations of the release that knew one language and no wordings.
_BEFORE = ("patrons", "0003_notice_origin")


@pytest.fixture
def old() -> Any:
    return MigrationLoader(connection).project_state([_BEFORE]).apps


class TestTheCodeOfBefore:
    def test_registers_patrons_that_the_new_code_reads(self, old: Any) -> None:
        patron = old.get_model("patrons", "PatronRow").objects.create(
            id=uuid4(),
            version=1,
            card_number="A-1",
            name="Ada",
            sort_key="ada",
            email="a@example.org",
            category_id="regular",
        )
        view = ask(GetPatron(patron=patron.pk))
        assert (view.language, view.declined_notices) == (None, ())

    def test_changes_patrons_and_leaves_what_it_does_not_know(self, old: Any) -> None:
        self.test_registers_patrons_that_the_new_code_reads(old)
        PatronRow.objects.update(language="de")
        patron = old.get_model("patrons", "PatronRow").objects.get()
        patron.name = "Ada King"
        patron.save()
        row = PatronRow.objects.get()
        assert (row.name, row.language) == ("Ada King", "de")

    def test_owes_and_settles_notices(self, old: Any) -> None:
        now = datetime(2024, 1, 15, tzinfo=UTC)
        notices = old.get_model("patrons", "NoticeRow").objects
        notices.create(
            id=uuid4(),
            event_id=uuid4(),
            kind="loan_receipt",
            channel="email",
            patron_id=uuid4(),
            params={},
            owed_at=now,
            next_attempt_at=now,
        )
        notices.filter(state="queued").update(state="accepted", finished_at=now)
        row = NoticeRow.objects.get()
        assert (row.state, row.language, row.letter_subject, row.letter_text) == ("accepted", "", "", "")
        assert row.untrue_at is None
