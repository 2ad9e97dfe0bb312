"""The forms of the rule matrix: strings in, a rule's values out; what may be is the domain's to say."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from lending.domain.loan_terms import RULE_VALUES
from lending.domain.rule_values import FLAG, NO_LIMIT, RuleValue
from lending.services.rule_details import ExplainedValue, RuleRef
from shared_kernel.domain.errors import Refused

_YES, _NO = "yes", "no"
_INHERITED: Final = ("", "inherited")


def shown(value: RuleValue | None) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return _YES if value else _NO
    return "–" if value is None else "no limit" if value == NO_LIMIT else str(value)


def called(rule: RuleRef) -> str:
    """A rule by what it speaks of."""
    parts = [part for part in (rule.branch, rule.category, rule.item_type) if part is not None]
    return " / ".join(parts) or "everything"


class RuleChoice(forms.Form):
    """Which rule, or which loans, are meant; what is left empty is all, or any other."""

    branch = forms.CharField(required=False, empty_value=None, max_length=20)
    category = forms.CharField(required=False, empty_value=None, max_length=32)
    item_type = forms.CharField(required=False, empty_value=None, max_length=40, label="Item type")

    def __init__(
        self, *args: Any, branches: Mapping[str, str], categories: Mapping[str, str]
    ) -> None:  # Django's
        super().__init__(*args)
        for name, choices in (("branch", branches), ("category", categories)):
            self.fields[name].widget = forms.Select(choices=[("", "all"), *choices.items()])
        self.fields["item_type"].widget.attrs["placeholder"] = "all, or such as dvd"


class RuleValuesForm(forms.Form):
    """The values of one row, each left empty to inherit; and why they change."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, required=False, help_text="Kept in the rule's history.")

    def __init__(
        self, *args: Any, inherited: Mapping[str, ExplainedValue], **kwargs: Any
    ) -> None:  # Django's
        super().__init__(*args, **kwargs)
        for name, value in RULE_VALUES.items():
            field = _field(name)
            field.label = value.label
            giver = inherited.get(name)
            field.widget.attrs |= {"aria-label": value.label, "title": value.help}
            if giver is not None:
                field.widget.attrs["placeholder"] = shown(giver.value)
            self.fields[name] = field

    @property
    def values(self) -> dict[str, object]:
        """The values as the command takes them."""
        return {name: _read(name, text) for name in RULE_VALUES if (text := self.cleaned_data[name])}

    def tell(self, refused: Refused) -> None:
        """Put each refusal beside the field that it is about."""
        for each in refused.refusals:
            field = each.params.get("name")
            self.add_error(str(field) if field in RULE_VALUES else None, each.detail)


def written(values: Mapping[str, RuleValue]) -> dict[str, str]:
    """A row's values as the form has them."""
    return {
        name: (_YES if value else _NO) if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


def _field(name: str) -> forms.Field:
    value = RULE_VALUES[name].type
    words = (_YES, _NO) if value is FLAG else value.choices
    if words:
        return forms.ChoiceField(choices=[_INHERITED, *((word, word) for word in words)], required=False)
    return forms.CharField(max_length=12, required=False)


def _read(name: str, text: str) -> object:
    value = RULE_VALUES[name].type
    if value is FLAG:
        return text == _YES
    return int(text) if text.isdecimal() and value.accepts(int(text)) else text
