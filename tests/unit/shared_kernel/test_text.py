import pytest

from shared_kernel.domain.text import ReasonRequired, has_visible_text, required_reason

INVISIBLE = [
    *("", " ", "\t\n", "\u200b", "\u200b\u200c\u200d\u2060\ufeff", "\u00ad", "\u00a0\u3000", "\x00\x1f"),
    *("\u202e", "\u0301", "\u20dd", "\u2028\u2029", "\ue000", "\ud800", "\U000e0041", "\ufe0f"),
    *("\u3164", "\u115f\u1160", "\uffa0", "\u2800"),
]
VISIBLE = ["x", "・", "१", "한", "🙂", "\u200bx", "e\u0301", "?", "نمی\u200cخواهم"]


class TestAReason:
    @pytest.mark.parametrize("text", INVISIBLE)
    def test_that_nobody_can_see_is_none(self, text: str) -> None:
        assert not has_visible_text(text)
        with pytest.raises(ReasonRequired) as refused:
            required_reason(text)
        assert refused.value.code == "reason_required"

    @pytest.mark.parametrize("text", VISIBLE)
    def test_that_shows_something_is_one(self, text: str) -> None:
        assert has_visible_text(text)
        assert required_reason(f" {text}\n") == text
