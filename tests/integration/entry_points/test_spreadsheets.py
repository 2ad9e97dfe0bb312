"""Every file for spreadsheets is written by the one writer that guards against formulas."""

import ast
import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from drf_spectacular.generators import SchemaGenerator

from catalog.models import ImportRemarkRow, ImportRow
from catalog.tasks import import_files
from lending.services.commands.borrow_book import BorrowBook
from lending.services.queries.reports import REPORTS
from shared_kernel.services.commands import dispatch
from tests.conftest import ROOT
from tests.factories import a_book, a_copy
from tests.factories_patrons import a_patron
from tests.integration.entry_points.conftest import Visit
from tests.integration.entry_points.routes import routes

FORMULA = "＝cmd|calc"
#: The route of each file, and the addresses at which the planted formulas stand in it.
FILES = {
    "api/v1/imports/{}/rejected": ["api/v1/imports/{upload}/rejected"],
    "api/v1/patrons/{}/account.csv": ["api/v1/patrons/{patron}/account.csv"],
    "admin/catalog/importrow/{}/rejected.csv": ["admin/catalog/importrow/{upload}/rejected.csv"],
    "admin/lending/reportrow/report/{}.csv": [
        f"admin/lending/reportrow/report/{name}.csv" for name in REPORTS
    ],
}
#: The reader needs the module too.
WRITER, READER = "shared_kernel/services/csv_lines.py", "catalog/adapters/spreadsheet/reader.py"


def routes_of_files() -> set[str]:
    """Those with CSV in their address, and those whose published schema answers CSV."""
    found = {route.pattern for route in routes() if "csv" in route.pattern}
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # spectacular's own
    for address, operations in schema["paths"].items():
        answers = [answer for each in operations.values() for answer in each["responses"].values()]
        if any("text/csv" in answer.get("content", {}) for answer in answers):
            found.add("".join("{}" if "}" in part else part for part in _parts(address)))
    return found


def _parts(address: str) -> Iterator[str]:
    for place, part in enumerate(address.strip("/").split("/")):
        yield ("/" if place else "") + ("" if part.startswith("{") else part)
        if part.startswith("{"):
            yield part


def importers_of_csv() -> set[str]:
    """The modules of the product that write or read CSV by themselves."""
    packages = ("library_project", "lending", "catalog", "patrons", "outbox", "shared_kernel")
    modules = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    return {str(path.relative_to(ROOT)) for path in modules if _imports_csv(path)}


def _imports_csv(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import) and any(alias.name == "csv" for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "csv":
            return True
    return False


@pytest.fixture
def planted(visit: Visit) -> dict[str, UUID]:
    """Formulas wherever a spreadsheet may show what somebody typed."""
    patron = a_patron(name=f"{FORMULA} Eve")
    copy = a_copy(book=a_book(title=FORMULA).id)
    dispatch(BorrowBook(copy_barcode=copy.barcode, patron_card=patron.card_number))
    file = BytesIO(f"title,author\n,{FORMULA}\n".encode())
    file.name = "books.csv"
    assert visit("librarian").post("/api/v1/imports", {"file": file}).status_code == 202
    import_files()
    upload = ImportRow.objects.get()
    ImportRemarkRow.objects.create(owner=upload, number=9, rejected=True, reason=FORMULA)
    return {"patron": patron.id, "upload": upload.id}


class TestFilesForSpreadsheets:
    def test_are_all_tried_here(self) -> None:
        assert routes_of_files() == set(FILES)

    @pytest.mark.django_db
    @pytest.mark.parametrize("address", [address for known in FILES.values() for address in known])
    def test_run_nothing(self, visit: Visit, planted: dict[str, UUID], address: str) -> None:
        answer: Any = visit("librarian").get(f"/{address.format(**planted)}", headers={"Accept": "*/*"})
        assert answer.status_code == 200
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        cells = [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]
        assert cells
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝"))] == []

    def test_are_written_in_one_place(self) -> None:
        assert importers_of_csv() == {WRITER, READER}
