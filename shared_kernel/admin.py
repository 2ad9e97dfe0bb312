"""Registers logins, audit, tokens and circuit breakers with Django's admin."""

from django.contrib import admin
from django.contrib.auth.models import Group, User

from shared_kernel.administration.api_tokens import ApiTokenAdmin
from shared_kernel.administration.audit import AuditEntryAdmin
from shared_kernel.administration.breakers import BreakerAdmin
from shared_kernel.administration.logins import LoginAdmin
from shared_kernel.models import ApiToken, AuditEntry, Breaker

admin.site.unregister([Group, User])  # Django's own write rows; what a role may do is code (access.py)
admin.site.register(User, LoginAdmin)
admin.site.register(AuditEntry, AuditEntryAdmin)
admin.site.register(ApiToken, ApiTokenAdmin)
admin.site.register(Breaker, BreakerAdmin)
