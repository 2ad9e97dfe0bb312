"""Gives a command's plain form the looks of the administration that it is shown in."""

from django import forms
from django.apps import apps
from django.contrib.admin import helpers, widgets


def style_form(form: forms.Form) -> None:
    """Style every widget of the form, for unfold where it is installed."""
    if apps.is_installed("unfold"):
        _dress_for_unfold(form)
        return
    for field in form.fields.values():
        if isinstance(field, forms.DateField):
            field.widget = widgets.AdminDateWidget(attrs=field.widget.attrs)
        elif type(field.widget) is forms.TextInput:
            field.widget.attrs.setdefault("class", "vTextField")


def _dress_for_unfold(form: forms.Form) -> None:
    from unfold import widgets as unfold  # type: ignore[import-untyped]  # it ships no types
    from unfold.forms import AdminForm, Fieldline  # type: ignore[import-untyped]  # it ships no types

    # unfold's templates expect its own fieldsets; it puts them in place in the same manner.
    helpers.AdminForm = AdminForm  # type: ignore[misc]  # see above
    helpers.Fieldline = Fieldline  # type: ignore[misc]  # see above
    classes: dict[type[forms.Widget], list[str]] = {
        forms.CheckboxInput: unfold.CHECKBOX_CLASSES,
        forms.RadioSelect: unfold.RADIO_CLASSES,
        forms.SelectMultiple: unfold.SELECT_CLASSES,
        forms.Select: unfold.SELECT_CLASSES,
        forms.Textarea: unfold.TEXTAREA_CLASSES,
        forms.widgets.Input: unfold.INPUT_CLASSES,
    }
    for field in form.fields.values():
        if isinstance(field, forms.FileField):
            field.widget = unfold.UnfoldAdminFileFieldWidget()
        elif isinstance(field, forms.DateField):
            field.widget = unfold.UnfoldAdminSingleDateWidget()
        elif isinstance(field.widget, forms.CheckboxSelectMultiple):
            field.widget = unfold.UnfoldAdminCheckboxSelectMultipleWidget(choices=field.widget.choices)
        else:
            _style(field.widget, classes)


def _style(widget: forms.Widget, classes: dict[type[forms.Widget], list[str]]) -> None:
    for kind, names in classes.items():
        if isinstance(widget, kind):
            widget.attrs.setdefault("class", " ".join(names))
            return
