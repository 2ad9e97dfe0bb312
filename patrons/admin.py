"""What of patrons the Django admin shows."""

from django.contrib import admin

from patrons.administration.categories import CategoryAdmin
from patrons.administration.notices import ChannelPauseAdmin, NoticeAdmin
from patrons.administration.patrons import PatronAdmin
from patrons.administration.wordings import WordingAdmin
from patrons.models import CategoryRow, ChannelPauseRow, NoticeRow, PatronRow, WordingRow

admin.site.register(PatronRow, PatronAdmin)
admin.site.register(CategoryRow, CategoryAdmin)
admin.site.register(NoticeRow, NoticeAdmin)
admin.site.register(WordingRow, WordingAdmin)
admin.site.register(ChannelPauseRow, ChannelPauseAdmin)
