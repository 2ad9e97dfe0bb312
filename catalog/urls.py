"""The catalogue's addresses: those below /api/v1, and its pages."""

from django.urls import path

from catalog import pages
from catalog.views.books import BookCopyViewSet, BookViewSet, CopyViewSet
from catalog.views.exports import ExportViewSet
from catalog.views.imports import ImportViewSet, RejectedRecordsViewSet

api_urlpatterns = [
    path("books", BookViewSet.as_view({"get": "list", "post": "create"}), name="books"),
    path(
        "books/<id:id>",
        BookViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="book",
    ),
    path(
        "books/<id:id>/copies",
        BookCopyViewSet.as_view({"get": "list", "post": "create"}),
        name="book-copies",
    ),
    path(
        "copies/<str:barcode>",
        CopyViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="copy",
    ),
    path("exports/books", ExportViewSet.as_view({"get": "books"}), name="export-books"),
    path("imports", ImportViewSet.as_view({"get": "list", "post": "create"}), name="imports"),
    path("imports/<id:id>", ImportViewSet.as_view({"get": "retrieve"}), name="import"),
    path(
        "imports/<id:id>/rejected",
        RejectedRecordsViewSet.as_view({"get": "file"}),
        name="import-rejected",
    ),
    path("imports/<id:id>/revert", ImportViewSet.as_view({"post": "revert"}), name="import-revert"),
]
page_urlpatterns = [
    path("", pages.catalogue, name="catalogue"),
    path("books/<id:id>", pages.book, name="book-page"),
]
