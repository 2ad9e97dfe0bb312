"""Registers what lending shows in the Django admin."""

from django.contrib import admin

from lending.administration.branches import BranchAdmin
from lending.administration.circulation_rules import CirculationRuleAdmin
from lending.administration.holds import HoldAdmin
from lending.administration.in_house_uses import InHouseUseAdmin
from lending.administration.loans import LoanAdmin
from lending.administration.reports import ReportAdmin
from lending.administration.returns import ReturnAdmin
from lending.models import (
    BranchRow,
    CirculationRuleRow,
    HoldRow,
    InHouseUseRow,
    LoanRow,
    ReportRow,
    ReturnRow,
)

admin.site.register(LoanRow, LoanAdmin)
admin.site.register(ReturnRow, ReturnAdmin)
admin.site.register(InHouseUseRow, InHouseUseAdmin)
admin.site.register(HoldRow, HoldAdmin)
admin.site.register(CirculationRuleRow, CirculationRuleAdmin)
admin.site.register(ReportRow, ReportAdmin)
admin.site.register(BranchRow, BranchAdmin)
