"""`python -m tests.pictures`: take the README's pictures from a fresh demo library, in Chromium."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.conftest import ROOT
from tests.e2e.make_run import MakeRun

FOLDER = ROOT / "docs" / "pictures"
_SIZE: ViewportSize = {"width": 1100, "height": 860}


def main() -> None:
    """Take every picture. Exits with a sentence if there is no Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        sys.exit("The pictures need Chromium.")
    FOLDER.mkdir(exist_ok=True)
    with MakeRun() as library, sync_playwright() as playwright:
        library.run()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        _take(browser, library)
        browser.close()


def _take(browser: Browser, library: MakeRun) -> None:
    page = browser.new_page(base_url=library.url, viewport=_SIZE)
    page.goto("/?q=history")
    _save(page, "catalogue.png")
    card = _card_with_loans(library)
    page.goto("/login?next=/desk/")
    username, password = library.logins["librarian"]
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/desk/")
    page.goto(f"/desk/?patron={card}")
    _save(page, "desk.png")


def _card_with_loans(library: MakeRun) -> str:
    patron = library.desk.post("/patrons", name="Iris Murdoch", email="iris@example.org", category="premium")
    card = str(patron.json["card_number"])
    for book in library.desk.get("/api/v1/books?available=true").json["results"][:3]:
        [copy, *_] = library.desk.get(f"/api/v1/books/{book['id']}/copies").json["results"]
        library.desk.post("/loans", copy_barcode=copy["barcode"], patron_card=card)
    return card


def _save(page: Page, name: str) -> None:
    target = Path(FOLDER, name)
    page.screenshot(path=target)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KB")  # noqa: T201  it is a command


if __name__ == "__main__":
    main()
