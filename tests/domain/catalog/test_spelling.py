import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.spelling import distance_lower_bound, edit_distance

words = st.text(alphabet="aeiybcdst", min_size=1, max_size=9)


class TestSlips:
    @pytest.mark.parametrize(
        ("typed", "meant", "weight"),
        [
            ("gatsby", "gatsby", 0),
            ("gastby", "gatsby", 2),
            ("gattsby", "gatsby", 2),
            ("getsby", "gatsby", 3),
            ("gatsb", "gatsby", 4),
            ("gatzby", "gatsby", 4),
            ("gezzby", "gatsby", None),
        ],
    )
    def test_weigh_less_the_easier_they_happen(self, typed: str, meant: str, weight: int | None) -> None:
        assert edit_distance(typed, meant, most=8) == weight

    @given(typed=words, meant=words)
    def test_never_weigh_less_than_a_glance_tells(self, typed: str, meant: str) -> None:
        weight = edit_distance(typed, meant, most=100)
        assert weight is not None
        assert distance_lower_bound(typed, meant) <= weight
