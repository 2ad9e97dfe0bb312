"""The catalogue's routes below /api/v1."""

from django.urls import path

from catalog.api.books import BookViewSet
from catalog.api.copies import BookCopyViewSet, CopyViewSet
from catalog.api.exports import ExportViewSet
from catalog.api.imports import ImportViewSet, RejectedRecordsViewSet

urlpatterns = [
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
