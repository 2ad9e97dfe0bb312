"""Lists of the administration show what they offer to show: no foreign column is asked by the back door."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from shared_kernel.web.admin.base import ReadOnlyAdmin
from tests.factories import a_copy, a_loan
from tests.integration.entry_points.conftest import Visit

pytestmark = pytest.mark.django_db

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
#: Their page is a table of its own, which takes no such parameters.
NO_LISTS = {"lending.circulationrulerow", "lending.reportrow", "patrons.wordingrow", "shared_kernel.breaker"}
LISTS = [model for model in REGISTERED if model._meta.label_lower not in NO_LISTS]
LOOKUPS = (
    "",
    "exact",
    "iexact",
    "startswith",
    "contains",
    "regex",
    "gt",
    "lte",
    "in",
    "range",
    "isnull",
    "year",
)
HOSTILE = (
    *("", "0000", "-1", "x", "%00", "%ED%A0%80", "9" * 400, "1e400", "2026-13-45", "9999-12-31"),
    *(quote("a b " * 1000), "a%22" * 300, ",".join(["1"] * 2000)),
)
OF_EVERY_LIST = ("q", "o", "p", "all", "e", "_to_field", "_popup", "_facets", "nonsense")


def address_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def offered(shown: Any) -> set[str]:
    """The parameters that the filters of a list say they take."""
    request = as_root()
    filters = shown.get_changelist_instance(request).filter_specs
    return {name for each in filters for name in each.expected_parameters()}


def foreign_lookups(model: type[Model], *, depth: int = 1, prefix: str = "") -> Iterator[str]:
    for field in model._meta.get_fields(include_hidden=True):
        name = f"{prefix}{getattr(field, 'attname', field.name) if not field.is_relation else field.name}"
        yield from (f"{name}__{lookup}".removesuffix("__") for lookup in LOOKUPS)
        if field.is_relation and depth and isinstance(field.related_model, type):
            yield from foreign_lookups(field.related_model, depth=depth - 1, prefix=f"{name}__")


def as_root() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="superuser")
    return request


@pytest.fixture
def root(visit: Visit) -> Client:
    a_loan(copy_barcode=a_copy().barcode)
    return visit("superuser")


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label_lower)
class TestAList:
    def test_answers_no_lookup_that_none_of_its_filters_offers(
        self, model: type[Model], root: Client
    ) -> None:
        shown = admin.site._registry[model]
        request = as_root()
        may_be_asked = offered(shown) | _of_columns(shown) | _of_dates(shown) | set(_linked(shown))
        foreign = set(foreign_lookups(model)) - may_be_asked
        assert not [each for each in foreign if shown.lookup_allowed(each, "1", request)]
        if model in LISTS:
            for each in sorted(foreign)[:: max(1, len(foreign) // 5)]:
                assert root.get(f"{address_of(model)}?{each}=1").status_code == 400, each

    def test_answers_every_lookup_that_its_filters_offer(self, model: type[Model], root: Client) -> None:
        shown = admin.site._registry[model]
        request = as_root()
        assert not [each for each in offered(shown) if not shown.lookup_allowed(each, "1", request)]

    def test_survives_hostile_parameters(self, model: type[Model], root: Client) -> None:
        shown = admin.site._registry[model]
        names = [*OF_EVERY_LIST, *sorted(offered(shown) | _of_dates(shown) | set(_linked(shown)))]
        for place, name in enumerate(names):
            for value in HOSTILE if name in {"q", "o", "p"} else HOSTILE[place % 3 :: 3]:
                answer = root.get(f"{address_of(model)}?{name}={value}")
                assert answer.status_code in {200, 302, 400, 422}, (name, value[:50], answer.status_code)

    def test_survives_hostile_dates(self, model: type[Model], root: Client) -> None:
        day = getattr(admin.site._registry[model], "date_hierarchy", None) or "nothing"
        for numbers in (
            "9999-12-31",
            "9999-12-",
            "9999--",
            "1-1-1",
            "0-0-0",
            "2026-2-30",
            "-5-5",
            "--31",
            "x-y-z",
        ):
            query = "&".join(
                f"{day}__{part}={value}"
                for part, value in zip(("year", "month", "day"), numbers.split("-"), strict=True)
                if value
            )
            answer = root.get(f"{address_of(model)}?{query}")
            assert answer.status_code in {200, 302, 400, 422}, (query, answer.status_code)

    def test_survives_hostile_choices_of_rows(self, model: type[Model], root: Client) -> None:
        shown = admin.site._registry[model]
        for key in ("x", "\x00", "\ud800", "9" * 400):
            for action in (*[str(it) for it in shown.actions or ()], "delete_selected", "x" * 500):
                sent = {"action": action, "_selected_action": [key] * 3, "index": key, "select_across": key}
                encoded = urlencode(sent, doseq=True, errors="surrogatepass")
                kind = "application/x-www-form-urlencoded"
                answer = root.post(address_of(model), encoded, content_type=kind)
                assert answer.status_code < 500, (action, key, answer.status_code)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label_lower)
@pytest.mark.parametrize("page", ["add/?{}", "{}/change/", "{}/history/", "choices/?{}"])
def test_a_page_of_a_row_survives_hostile_addresses(model: type[Model], page: str, root: Client) -> None:
    for value in HOSTILE:
        asked = (
            f"term={value}&page={value}&_to_field={value}&_popup={value}&book={value}"
            if "?" in page
            else value
        )
        answer = root.get(f"{address_of(model)}{page.format(asked)}")
        assert answer.status_code in {200, 302, 400, 403, 404, 405, 414, 422}, (
            value[:50],
            answer.status_code,
        )


@pytest.mark.parametrize(
    "page", ["search/?s={}", "search/?s={}&page={}&extended=1", "autocomplete/?term={}", "jsi18n/?{}"]
)
def test_the_front_of_the_administration_survives_hostile_addresses(page: str, root: Client) -> None:
    for value in HOSTILE:
        answer = root.get("/admin/" + page.format(value, value))
        assert answer.status_code in {200, 302, 400, 403, 404, 422}, (value[:50], answer.status_code)


def test_the_operator_reads_no_hash_of_a_password(visit: Visit) -> None:
    User.objects.create_user("ada", password="correct horse battery")
    for name, rows in (
        ("password__startswith=argon2", "auth/user"),
        ("digest__startswith=a", "shared_kernel/apitoken"),
    ):
        assert visit("operator").get(f"/admin/{rows}/?{name}").status_code == 400


def test_every_list_is_one_that_knows_what_may_be_asked(settings: Any) -> None:
    assert isinstance(admin.site, AdminSite)
    assert all(isinstance(shown, ReadOnlyAdmin) for shown in admin.site._registry.values())


def test_a_search_of_too_many_words_says_so(root: Client) -> None:
    answer = root.get("/admin/catalog/bookrow/", {"q": "word " * 2000}, follow=True)
    assert answer.status_code == 200
    assert "20 words" in answer.content.decode()


def _of_columns(shown: Any) -> set[str]:
    """What is as good as a filter's own parameter: the same column, the same question."""
    names = [each[0] if isinstance(each, tuple) else each for each in shown.list_filter]
    ends = ("", "__exact", "__isnull", "__gte", "__lt", "__isempty")
    return {f"{name}{end}" for name in names if isinstance(name, str) for end in ends}


def _of_dates(shown: Any) -> set[str]:
    day = shown.date_hierarchy
    return {f"{day}__{part}" for part in ("year", "month", "day")} if day else set()


def _linked(shown: Any) -> tuple[str, ...]:
    return tuple(getattr(shown, "extra_lookups", ()))
