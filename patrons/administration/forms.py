"""The forms of the commands that the administration gives."""

from typing import Any

from django import forms

from patrons.domain.language import LANGUAGES
from patrons.domain.notice import OPTIONAL
from patrons.domain.privacy import Privacy
from patrons.models import CategoryRow, PatronRow


def _categories() -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in CategoryRow.objects.all()]


def _kinds() -> list[tuple[str, str]]:
    return [(kind, kind.replace("_", " ").capitalize()) for kind in OPTIONAL]


def language_field() -> forms.ChoiceField:
    """The choice of a language of letters; none is the library's."""
    choices = [("", "The library's"), *LANGUAGES.items()]
    return forms.TypedChoiceField(
        choices=choices, required=False, empty_value=None, label="Language of letters"
    )


def _birth_date() -> forms.DateField:
    return forms.DateField(required=False, help_text="Left empty, it is unknown.")


class RegistrationForm(forms.Form):
    """RegisterPatron, to be filled in."""

    name = forms.CharField()
    email = forms.CharField(strip=False)
    category = forms.ChoiceField(choices=_categories, initial="regular")
    card_number = forms.CharField(
        required=False, empty_value=None, help_text="Left empty, a new number is drawn."
    )
    expires_on = forms.DateField(required=False, help_text="The last day; left empty, it never ends.")
    home_branch = forms.CharField(required=False, empty_value=None, help_text="A branch's code.")
    language = language_field()
    birth_date = _birth_date()


class ContactForm(forms.Form):
    """UpdateContact, to be filled in for one patron."""

    name = forms.CharField()
    email = forms.CharField(strip=False)
    home_branch = forms.CharField(required=False, empty_value=None, help_text="A branch's code.")
    language = language_field()
    birth_date = _birth_date()
    declined_notices = forms.MultipleChoiceField(
        choices=_kinds, required=False, widget=forms.CheckboxSelectMultiple, label="Letters to do without"
    )
    privacy = forms.ChoiceField(
        choices=[(each.value, each.value.capitalize()) for each in Privacy],
        label="Past loans are remembered as theirs",
        help_text="Default: as long as the library does; for ever; or never, once they are returned.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def values_of(row: PatronRow) -> dict[str, Any]:  # as various as the fields
        """What the form shows before anything is changed."""
        return {name: getattr(row, name) for name in ContactForm.base_fields}

    def clean_declined_notices(self) -> tuple[str, ...]:
        """The kinds, as the command takes them."""
        return tuple(self.cleaned_data["declined_notices"])


class BlockForm(forms.Form):
    """SuspendPatron or AddBlock, to be filled in for all selected patrons."""

    reason = forms.CharField()
    until = forms.DateField(required=False, help_text="The last day; left empty, until reinstated.")


class LiftForm(forms.Form):
    """LiftBlock, to be filled in for one patron; whether there is such a block, the command says."""

    block = forms.UUIDField(widget=forms.Select)

    def offer(self, row: PatronRow) -> None:
        """Let one choose among the patron's blocks."""
        blocks = [(each["id"], f"{each['reason']} ({each['until'] or 'no end'})") for each in row.blocks]
        self.fields["block"].widget = forms.Select(choices=blocks)


class RenewalForm(forms.Form):
    """RenewMembership, to be filled in for all selected patrons."""

    expires_on = forms.DateField(
        required=False, help_text="Left empty: a year on from its end or, if that is past, from today."
    )


class ChangeCategoryForm(forms.Form):
    """ChangeCategory, to be filled in for all selected patrons."""

    category = forms.ChoiceField(choices=_categories)


class ErasureForm(forms.Form):
    """ErasePatron, to be filled in for all selected patrons."""

    comment = forms.CharField(
        label="Reason",
        help_text="Without name, address or card: it stays in the audit. Nothing brings them back.",
    )


class CategoryForm(forms.Form):
    """DefineCategory, to be filled in."""

    code = forms.CharField(help_text="What rules name it by. With a code that exists, the name is changed.")
    name = forms.CharField()
