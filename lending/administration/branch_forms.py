"""Forms of branches and their closures."""

from calendar import day_name
from typing import Final

from django import forms

from lending.domain.branch_details import LONGEST_CODE, LONGEST_NAME, time_zones
from shared_kernel.domain.errors import Refused

_WEEKDAYS: Final = list(enumerate(day_name))


def _time_zone_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(time_zones())]


class AddBranchForm(forms.Form):
    """Add a branch."""

    code = forms.CharField(
        max_length=LONGEST_CODE,
        help_text="Printed on labels and used in rules. Letters A-Z, digits, _ and -, for example EAST.",
    )
    name = forms.CharField(max_length=LONGEST_NAME)
    time_zone = forms.ChoiceField(
        choices=_time_zone_choices,
        initial="UTC",
        help_text="Opening days and due dates follow this time zone.",
    )
    closed_weekdays = forms.TypedMultipleChoiceField(
        choices=_WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Closed every",
    )


class AddClosureForm(forms.Form):
    """Close a branch for some days."""

    first_on = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(max_length=200)

    def add_refusals(self, refused: Refused) -> None:
        """Add each refusal to the field that it is about."""
        for each in refused.refusals:
            self.add_error("last_on" if each.pointer == "/to" else None, each.detail)
