"""Formats the facts of letters for a language: days, amounts and reasons."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from django.utils.formats import date_format, number_format
from django.utils.translation import override

from patrons.services.ports import Fact, Params
from shared_kernel.domain.days import day_ended_by

#: What Django calls the conventions of each language: the English of the library is the British one.
_LOCALES: Final = {"en": "en-gb", "de": "de"}
_DATES: Final = {"en": "j F Y", "de": "j. F Y"}
_DAYS: Final = {"en": ("day", "days"), "de": ("Tag", "Tage")}
#: How currencies are written where a sign is more usual than the code.
_SIGNS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}
_REASONS: Final = {
    "en": {
        "overdue": "something that came back late",
        "lost": "something that was lost",
        "processing": "the work that a loss makes",
    },
    "de": {
        "overdue": "verspätete Rückgabe",
        "lost": "Ersatz für Verlorenes",
        "processing": "Bearbeitung eines Verlustes",
    },
}


def format_facts(params: Params, *, language: str) -> dict[str, str]:
    """What a wording can say, by placeholder; what there is nothing to say of, is empty.

    An instant is formatted as the day that it ends. Raises ValueError for a fact that can't be read.
    """
    with override(_LOCALES[language]):
        return dict(word for name, value in params.items() for word in _told(name, value, language))


def format_days(count: int, *, language: str) -> str:
    """`1 day`, `3 days`; nothing for none."""
    return f"{count} {_DAYS[language][count != 1]}" if count else ""


def _told(name: str, value: Fact, language: str) -> Iterator[tuple[str, str]]:
    if name.endswith("_at"):
        day = day_ended_by(datetime.fromisoformat(str(value)))
        yield f"{name.removesuffix('_at')}_on", date_format(day, _DATES[language])
    elif name.endswith("_on"):
        yield name, date_format(date.fromisoformat(str(value)), _DATES[language])
    elif isinstance(value, Mapping):
        yield name, _money(value, language)
    elif name == "days_overdue":
        yield name, format_days(int(value or 0), language=language)
    elif name == "kind":
        yield "reason", _REASONS[language].get(str(value), str(value))
    else:
        yield name, "" if value is None else str(value)


def _money(money: Mapping[str, str], language: str) -> str:
    try:
        amount, currency = Decimal(money["amount"]), money["currency"]
        places = max(-int(amount.as_tuple().exponent), 0)
    except (KeyError, TypeError, InvalidOperation):
        raise ValueError("no amount of money") from None
    number = number_format(abs(amount), decimal_pos=places, use_l10n=True, force_grouping=True)
    minus, sign = "−" if amount < 0 else "", _SIGNS.get(currency)
    if language == "de":
        return f"{minus}{number}\u00a0{sign or currency}"
    return f"{minus}{sign}{number}" if sign else f"{minus}{currency}\u00a0{number}"
