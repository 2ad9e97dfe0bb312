"""Addresses of the desk and of a patron's own pages."""

from django.urls import path

from lending.pages.desk import change_at_desk, desk, pay_at_desk
from lending.pages.my_library import my_library
from lending.pages.statements import own_statement, statement_at_desk

urlpatterns = [
    path("desk/", desk, name="desk"),
    path("desk/pay/<id:patron>", pay_at_desk, name="desk-pay"),
    path("desk/statement/<id:patron>", statement_at_desk, name="desk-statement"),
    path("desk/<slug:what>/<id:id>", change_at_desk, name="desk-change"),
    path("my/statement", own_statement, name="my-statement"),
    path("my/", my_library, name="my-library"),
]
