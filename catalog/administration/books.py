"""Books in the administration: read-only rows, changed through commands."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.administration.forms import AddBookForm, ReviseBookForm
from catalog.domain.copy import Condition
from catalog.models import BookRow, CopyRow
from catalog.services.commands.add_book import AddBook
from catalog.services.commands.remove_book import RemoveBook
from catalog.services.commands.revise_book import ReviseBook
from catalog.services.search.matches import matches_text
from shared_kernel.web.admin.action_forms import ActionFormAdmin
from shared_kernel.web.admin.base import ReadOnlyAdmin
from shared_kernel.web.form_idempotency import dispatch_form


class BookAdmin(ActionFormAdmin[BookRow]):
    read_scope = "catalog:read"
    write_scope = "catalog:write"
    add_form = AddBookForm
    list_display = ("title", "main_author", "year", "language", "isbn", "copies_here")
    list_filter = ("language",)
    change_list_template = "catalog/admin/books.html"
    search_fields = ("search_text",)
    search_help_text = "Beginnings of words of title, authors and subjects, or an ISBN"
    fields = (
        *("title", "written_by", "isbn_digits", "year", "language", "publisher", "about"),
        *("copies_of_it", "to_do", "added_at", "version", "id"),
    )
    readonly_fields = ("written_by", "isbn_digits", "about", "copies_of_it", "to_do")
    actions = ("remove",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BookRow]:
        """With how many Copies there are of each."""
        here = Count("copies", filter=~Q(copies__condition=Condition.WITHDRAWN))
        number = BookRow.objects.filter(id=OuterRef("id")).order_by().values("id").annotate(here=here)
        return super().get_queryset(request).annotate(copies_here=Subquery(number.values("here")))

    @admin.display(description="Author", ordering=None)
    def main_author(self, row: BookRow) -> str:
        """The first of the authors."""
        return str(row.authors[0])

    @admin.display(description="Authors")
    def written_by(self, row: BookRow) -> str:
        """All authors, the main one first."""
        return "; ".join(row.authors)

    @admin.display(description="ISBN")
    def isbn_digits(self, row: BookRow) -> str:
        """The Book's own ISBN, and those that only find it."""
        return ", ".join(row.isbns) or "none"

    @admin.display(description="Subjects")
    def about(self, row: BookRow) -> str:
        """All subjects."""
        return "; ".join(row.subjects) or "none"

    @admin.display(description="ISBN")
    def isbn(self, row: BookRow) -> str:
        """The Book's own ISBN."""
        return str(row.isbns[0]) if row.isbns else ""

    @admin.display(description="Copies")
    def copies_here(self, row: Any) -> Any:  # the annotated row and its value
        """Those that aren't withdrawn."""
        return row.copies_here

    @admin.display(description="Copies")
    def copies_of_it(self, row: BookRow) -> SafeString | str:
        """Each with its page."""
        copies = CopyRow.objects.filter(book=row)[:100]
        links = (
            (_at(self, "copyrow_change", copy.pk), copy.barcode, copy.condition.replace("_", " "))
            for copy in copies
        )
        return format_html_join(", ", '<a href="{}">{}</a> ({})', links) or "none"

    @admin.display(description="To do")
    def to_do(self, row: BookRow) -> SafeString:
        """The commands for this Book."""
        return format_html(
            '<a href="{}">Revise</a> · <a href="{}?book={}">Add a copy</a>',
            *(_at(self, "bookrow_revise", row.pk), _at(self, "copyrow_add"), row.pk),
        )

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[BookRow], search_term: str
    ) -> tuple[QuerySet[BookRow], bool]:
        """Search as the catalogue does."""
        return (queryset.filter(matches_text(search_term)) if search_term.strip() else queryset), False

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> HttpResponse:
        """The list, with the way to have what it shows as records."""
        sought = {"q": request.GET.get("q", ""), "language": request.GET.get("language", "")}
        asked = urlencode({name: text for name, text in sought.items() if text.strip()})
        exports = {
            "sought": f"{asked}&" if asked else "",
            "exports": [("marc21", "Export as MARC 21"), ("marcxml", "as MARCXML")],
        }
        return super().changelist_view(request, {**exports, **(extra_context or {})})

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:  # the form's values
        """Add the Book."""
        return dispatch_form(request, AddBook(**data))

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and one to revise a Book."""
        view = self.admin_site.admin_view(self.revise_view)
        return [path("<id:id>/revise/", view, name="catalog_bookrow_revise"), *super().get_urls()]

    def revise_view(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """ReviseBook's form."""
        row = self.row_to_change(request, id)
        form = ReviseBookForm(request.POST) if request.method == "POST" else ReviseBookForm.of(row)
        return self.change_by_form(
            request,
            row,
            form,
            lambda values: ReviseBook(book=id, **values),
            title=f"Revise {row.title}",
            done="The book was revised.",
        )

    @admin.action(description="Remove")
    def remove(self, request: HttpRequest, rows: QuerySet[BookRow]) -> None:
        """Remove each of them, with its withdrawn copies."""
        self.run_each(request, rows, lambda row: RemoveBook(book=row.id))


def _at(site: ReadOnlyAdmin[Any], page: str, *arguments: object) -> str:
    return reverse(f"{site.admin_site.name}:catalog_{page}", args=arguments)
