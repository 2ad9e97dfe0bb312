"""A day at the library, for Locust: people look at the catalogue, and now and then somebody borrows.

    LOAD_TOKEN=… locust --headless --locustfile tests/load/locustfile.py --host http://127.0.0.1:8000 \\
        --users 200 --spawn-rate 20 --run-time 2m

The token needs all scopes of a desk (tests/e2e/api_client.py). Seven percent of the requests write. Anything
but the expected response is a failure, and so is the exit status.
"""

import os
import random

from locust import HttpUser, between, task

from tests.e2e.api_client import ApiClient

WORDS = ("the hobbit", "middlemarch", "history", "tolk", "art of", "notes")


class Visitor(HttpUser):
    """Browses mostly; has a card and a copy in hand to borrow, as if everybody came with a book."""

    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        """Register, and add a book: not measured."""
        desk = ApiClient(self.host or "", os.environ["LOAD_TOKEN"])
        self.patron = desk.register()
        [self.barcode] = desk.add_copies()
        self.client.headers["Authorization"] = f"Bearer {os.environ['LOAD_TOKEN']}"

    @task(4)
    def browse(self) -> None:
        """From the front page to a book, by a search: six reads."""
        self.client.get("/", name="/")
        words = random.choice(WORDS)
        self.client.get("/", params={"q": words}, name="/?q=")
        found = self.client.get("/api/v1/books", params={"q": words}, name="/api/v1/books?q=").json()
        page = self.client.get("/api/v1/books", params={"page_size": 20}, name="/api/v1/books").json()
        book = random.choice(found["results"] or page["results"])["id"]
        self.client.get(f"/books/{book}", name="/books/{id}")
        self.client.get(f"/api/v1/books/{book}", name="/api/v1/books/{id}")

    @task
    def borrow(self) -> None:
        """At the desk: may they, what have they, lend it, look, take it back: three reads and two writes."""
        wanted = {"patron_card": self.patron.card, "copy_barcode": self.barcode}
        self.client.get("/api/v1/eligibility", params=wanted, name="/api/v1/eligibility")
        self.client.get(f"/api/v1/patrons/{self.patron.id}/profile", name="/api/v1/patrons/{id}/profile")
        loan = self.client.post("/api/v1/loans", json=wanted, name="/api/v1/loans").json()
        self.client.get(f"/api/v1/loans/{loan['id']}", name="/api/v1/loans/{id}")
        self.client.post("/api/v1/returns", json={"copy_barcode": self.barcode}, name="/api/v1/returns")
