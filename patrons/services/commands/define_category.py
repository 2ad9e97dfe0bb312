"""The library decides which categories of patrons there are."""

from dataclasses import dataclass

from patrons.domain.category import Category
from patrons.services.ports import PatronsWork
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineCategory(Command[str]):
    """Add a category of patrons or rename the one with this code; answered with the code."""

    code: str
    name: str


def define_category(command: DefineCategory, work: PatronsWork) -> str:
    """Put the category down. Lending refuses its patrons until a rule names it."""
    bind_audit_subjects(category=command.code)
    category = Category.parse(code=command.code, name=command.name)
    work.categories.define(category.code, name=category.name)
    return category.code
