from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrons.domain.membership import one_year_on
from patrons.domain.notice import KINDS, OPTIONAL, NoticeNotOptional, declined
from shared_kernel.domain.days import day_ended_by


class TestDeclining:
    def test_is_possible_for_courtesies_and_receipts(self) -> None:
        assert declined(OPTIONAL) == set(OPTIONAL)
        assert {"loan_receipt", "return_confirmation", "due_soon", "membership_expiring"} <= set(OPTIONAL)

    @pytest.mark.parametrize(
        "kind", ["hold_ready", "hold_expired", "due_date_changed", "password_link", "pigeon", ""]
    )
    def test_is_refused_for_what_one_has_to_know(self, kind: str) -> None:
        with pytest.raises(NoticeNotOptional) as refused:
            declined(["due_soon", kind])
        assert f"“{kind}”" in refused.value.detail

    def test_leaves_every_letter_a_name_that_fits_its_column(self) -> None:
        assert max(map(len, KINDS)) <= 32


class TestTheDayThatAnInstantEnds:
    @pytest.mark.parametrize(
        "zone",
        [
            "UTC",
            "Europe/Berlin",
            "America/Los_Angeles",
            "Pacific/Honolulu",
            "Pacific/Auckland",
            "Pacific/Chatham",
        ],
    )
    @pytest.mark.parametrize("day", [date(2024, 1, 29), date(2024, 7, 1), date(2024, 12, 31)])
    def test_is_the_branchs_whatever_its_zone(self, zone: str, day: date) -> None:
        last_second = datetime.combine(day, time(23, 59, 59), tzinfo=ZoneInfo(zone))
        assert day_ended_by(last_second.astimezone(UTC)) == day

    @given(st.dates(date(1970, 1, 2), date(9999, 12, 30)), st.integers(-10 * 60, 13 * 60 + 45))
    def test_is_right_from_hawaii_to_the_chathams(self, day: date, minutes: int) -> None:
        zone = timezone(timedelta(minutes=minutes))
        assert day_ended_by(datetime.combine(day, time(23, 59, 59), tzinfo=zone)) == day


class TestAYearOn:
    @given(st.dates())
    def test_is_a_later_day_or_the_last_one(self, day: date) -> None:
        later = one_year_on(day)
        assert later > day or later == date.max
        assert later - day <= timedelta(days=366)
