"""What the catalogue and the patrons refuse by their rules, each by a request that meets it."""

from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import CopyRow
from catalog.services.commands.accept_import import AcceptImport
from catalog.services.imports.job import LARGEST_UPLOAD
from patrons.services.commands.add_block import AddBlock
from shared_kernel.services.commands import dispatch
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.refusals.call import Call
from tests.integration.refusals.examples import a_hold, a_late_return
from tests.integration.refusals.lending import Cases, held_copy

ISBN = "9780141439518"


def _book(**body: object) -> Call:
    return Call(path="books", body={"title": "Romola", "authors": ["Eliot, George"], **body})


def _revise(**body: object) -> Call:
    return Call(path=f"books/{a_book().id}", body=body)


def _copy(**body: object) -> Call:
    return Call(path=f"books/{a_book().id}/copies", body={"barcode": "NEW-1", "item_type": "book", **body})


def _condition(barcode: str | None = None, condition: str = "withdrawn", reason: str = "Torn") -> Call:
    body = {"condition": condition, "reason": reason}
    return Call(path=f"copies/{barcode or a_copy().barcode}", body=body)


def _import(content: bytes, **body: object) -> Call:
    file = SimpleUploadedFile("books.csv", content)
    return Call(path="imports", body={"file": file, **body}, is_form=True)


def _revert_unfinished() -> Call:
    accepted = dispatch(AcceptImport(name="books.csv", content=b"title\nRomola\n"))
    return Call(path=f"imports/{accepted.id}/revert")


def _register(**body: object) -> Call:
    return Call(path="patrons", body={"name": "Hester Prynne", "email": "hester@example.org", **body})


def _contact(**body: object) -> Call:
    return Call(path=f"patrons/{a_patron().id}", body=body)


def _block(what: str, reason: str = "Stolen", patron: object = None) -> Call:
    return Call(path=f"patrons/{patron or a_patron().id}/{what}", body={"reason": reason})


def _erase(patron: object = None, reason: str = "By request") -> Call:
    return Call(path=f"patrons/{patron or a_patron().id}/erase", body={"reason": reason})


def _held_without_copies() -> Call:
    copy = a_copy()
    a_hold(book=copy.book)
    a_hold(book=copy.book)
    CopyRow.objects.filter(book_id=copy.book).update(condition="withdrawn")
    return Call(path=f"books/{copy.book}")


def _suspended() -> object:
    patron = a_patron().id
    dispatch(AddBlock(patron=patron, reason="Stolen"))
    return patron


def _known_isbn() -> str:
    a_book(isbn=ISBN)
    return ISBN


