"""What of the catalogue the Django admin shows."""

from django.contrib import admin

from catalog.administration.books import BookAdmin
from catalog.administration.borrowing_counts import BorrowingCountAdmin
from catalog.administration.copies import CopyAdmin
from catalog.administration.imports import ImportAdmin
from catalog.models import BookRow, BorrowingCountRow, CopyRow, ImportRow

admin.site.register(BookRow, BookAdmin)
admin.site.register(CopyRow, CopyAdmin)
admin.site.register(ImportRow, ImportAdmin)
admin.site.register(BorrowingCountRow, BorrowingCountAdmin)
