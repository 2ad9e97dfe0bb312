"""The routes of the catalogue's pages."""

from django.urls import path

from catalog.pages import catalogue

urlpatterns = [
    path("", catalogue.catalogue, name="catalogue"),
    path("books/<id:id>", catalogue.book, name="book-page"),
]
