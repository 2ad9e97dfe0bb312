"""Translate a MARC 21 record into a SourceRecord: the only place that knows what a tag means.

Source of the tags and codes: the Library of Congress, "MARC 21 Format for Bibliographic Data".
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain

from pymarc import Field

from catalog.adapters.marc.fields import MarcRecord, UnreadableRecord
from catalog.adapters.marc.languages import WHOLE_TAGS
from catalog.adapters.marc.text import clean, distinct, trim, without_lone_brackets
from catalog.domain.description import InvalidLanguage, language_code
from catalog.domain.isbn import ISBN, InvalidISBN
from catalog.services.imports.records import SourceRecord

LONGEST_TITLE = 500
UNKNOWN_AUTHOR = "[Unknown]"
#: What is a year at first sight. Any other may be a mistake.
COMMON_YEARS = range(1000, 2100)

_YEAR = r"(?<![0-9])(?:1[0-9]{3}|20[0-9]{2})(?![0-9])"
_BRACKETED_YEAR = re.compile(rf"\[[^\]]*?({_YEAR})")
_ANY_YEAR = re.compile(f"({_YEAR})")
_PLAIN_YEAR = re.compile(r"-?[0-9]{1,4}")
_LANGUAGE = re.compile("(?!und)[a-z]{3}")
_ISBN = re.compile(r"(?<![0-9])(?:97[89][-\u2010-\u2015 ]?)?(?:[0-9][-\u2010-\u2015 ]?){9}[0-9Xx](?![0-9Xx])")
_NO_PUBLISHER = frozenset({"s.n", "s. n", "publisher not identified", "publisher unknown"})
_SUBJECT_TAGS = ("600", "610", "611", "630", "647", "648", "650", "651", "653", "654", "655")


def translate(record: MarcRecord, *, number: int, original: bytes) -> SourceRecord:
    """Say the record in our words, or raise UnreadableRecord for one that can't be a Book.

    Only a record without a title (245) is refused. Every other is loaded with what can be understood of it:
    an invalid ISBN, year or language code is left out. A record that its maker marks as deleted (leader 05)
    is loaded too, since the copies on our shelves are still there.
    """
    title = _title(record)
    if not title:
        raise UnreadableRecord("The record has no title (field 245).")
    return SourceRecord(
        number=number,
        source_id=_source_id(record),
        title=title,
        authors=_authors(record),
        isbns=_isbns(record),
        year=_year(record),
        language=_language(record),
        publisher=_publisher(record),
        subjects=_subjects(record),
        original=original,
    )


def _source_id(record: MarcRecord) -> str | None:
    """001 is unique only within the institution that 003 names; without 003, 035 brings both."""
    control_number, institution = clean(record.control("001")), clean(record.control("003"))
    if control_number and institution:
        return f"{institution}:{control_number}"
    return next(filter(None, _cleaned(record.tagged("035"), "a")), None)


def _title(record: MarcRecord) -> str:
    """Join title, subtitle and part as "Title. Part 1, Name: subtitle"; cut at a word if over the limit.

    A title that is too long is cut rather than refused: the Book is found by how its title begins.
    """
    title = next(filter(None, map(_joined_title, record.tagged("245"))), "")
    if len(title) <= LONGEST_TITLE:
        return title
    head = title[: LONGEST_TITLE - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:") + "…"


def _joined_title(field: Field) -> str:
    title, previous = "", ""
    for code, value in field.subfields:
        part = trim(value)
        if code not in "abnp" or not part:
            continue
        title += (_separator(previous, code) if title else "") + part
        # The mark that announces a parallel title or another work stands at the end of the part before it.
        previous = code + clean(value)[-1:]
    return title


def _separator(previous: str, code: str) -> str:
    if code in "np":
        return ", " if (previous[:1], code) == ("n", "p") else ". "
    return {"=": " = ", ";": "; "}.get(previous[1:], ": ")


def _authors(record: MarcRecord) -> tuple[str, ...]:
    """Give the main entry (1xx), then added entries (7xx): at least one, or the record would be lost.

    An added entry with a title ($t) names a related work and is left out. Where nobody is entered, the
    statement of responsibility (245 $c) stands as it is, since it is what the title page says; else
    UNKNOWN_AUTHOR. A publisher is not taken for an author.
    """
    entries = [*record.tagged("100", "110", "111"), *record.tagged("700", "710", "711")]
    names = distinct(_name(entry) for entry in entries if "t" not in entry)
    if names:
        return names
    statements = distinct(trim(text) for text in _cleaned(record.tagged("245"), "c"))
    return statements[:1] or (UNKNOWN_AUTHOR,)


def _name(entry: Field) -> str:
    codes = {"00": "abcq", "10": "abcdn", "11": "acdenq"}[entry.tag[1:]]
    if not any(trim(text) for text in entry.get_subfields("a")):
        return ""
    return trim(" ".join(entry.get_subfields(*codes)))


def _isbns(record: MarcRecord) -> tuple[str, ...]:
    candidates = (found for text in _cleaned(record.tagged("020"), "a") for found in _ISBN.findall(text))
    return distinct(map(_digits, candidates))


def _digits(candidate: str) -> str:
    try:
        return ISBN.parse(candidate).digits
    except InvalidISBN:
        return ""


def _year(record: MarcRecord) -> int | None:
    """Give the year of publication, 1000 to 2099, or any that only 046 has, in digits.

    In 260 and 264 a bracketed year is the cataloguer's correction or the common era: "1373 [1994 or 1995]".
    """
    coded = _ANY_YEAR.fullmatch(record.control("008")[7:11])
    if coded:
        return int(coded[1])
    dates = list(_cleaned(_imprints(record), "c"))
    searches = (pattern.search(date) for pattern in (_BRACKETED_YEAR, _ANY_YEAR) for date in dates)
    found = next((int(found[1]) for found in searches if found), None)
    return _uncommon_year(record) if found is None else found


def _uncommon_year(record: MarcRecord) -> int | None:
    """$b of 046 counts backwards from the common era, $c from it."""
    before = (f"-{text}" for text in _cleaned(record.tagged("046"), "b"))
    years = chain(before, _cleaned(record.tagged("046"), "c"))
    return next((int(text) for text in years if _PLAIN_YEAR.fullmatch(text)), None)


def _language(record: MarcRecord) -> str | None:
    """008's code of three letters, unless an 041 has the whole tag, such as “en-GB”."""
    codes = [record.control("008")[35:38], *_cleaned(record.tagged("041"), "a")]
    matches = (_LANGUAGE.match(code.lower()) for code in codes)
    return next(chain(_whole_tags(record), (match[0] for match in matches if match)), None)


