"""An administration of its own, whose tokens are made and revoked by commands."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from outbox.unit_of_work import transaction_with_outbox
from shared_kernel import urls as kernel_urls
from shared_kernel.bootstrap import handlers
from shared_kernel.models import ApiToken
from shared_kernel.services.bus import Bus
from shared_kernel.services.tokens import IssueToken, RevokeToken
from shared_kernel.web.admin.base import CommandAdmin
from shared_kernel.web.admin.site import LibraryAdminSite
from shared_kernel.web.form_idempotency import dispatch_form

bus = Bus.of(handlers(), transaction=transaction_with_outbox)


class TokenForm(forms.Form):
    name = forms.CharField()
    scopes = forms.MultipleChoiceField(choices=[("operations", "Operations"), ("nonsense", "Nonsense")])
    days = forms.IntegerField(initial=30)
    kind = forms.ChoiceField(choices=[("a", "A")], required=False)
    note = forms.CharField(widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(required=False)
    since_on = forms.DateField(required=False)
    letter = forms.FileField(required=False)


class TokenAdmin(CommandAdmin[ApiToken]):
    read_scope = "operations"
    write_scope = ("override", "rules:write")
    add_form = TokenForm
    actions = ("revoke",)
    list_display = ("name", "revoked_at")

    def add(self, request: HttpRequest, data: dict[str, Any]) -> object:
        command = IssueToken(name=data["name"], scopes=tuple(data["scopes"]), days=data["days"])
        return dispatch_form(request, command)

    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        self.run_each(request, [*tokens, ApiToken()], lambda row: RevokeToken(id=row.id))


site = LibraryAdminSite(name="desk_admin")
site.register(ApiToken, TokenAdmin)

admin.autodiscover()
urlpatterns = [*kernel_urls.urlpatterns, path("admin/", admin.site.urls), path("desk-admin/", site.urls)]
