"""Validation of a branch's code, name and time zone."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from shared_kernel.domain.errors import InvalidValue, Refusal, Refused

LONGEST_CODE: Final = 20
LONGEST_NAME: Final = 200
_CODE = re.compile(rf"[A-Z0-9][A-Z0-9_-]{{0,{LONGEST_CODE - 1}}}")


class BranchCodeInvalid(InvalidValue):
    code = "branch_code_invalid"
    message = "A branch code has 1 to 20 characters (A-Z, 0-9, _ and -) and starts with a letter or digit."
    pointer = "/code"


class BranchNameInvalid(InvalidValue):
    code = "branch_name_invalid"
    message = "A branch name is one line of 1 to 200 visible characters."
    pointer = "/name"


class UnknownTimeZone(InvalidValue):
    code = "unknown_time_zone"
    message = "“{time_zone}” is not an IANA time zone such as Europe/Berlin."
    pointer = "/time_zone"


def branch_code(text: str) -> str:
    """The validated code. Raises BranchCodeInvalid."""
    if not _CODE.fullmatch(text):
        raise BranchCodeInvalid
    return text


def branch_name(text: str) -> str:
    """The name, trimmed. Raises BranchNameInvalid."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BranchNameInvalid
    return name


def time_zone_named(name: str) -> ZoneInfo:
    """The time zone with this IANA name. Raises UnknownTimeZone."""
    if name not in time_zones():
        raise UnknownTimeZone(time_zone=name)
    return ZoneInfo(name)


def branch_details(*, code: str, name: str, time_zone: str) -> tuple[str, str, ZoneInfo]:
    """All three, validated. Raises Refused with a refusal for each invalid one."""
    refusals: list[Refusal] = []
    for check, text in ((branch_code, code), (branch_name, name), (time_zone_named, time_zone)):
        refusals += _refusals(check, text)
    if refusals:
        raise Refused(*refusals)
    return branch_code(code), branch_name(name), time_zone_named(time_zone)


def _refusals(check: Callable[[str], object], text: str) -> tuple[Refusal, ...]:
    try:
        check(text)
    except Refused as refused:
        return refused.refusals
    return ()


@cache
def time_zones() -> frozenset[str]:
    """The IANA names of all time zones."""
    return frozenset(available_timezones())
