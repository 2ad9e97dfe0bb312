"""What a list of the administration may be asked: what it offers itself, in reasonable amounts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignObject, ManyToManyField, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:

    class ModelAdmin:
        """Stands for the one that RestrictedLookups is mixed into."""

        def __class_getitem__(cls, _model):  # noqa: ANN001, ANN204  invisible to the type checker
            return cls


#: A search becomes a condition for each word, and SQLite refuses an expression of a thousand.
MOST_WORDS = 20
LONGEST_SEARCH = 500
#: What Django's filters of a field add to its name.
_BY_FILTERS = ("", "__exact", "__isnull", "__gte", "__lt", "__isempty")
_BY_DATES = ("__year", "__month", "__day")


class SafeChangeList(ChangeList):
    """Django's list, for which a date beyond the calendar is as wrong as the 32nd of a month."""

    def get_filters(self, request: HttpRequest) -> Any:  # Django's five
        """The filters that apply. Raises IncorrectLookupParameters."""
        try:
            return super().get_filters(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error


class RestrictedLookups(ModelAdmin[M]):
    """Lets a list be narrowed by its own filters alone.

    Django would let every column be asked about (`?password__startswith=`), shown or not. `extra_lookups`
    are those that no filter offers, but a link of another page uses.
    """

    extra_lookups: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002  Django passes it
        """Whether one of the list's filters asks so."""
        return lookup in self.extra_lookups or lookup in set(self._offered(request))

    def _offered(self, request: HttpRequest) -> Iterator[str]:
        for each in self.get_list_filter(request):
            if isinstance(each, type):
                yield getattr(each, "parameter_name", "")
                continue
            name = str(each[0] if isinstance(each, tuple | list) else each)
            yield from (f"{name}{end}" for end in _BY_FILTERS)
            field = self.opts.get_field(name)
            if isinstance(field, ForeignObject | ManyToManyField):
                yield f"{name}__{field.target_field.name}__exact"
        if self.date_hierarchy:
            yield from (f"{self.date_hierarchy}{end}" for end in _BY_DATES)

    def get_changelist(self, request: HttpRequest, **_kwargs: Any) -> type[ChangeList]:  # noqa: ARG002  Django passes it
        """The list that this page shows."""
        return SafeChangeList

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # a template's
    ) -> HttpResponse:
        """The list; for a search of too many words, all rows and a word about it."""
        sought = request.GET.get("q", "")
        if len(sought) > LONGEST_SEARCH or len(sought.split()) > MOST_WORDS:
            said = f"Search for {MOST_WORDS} words and {LONGEST_SEARCH} characters at most."
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)
