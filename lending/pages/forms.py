"""Forms of the desk and of a patron's own page."""

from django import forms


class LendCopyForm(forms.Form):
    """Lend a copy. `override` lists the refusals to set aside, for the reason in `comment`."""

    patron = forms.CharField(max_length=254, label="Patron's card or email")
    copy = forms.CharField(max_length=64, label="Copy's barcode")
    override = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)
    comment = forms.CharField(max_length=500, required=False, label="Reason for lending anyway")


class ReturnCopyForm(forms.Form):
    """Return a copy."""

    copy = forms.CharField(max_length=64, label="Copy's barcode")


class MyLibraryForm(forms.Form):
    """The loan that a patron renews, or the hold that they cancel."""

    renew = forms.UUIDField(required=False)
    cancel = forms.UUIDField(required=False)
