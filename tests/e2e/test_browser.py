"""What people see and click, in a real browser."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.api_client import Patron
from tests.e2e.make_run import MakeRun

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("make run")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's own Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        message = "no Chromium is installed"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, made: MakeRun) -> Iterator[Page]:
    """A window of its own, in which no script fails, nothing is blocked and nothing comes from elsewhere."""
    with chromium.new_context(base_url=made.url, viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(10_000)
        window = context.new_page()
        complaints: list[str] = []
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        window.on(
            "request", lambda asked: None if asked.url.startswith(made.url) else complaints.append(asked.url)
        )
        yield window
        assert complaints == []


def log_in(page: Page, made: MakeRun, role: str) -> None:
    username, password = made.logins[role]
    page.goto("/login?next=/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("/")


def serious_issues(page: Page) -> list[str]:
    """What axe-core finds on the page that keeps people from using it."""
    found = Axe().run(page).response["violations"]
    grave = [issue for issue in found if issue["impact"] in {"serious", "critical"}]
    return [f"{issue['id']}: {node['html']}" for issue in grave for node in issue["nodes"]]


def is_drawn(page: Page, chart: str) -> None:
    drawn = page.get_by_role("img", name=re.compile(chart)).locator("canvas")
    expect(drawn).to_be_visible()
    page.wait_for_function(
        "it => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some(Boolean)",
        arg=drawn.element_handle(),
    )


class TestTheCatalogue:
    def test_finds_a_book_by_the_words_of_its_title_and_opens_it(self, page: Page, made: MakeRun) -> None:
        made.desk.add_copies(title="Observations upon an Éclipse")
        page.goto("/")
        page.get_by_label("Title, author, subject or ISBN").fill("eclipse observat")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Observations upon an Éclipse").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Observations upon an Éclipse")
        expect(page.get_by_text("On the shelf")).to_be_visible()

    def test_says_so_when_nothing_is_found(self, page: Page) -> None:
        page.goto("/?q=qwxyzzy")
        expect(page.get_by_text("No book has all of these words")).to_be_visible()

    def test_fits_a_telephone(self, page: Page) -> None:
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto("/")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


class TestEverybodysPages:
    @pytest.mark.parametrize("path", ["/", "/login", "/books/{id}"])
    def test_have_no_serious_obstacle(self, page: Page, made: MakeRun, path: str) -> None:
        [book, *_] = made.desk.get("/api/v1/books").json["results"]
        page.goto(path.format(id=book["id"]))
        assert serious_issues(page) == []


class TestTheApisDocumentation:
    def test_shows_every_operation_without_help_from_elsewhere(self, page: Page) -> None:
        page.goto("/docs")
        expect(page.get_by_role("heading", name="Library circulation")).to_be_visible(timeout=30_000)
        expect(page.locator(".opblock-summary-path", has_text="/api/v1/loans").first).to_be_visible()

    def test_has_no_serious_obstacle_closed_or_open(self, page: Page) -> None:
        page.goto("/docs")
        lending = page.locator(".opblock-post", has=page.locator('[data-path="/api/v1/loans"]'))
        expect(lending).to_be_visible(timeout=30_000)  # each process makes the schema once
        assert serious_issues(page) == []
        lending.locator(".opblock-summary-control").click()
        expect(lending.locator(".responses-table").first).to_be_visible()
        assert serious_issues(page) == []


class TestTheApiAsPages:
    @pytest.mark.parametrize("path", ["/api/v1/books", "/api/v1/books/{id}", "/api/v1/loans"])
    def test_have_no_serious_obstacle(self, page: Page, made: MakeRun, path: str) -> None:
        [book, *_] = made.desk.get("/api/v1/books").json["results"]
        log_in(page, made, "librarian")
        page.goto(path.format(id=book["id"]))
        expect(page.locator(".response-info")).to_be_visible()
        assert serious_issues(page) == []

    def test_send_a_form_once_however_often_it_is_submitted(self, page: Page, made: MakeRun) -> None:
        title = f"Sent twice {secrets.token_hex(4)}"
        log_in(page, made, "librarian")
        page.goto("/api/v1/books")
        body = page.get_by_label("Content:")
        body.fill(json.dumps({"title": title, "authors": ["Ada Lovelace"]}))
        with page.expect_response(lambda answer: answer.request.method == "POST") as first:
            body.evaluate("field => { $(field.form).submit(); $(field.form).submit(); }")
        assert first.value.status == 201
        expect(page.locator(".response-info")).to_contain_text("HTTP 201 Created")
        page.wait_for_load_state("networkidle")
        assert len(made.desk.get(f"/api/v1/books?q={title.replace(' ', '+')}").json["results"]) == 1


class TestTheCirculationDesk:
    def test_lends_a_copy_and_takes_it_back(self, page: Page, made: MakeRun) -> None:
        [barcode], patron = made.desk.add_copies(title="A desk copy"), made.desk.register()
        log_in(page, made, "librarian")
        page.goto("/desk/")
        assert serious_issues(page) == []
        lend = page.locator("form", has=page.get_by_role("button", name="Lend"))
        lend.get_by_label("Patron's card or email").fill(patron.card)
        lend.get_by_label("Copy's barcode").fill(barcode)
        lend.get_by_role("button", name="Lend").click()
        expect(page.get_by_role("status").get_by_text("A desk copy")).to_be_visible()
        back = page.locator("form", has=page.get_by_role("button", name="Return"))
        back.get_by_label("Copy's barcode").fill(barcode)
        back.get_by_role("button", name="Return").click()
        expect(page.get_by_role("status").get_by_text("A desk copy")).to_be_visible()
        assert made.desk.get(f"/api/v1/copies/{barcode}").json["state"] == "free"

    def test_takes_one_payment_where_enter_is_pressed_twice(self, page: Page, made: MakeRun) -> None:
        patron = owing_for_a_lost_copy(made)
        log_in(page, made, "librarian")
        page.goto(f"/desk/?patron={patron.card}")
        owed = Decimal(page.get_by_label("Payment").input_value())
        sent: list[str] = []
        page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
        page.get_by_label("Payment").fill("4.00")
        # Both before the page can change: the browser gives the first request up and sends the second.
        page.get_by_label("Payment").evaluate(
            "field => { field.form.requestSubmit(); setTimeout(() => field.form.requestSubmit(), 0) }"
        )
        expect(page.get_by_role("status").get_by_text("Payment taken.")).to_be_visible()
        expect(page.get_by_label("Payment")).to_have_value(str(owed - 4))
        assert len(sent) == 2


def owing_for_a_lost_copy(made: MakeRun) -> Patron:
    """A patron who has lost a copy of 10.00, and may owe a fee beside it."""
    [barcode], patron = made.desk.add_copies(), made.desk.register()
    book = made.desk.get(f"/api/v1/copies/{barcode}").json["book"]
    barcode = f"{barcode}-LOST"
    price = {"amount": "10.00", "currency": "EUR"}
    added = made.desk.post(f"/books/{book}/copies", barcode=barcode, item_type="book", price=price)
    assert added.status == 201
    loan = made.desk.lend(barcode, patron)
    assert made.desk.post(f"/loans/{loan}/declare-lost").status == 200
    return patron


class TestALoan:
    def test_fits_a_telephone(self, page: Page, made: MakeRun) -> None:
        [barcode], patron = (
            made.desk.add_copies(title="A copy with a rather long title"),
            made.desk.register(),
        )
        made.desk.lend(barcode, patron)
        log_in(page, made, "librarian")
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(f"/desk/?patron={patron.card}")
        expect(page.get_by_role("button", name="Renew")).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


class TestTheFirstPageOfTheAdministration:
    def test_draws_its_charts(self, page: Page, made: MakeRun) -> None:
        made.desk.lend(made.desk.add_copies()[0], made.desk.register())
        log_in(page, made, "librarian")
        page.goto("/admin/")
        is_drawn(page, "Loans per day")
        assert serious_issues(page) == []


class TestReports:
    def test_have_a_chart_a_list_and_a_file(self, page: Page, made: MakeRun) -> None:
        made.desk.lend(made.desk.add_copies()[0], made.desk.register())
        log_in(page, made, "librarian")
        page.goto("/admin/lending/reportrow/")
        page.get_by_role("link", name="Use by month and category").click()
        is_drawn(page, "regular")
        expect(page.get_by_role("cell", name="regular").first).to_be_visible()
        assert serious_issues(page) == []
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as CSV").click()
        assert "month,category,loans" in download.value.path().read_text()


class TestATimeline:
    def test_is_reached_from_the_loan(self, page: Page, made: MakeRun) -> None:
        [barcode], patron = made.desk.add_copies(title="A travelled copy"), made.desk.register()
        loan = made.desk.lend(barcode, patron)
        log_in(page, made, "manager")
        page.goto(f"/admin/lending/loanrow/{loan}/change/")
        page.get_by_role("link", name="All that happened").click()
        expect(page.get_by_role("rowheader", name="Borrow book")).to_be_visible()
        assert serious_issues(page) == []


class TestAStatement:
    def test_is_on_paper_without_what_is_for_the_screen(self, page: Page, made: MakeRun) -> None:
        patron = made.desk.register()
        log_in(page, made, "librarian")
        page.goto(f"/desk/?patron={patron.card}")
        page.get_by_role("link", name="Statement of account").click()
        expect(page.get_by_text(patron.card)).to_be_visible()
        assert serious_issues(page) == []
        page.emulate_media(media="print")
        expect(page.get_by_role("navigation")).to_be_hidden()
        expect(page.get_by_role("link", name="Download as CSV")).to_be_hidden()
        expect(page.get_by_text(patron.card)).to_be_visible()


class TestLendingInTheAdministration:
    def test_lends_a_copy_and_says_so(self, page: Page, made: MakeRun) -> None:
        [barcode], patron = made.desk.add_copies(), made.desk.register()
        self.lend(page, made, barcode, patron.card)
        page.wait_for_url("**/admin/lending/loanrow/")
        expect(page.get_by_text(re.compile("was added"))).to_be_visible()
        expect(page.get_by_text(barcode)).to_be_visible()

    def test_finds_patron_and_copy_while_one_types(self, page: Page, made: MakeRun) -> None:
        [barcode], patron = made.desk.add_copies(title="Zanzibar & Beyond"), made.desk.register()
        log_in(page, made, "librarian")
        page.goto("/admin/lending/loanrow/add/")
        page.get_by_label("Copy's barcode").press_sequentially("beyond zanz")
        page.get_by_role("option", name="Zanzibar & Beyond").click()
        expect(page.get_by_label("Copy's barcode")).to_have_value(barcode)
        page.get_by_label("Patron's card").press_sequentially(patron.card[:-1])
        expect(page.get_by_role("option", name=patron.card)).to_be_visible()
        assert serious_issues(page) == []
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Patron's card")).to_have_value(patron.card)
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/lending/loanrow/")
        expect(page.get_by_text(barcode)).to_be_visible()

    def test_goes_on_to_the_copy_when_a_card_was_scanned(self, page: Page, made: MakeRun) -> None:
        [barcode], patron = made.desk.add_copies(), made.desk.register()
        log_in(page, made, "librarian")
        page.goto("/admin/lending/loanrow/add/")
        page.get_by_label("Patron's card").focus()
        for scanned in (patron.card, barcode):
            page.keyboard.type(scanned)
            page.keyboard.press("Enter")
        page.wait_for_url("**/admin/lending/loanrow/")
        expect(page.get_by_text(barcode)).to_be_visible()

    def test_tells_every_reason_of_a_refusal_and_no_success(self, page: Page, made: MakeRun) -> None:
        [barcode], other, blocked = made.desk.add_copies(), made.desk.register(), made.desk.register()
        made.desk.lend(barcode, other)
        made.desk.post(f"/patrons/{blocked.id}/suspend", reason="unpaid bill")
        reasons = [error["detail"] for error in made.desk.borrow(barcode, blocked).json["errors"]]
        assert len(reasons) == 2
        self.lend(page, made, barcode, blocked.card)
        for reason in reasons:
            expect(page.get_by_text(reason)).to_be_visible()
        expect(page.get_by_text(re.compile("was added|successfully"))).to_have_count(0)
        assert serious_issues(page) == []

    def lend(self, page: Page, made: MakeRun, barcode: str, card: str) -> None:
        log_in(page, made, "librarian")
        page.goto("/admin/lending/loanrow/add/")
        page.get_by_label("Patron's card").fill(card)
        page.get_by_label("Copy's barcode").fill(barcode)
        page.locator("[name=_save]").click()
