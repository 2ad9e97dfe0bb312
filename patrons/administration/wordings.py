"""How letters are worded, in the administration: all of them in a table, and one at a time to be edited."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from patrons.domain.language import LANGUAGES
from patrons.domain.notice import KINDS
from patrons.domain.wording import LONGEST_SUBJECT, LONGEST_TEXT
from patrons.models import WordingRow
from patrons.services.commands.revise_wording import ResetWording, ReviseWording
from patrons.services.queries.letters import PreviewLetter
from patrons.services.queries.wordings import GetWording, ListWordings
from patrons.services.wordings import LetterDetails, WordingDetails
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.services.queries import ask
from shared_kernel.web.access import principal
from shared_kernel.web.admin.base import ReadOnlyAdmin, refusals_added_to
from shared_kernel.web.form_idempotency import dispatch_form

Context = dict[str, Any]  # a template's
WRITE: Final = "rules:write"
_LIST = "admin:patrons_wordingrow_changelist"
_EDIT = "admin:patrons_wordingrow_edit"


class WordingForm(forms.Form):
    """A subject and a text, and which version they are to take the place of."""

    subject = forms.CharField(max_length=LONGEST_SUBJECT)
    text = forms.CharField(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 18}), strip=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class WordingAdmin(ReadOnlyAdmin[WordingRow]):
    """The wordings of letters. Managers edit one, look at what it makes, and save it; or go back."""

    read_scope = "patrons:read"

    def get_urls(self) -> list[URLPattern]:
        """The page to edit a wording on, before Django's own, one of which takes any address."""
        view = self.admin_site.admin_view(self.edit_view)
        return [path("<slug:letter>/edit/", view, name="patrons_wordingrow_edit"), *super().get_urls()]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: Context | None = None,  # noqa: ARG002  Django's signature
    ) -> HttpResponse:
        """Every kind of letter, with how it is worded in each language."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        views = ask(ListWordings())
        people = _logins_of(view.own.set_by for view in views if view.own)
        rows = [
            {"kind": _called(kind), "cells": [_cell(view, people) for view in views if view.kind == kind]}
            for kind in KINDS
        ]
        return self._render(request, "wordings", {"rows": rows, "languages": LANGUAGES.values()})

    def edit_view(self, request: HttpRequest, letter: str) -> HttpResponse:
        """One wording in a form with a preview; read-only without the scope to change it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kind, _, language = letter.rpartition("-")
        try:
            view, versions = ask(GetWording(kind=kind, language=language))
        except Refused:
            raise Http404 from None
        form = WordingForm(request.POST or None, initial=_values(view))
        done, preview = self._acted_on(request, form, view)
        if done:
            messages.success(request, done)
            return HttpResponseRedirect(request.path)
        people = _logins_of(each.set_by for each in versions)
        context = {
            "title": f"{_called(kind)}, {LANGUAGES[language]}",
            "form": form,
            "view": view,
            "preview": preview,
            "placeholders": KINDS[kind].placeholders,
            "needs": KINDS[kind].needs,
            "others": [_cell(each, {}) for each in ask(ListWordings()) if each.kind == kind and each != view],
            "versions": [{"own": each, "set_by": people.get(each.set_by, each.set_by)} for each in versions],
        }
        return self._render(request, "wording", context)

    def _acted_on(
        self, request: HttpRequest, form: WordingForm, view: WordingDetails
    ) -> tuple[str, LetterDetails | None]:
        """What was done, if anything was; else what the letter looks like, if it can be made."""
        about = {"kind": view.kind, "language": view.language}
        if request.method != "POST":
            return "", _looking_like(view)
        if not principal(request).may(WRITE):
            raise PermissionDenied
        if "reset" in request.POST:
            version = form.data.get("version", "")
            seen = int(version) if version.isdecimal() and len(version) < 9 else None
            return self._carried_out(
                request, form, ResetWording(**about, version=seen), "The letter is worded as shipped."
            ), None
        if not form.is_valid():
            return "", None
        said = form.cleaned_data
        if "save" in request.POST:
            command = ReviseWording(kind=view.kind, language=view.language, **said)
            return self._carried_out(
                request, form, command, "The wording is saved, and the next letter is worded so."
            ), None
        preview = None
        with refusals_added_to(form):
            preview = ask(PreviewLetter(**about, subject=said["subject"], text=said["text"]))
        return "", preview

    def _carried_out(self, request: HttpRequest, form: WordingForm, command: Command[int], done: str) -> str:
        """`done`, or nothing if the command was refused; the reasons are then errors of the form."""
        form.is_valid()
        is_done = False
        with refusals_added_to(form):
            dispatch_form(request, command)
            is_done = True
        return done if is_done else ""

    def _render(self, request: HttpRequest, template: str, context: Context) -> HttpResponse:
        own: Context = {
            "title": "Wordings of letters",
            "opts": self.opts,
            "may_write": principal(request).may(WRITE),
            "list_address": reverse(_LIST),
        }
        shared = self.admin_site.each_context(request)
        return TemplateResponse(request, f"patrons/admin/{template}.html", shared | own | context)


def _looking_like(view: WordingDetails) -> LetterDetails | None:
    """Its preview; None if it uses facts that letters of this release don't have."""
    said = {"subject": view.wording.subject, "text": view.wording.text}
    try:
        return ask(PreviewLetter(kind=view.kind, language=view.language, **said))
    except Refused:
        return None


def _values(view: WordingDetails) -> Context:
    return {"subject": view.wording.subject, "text": view.wording.text, "version": view.version}


def _called(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def _cell(view: WordingDetails, people: Mapping[str, str]) -> Context:
    return {
        "view": view,
        "language": LANGUAGES[view.language],
        "set_by": view.own and people.get(view.own.set_by, view.own.set_by),
        "address": reverse(_EDIT, args=[f"{view.kind}-{view.language}"]),
    }


def _logins_of(principals: Iterable[str]) -> Mapping[str, str]:
    """What people call each login among those who decided."""
    keys = {int(key) for kind, _, key in (each.partition(":") for each in set(principals)) if kind == "user"}
    names = User.objects.filter(pk__in=keys).values_list("pk", "username")
    return {f"user:{key}": name for key, name in names}