def _whole_tags(record: MarcRecord) -> Iterator[str]:
    for field in record.tagged("041"):
        tags = field.get_subfields("a") if WHOLE_TAGS in field.get_subfields("2") else []
        for tag in tags:
            with suppress(InvalidLanguage):
                yield language_code(clean(tag))


def _publisher(record: MarcRecord) -> str | None:
    names = (without_lone_brackets(trim(text)) for text in _cleaned(_imprints(record), "b"))
    return next((name for name in names if name and name.strip("[]. ").casefold() not in _NO_PUBLISHER), None)


def _imprints(record: MarcRecord) -> list[Field]:
    """260 and 264; of the latter, publication (second indicator 1) before distribution and printing."""
    return sorted(
        record.tagged("260", "264"), key=lambda field: field.tag == "264" and field.indicator2 != "1"
    )


def _subjects(record: MarcRecord) -> tuple[str, ...]:
    return distinct(subject for field in record.tagged(*_SUBJECT_TAGS) for subject in _headings(field))


def _headings(field: Field) -> Iterator[str]:
    if field.tag == "653":  # each $a is a term of its own
        yield from map(trim, field.get_subfields("a"))
        return
    main = trim(" ".join(field.get_subfields(*"abcdnpqt")))
    divisions = [trim(text) for text in field.get_subfields(*"vxyz")]
    yield " -- ".join(part for part in [main, *divisions] if part)


def _cleaned(fields: Iterable[Field], code: str) -> Iterator[str]:
    return (clean(text) for field in fields for text in field.get_subfields(code))
