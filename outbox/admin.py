"""Registers event delivery with Django's admin."""

from django.contrib import admin

from outbox.administration import InboxEntryAdmin, OutboxMessageAdmin, QuarantinedMessageAdmin
from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage

admin.site.register(OutboxMessage, OutboxMessageAdmin)
admin.site.register(InboxEntry, InboxEntryAdmin)
admin.site.register(QuarantinedMessage, QuarantinedMessageAdmin)
