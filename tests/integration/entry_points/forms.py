"""Forms as a browser has them: read from a page, filled in, and sent as often as somebody clicks."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shared_kernel.web.form_idempotency import KEY_FIELD


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the page at `address`, with the values that it came with and the names of its buttons."""

    address: str
    method: str = "get"
    values: dict[str, Any] = field(default_factory=dict)  # strings, lists of them, and the bytes of files
    buttons: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    @property
    def key(self) -> Any:
        """Its idempotency key, if it has one."""
        return self.values.get(KEY_FIELD)

    def filled(self, **values: Any) -> "Form":
        """The form with these values in it; a button that is pressed counts as one."""
        return replace(self, values={**self.values, **values})

    def send(self, browser: Client) -> Any:
        """Send it. It can be sent again: files are read anew."""
        files = {
            name: SimpleUploadedFile(f"{name}.csv", value)
            for name, value in self.values.items()
            if isinstance(value, bytes)
        }
        return browser.post(self.address, {**self.values, **files})


def forms_on(browser: Client, address: str) -> list[Form]:
    """Every form of a page."""
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer)
    return forms_in(answer.content.decode(), address)


def forms_in(page: str, address: str) -> list[Form]:
    """Every form of a page that came from this address."""
    reader = _Reader(address)
    reader.feed(page)
    return reader.forms


def the_form(forms: list[Form], name: str, value: str | None = None, *, to: str = "") -> Form:
    """The one of these, sent by POST, that has a field or a button of this name (and value)."""
    found = [
        form
        for form in forms
        if form.method == "post"
        and form.address.startswith(to)
        and ((name in form.names and value is None) or any(_matches(form, name, value)))
    ]
    assert len(found) == 1, (name, value, [form.address for form in found])
    return found[0]


def _matches(form: Form, name: str, value: str | None) -> Iterator[bool]:
    yield form.values.get(name) == value and value is not None
    yield any(button == name and value in {None, its} for button, its in form.buttons)


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self._page = address
        self.forms: list[Form] = []
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append(Form(given.get("action") or self._page, given.get("method", "get").lower()))
        elif not self.forms:
            return
        elif tag == "input" and name:
            self._input(given, name)
        elif tag == "button" and name:
            self.forms[-1].buttons.append((name, given.get("value", "")))
        elif tag == "select":
            self._select = name
            self.forms[-1].names.add(name)
        elif tag == "option" and self._select:
            self._option(given)
        elif tag == "textarea":
            self._text = name
            self.forms[-1].names.add(name)
            self.forms[-1].values[name] = ""

    def _input(self, given: dict[str, str], name: str) -> None:
        form, kind, value = self.forms[-1], given.get("type", "text"), given.get("value", "")
        if kind in {"submit", "image"}:
            form.buttons.append((name, value))
            return
        form.names.add(name)
        if kind == "checkbox" and "checked" in given:
            form.values[name] = [*form.values.get(name, []), value]
        elif kind not in {"checkbox", "file", "radio"} or "checked" in given:
            form.values[name] = value

    def _option(self, given: dict[str, str]) -> None:
        if "selected" in given or self._select not in self.forms[-1].values:
            self.forms[-1].values[self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text:
            self.forms[-1].values[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The first line break of a textarea is not part of its value.
            text = self.forms[-1].values[self._text].removeprefix("\n") if self._text else ""
            if self._text:
                self.forms[-1].values[self._text] = text
            self._text = ""
        elif tag == "select":
            self._select = ""
