"""The routes of patrons' pages."""

from django.urls import path

from patrons.pages import letters, passwords

urlpatterns = [
    path("my/letters", letters.my_letters, name="my-letters"),
    path("password", passwords.ask_for_link, name="password"),
    path("password/<str:login>/<str:token>", passwords.set_password, name="password-link"),
]