CATALOG: dict[str, Cases] = {
    "GET books": {
        "invalid_isbn": lambda: Call(path="books", query={"isbn": "1234"}),
        "invalid_language": lambda: Call(path="books", query={"language": "nonsense!"}),
    },
    "GET exports/books": {
        "invalid_isbn": lambda: Call(path="exports/books", query={"isbn": "1234"}),
        "invalid_language": lambda: Call(path="exports/books", query={"language": "nonsense!"}),
    },
    "POST books": {
        "invalid_title": lambda: _book(title="\u200b"),
        "invalid_authors": lambda: _book(authors=[]),
        "invalid_isbn": lambda: _book(isbn="1234"),
        "invalid_year": lambda: _book(year=100_000),
        "invalid_language": lambda: _book(language="nonsense!"),
        "invalid_publisher": lambda: _book(publisher="x" * 301),
        "invalid_subjects": lambda: _book(subjects=["x" * 301]),
        "duplicate_isbn": lambda: _book(isbn=_known_isbn()),
    },
    "PATCH books/{}": {
        "invalid_title": lambda: _revise(title="\u200b"),
        "invalid_authors": lambda: _revise(authors=[]),
        "invalid_isbn": lambda: _revise(isbn="1234"),
        "invalid_year": lambda: _revise(year=100_000),
        "invalid_language": lambda: _revise(language="nonsense!"),
        "invalid_publisher": lambda: _revise(publisher="x" * 301),
        "invalid_subjects": lambda: _revise(subjects=["x" * 301]),
        "duplicate_isbn": lambda: _revise(isbn=_known_isbn()),
    },
    "DELETE books/{}": {
        "has_copies": lambda: Call(path=f"books/{a_copy().book}"),
        "has_active_holds": _held_without_copies,
    },
    "POST books/{}/copies": {
        "invalid_barcode": lambda: _copy(barcode="\u200b"),
        "invalid_item_type": lambda: _copy(item_type="A book!"),
        "unknown_branch": lambda: _copy(branch="NOWHERE"),
        "invalid_money": lambda: _copy(price={"amount": "12.505", "currency": "EUR"}),
        "invalid_price": lambda: _copy(price={"amount": "-1.00", "currency": "EUR"}),
        "duplicate_barcode": lambda: _copy(barcode=a_copy().barcode),
    },
    "PATCH copies/{}": {
        "reason_required": lambda: _condition(reason=""),
        "invalid_reason": lambda: _condition(reason="x" * 501),
        "has_open_loans": lambda: _condition(a_loan().copy_barcode),
        "has_active_holds": lambda: _condition(held_copy()),
    },
    "POST imports": {
        "file_unreadable": lambda: _import(b"\x00\x01\x02"),
        "unknown_encoding": lambda: _import(b"title\nRomola\n", encoding="klingon"),
        "file_too_large": lambda: Call(
            path="imports",
            raw=b"--b--",
            content_type="multipart/form-data; boundary=b",
            environ={"CONTENT_LENGTH": str(LARGEST_UPLOAD + 1)},
        ),
    },
    "POST imports/{}/revert": {"import_not_finished": _revert_unfinished},
}
PATRONS: dict[str, Cases] = {
    "POST patrons": {
        "invalid_name": lambda: _register(name=""),
        "invalid_email": lambda: _register(email="nobody"),
        "invalid_birth_date": lambda: _register(birth_date="1800-01-01"),
        "invalid_card_number": lambda: _register(card_number="\u200b"),
        "unknown_language": lambda: _register(language="tlh"),
        "unknown_category": lambda: _register(category="nobody"),
        "unknown_branch": lambda: _register(home_branch="NOWHERE"),
        "duplicate_email": lambda: _register(email=str(a_patron().email)),
        "duplicate_card_number": lambda: _register(card_number=a_patron().card_number),
    },
    "PATCH patrons/{}": {
        "invalid_name": lambda: _contact(name=""),
        "invalid_email": lambda: _contact(email="nobody"),
        "invalid_birth_date": lambda: _contact(birth_date="1800-01-01"),
        "notice_not_optional": lambda: _contact(declined_notices=["overdue"]),
        "unknown_privacy": lambda: _contact(privacy="sometimes"),
        "unknown_language": lambda: _contact(language="tlh"),
        "unknown_category": lambda: _contact(category="nobody"),
        "unknown_branch": lambda: _contact(home_branch="NOWHERE"),
        "duplicate_email": lambda: _contact(email=str(a_patron().email)),
    },
    "POST patrons/{}/suspend": {
        "reason_required": lambda: _block("suspend", reason=""),
        "already_suspended": lambda: _block("suspend", patron=_suspended()),
    },
    "POST patrons/{}/blocks": {
        "reason_required": lambda: _block("blocks", reason=""),
        "already_suspended": lambda: _block("blocks", patron=_suspended()),
    },
    "POST patrons/{}/reinstate": {"not_blocked": lambda: Call(path=f"patrons/{a_patron().id}/reinstate")},
    "POST patrons/{}/renew-membership": {
        "membership_never_ends": lambda: Call(path=f"patrons/{a_patron().id}/renew-membership", body={})
    },
    "POST patrons/{}/erase": {
        "reason_required": lambda: _erase(reason=""),
        "reason_tells_who": lambda: _erase((it := a_patron()).id, reason=f"{it.name} asked for it"),
        "has_open_loans": lambda: _erase(a_loan().patron),
        "has_active_holds": lambda: _erase(a_hold().patron),
        "has_open_charges": lambda: _erase(a_late_return()[0].id),
    },
}
