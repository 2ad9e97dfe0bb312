"""Fields of the administration in which one finds a row by searching, or says at once which it is."""

from typing import ClassVar, TypeVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse_lazy

from shared_kernel.web.admin.base import ReadOnlyAdmin

M = TypeVar("M", bound=Model)
_PAGE = 20
_LONGEST_SEARCH = 200
_LONGEST_NUMBER = 3


class AutocompleteAdmin(ReadOnlyAdmin[M]):
    """Rows among which forms let people choose; `choice_key` names the column that a form is given."""

    choice_key: ClassVar[str]

    def choice_text(self, row: M) -> str:
        """What a row is called in the list to choose from."""
        return str(row)

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and what a form asks while somebody types."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_choices"
        return [
            path("choices/", self.admin_site.admin_view(self.choices_view), name=name),
            *super().get_urls(),
        ]

    def choices_view(self, request: HttpRequest) -> JsonResponse:
        """The rows that a search finds, a page at a time, for the script of the field."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        term = request.GET.get("term", "")[:_LONGEST_SEARCH]
        start = _PAGE * (_page_number(request.GET.get("page", "")) - 1)
        rows, _may_repeat = self.get_search_results(request, self.get_queryset(request), term)
        found = list(rows[start : start + _PAGE + 1])
        results = [
            {"id": getattr(row, self.choice_key), "text": self.choice_text(row)} for row in found[:_PAGE]
        ]
        answer = JsonResponse({"results": results, "pagination": {"more": len(found) > _PAGE}})
        answer["Cache-Control"] = "no-store"
        return answer


def _page_number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return max(1, int(text)) if is_number else 1


class AutocompleteInput(forms.TextInput):
    """A field that suggests rows of a AutocompleteAdmin while somebody types; `choices` names its address."""

    class Media:
        js = ("choosing.js",)
        css: ClassVar = {"all": ("choosing.css",)}

    def __init__(self, choices: str) -> None:
        super().__init__(attrs={"data-choices": reverse_lazy(choices)})
