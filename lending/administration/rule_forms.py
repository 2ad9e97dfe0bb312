"""Forms of circulation rules. They only parse; the domain decides which values are possible."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from lending.domain.loan_terms import RULE_VALUES
from lending.domain.rule_values import FLAG, NO_LIMIT, RuleValue
from lending.services.rule_details import ExplainedValue, RuleRef
from shared_kernel.domain.errors import Refused

_YES, _NO = "yes", "no"
_INHERITED: Final = ("", "inherited")


def format_value(value: RuleValue | None) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return _YES if value else _NO
    return "–" if value is None else "no limit" if value == NO_LIMIT else str(value)


def rule_label(rule: RuleRef) -> str:
    """A rule by its dimensions, such as "EAST / premium / dvd"."""
    parts = [part for part in (rule.branch, rule.category, rule.item_type) if part is not None]
    return " / ".join(parts) or "everything"


class RuleSelectionForm(forms.Form):
    """Selects a rule, or the loans to explain. An empty field stands for all."""

    branch = forms.CharField(required=False, empty_value=None, max_length=20)
    category = forms.CharField(required=False, empty_value=None, max_length=32)
    item_type = forms.CharField(required=False, empty_value=None, max_length=40, label="Item type")

    def __init__(
        self, *args: Any, branches: Mapping[str, str], categories: Mapping[str, str]
    ) -> None:  # Django's
        super().__init__(*args)
        for name, choices in (("branch", branches), ("category", categories)):
            self.fields[name].widget = forms.Select(choices=[("", "all"), *choices.items()])
        self.fields["item_type"].widget.attrs["placeholder"] = "all, or for example dvd"


class RuleValuesForm(forms.Form):
    """The values of one rule, where an empty field inherits, and the reason for changing them."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, required=False, help_text="Kept in the rule's history.")

    def __init__(
        self, *args: Any, inherited: Mapping[str, ExplainedValue], **kwargs: Any
    ) -> None:  # Django's
        super().__init__(*args, **kwargs)
        for name, value in RULE_VALUES.items():
            field = _field(name)
            field.label = value.label
            field.widget.attrs |= {"aria-label": value.label, "title": value.help}
            if name in inherited:
                field.widget.attrs["placeholder"] = format_value(inherited[name].value)
            self.fields[name] = field

    @property
    def values(self) -> dict[str, object]:
        """The values that the command takes."""
        return {name: _parse(name, text) for name in RULE_VALUES if (text := self.cleaned_data[name])}

    def add_refusals(self, refused: Refused) -> None:
        """Add each refusal to the field that it is about."""
        for each in refused.refusals:
            field = each.params.get("name")
            self.add_error(str(field) if field in RULE_VALUES else None, each.detail)


def initial_values(values: Mapping[str, RuleValue]) -> dict[str, str]:
    """A rule's values as the text of the form's fields."""
    return {
        name: (_YES if value else _NO) if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


def _field(name: str) -> forms.Field:
    value = RULE_VALUES[name].type
    choices = (_YES, _NO) if value is FLAG else value.choices
    if choices:
        return forms.ChoiceField(
            choices=[_INHERITED, *((choice, choice) for choice in choices)], required=False
        )
    return forms.CharField(max_length=12, required=False)


def _parse(name: str, text: str) -> object:
    value = RULE_VALUES[name].type
    if value is FLAG:
        return text == _YES
    return int(text) if text.isdecimal() and value.accepts(int(text)) else text
