"""Who did something, as people call them."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User


def usernames_of(principals: Iterable[str]) -> Mapping[str, str]:
    """Each principal as people call it: a login by its name, machines and the system as they are."""
    wanted = set(principals)
    keys = {int(key) for kind, _, key in (each.partition(":") for each in wanted) if kind == "user"}
    names = dict(User.objects.filter(pk__in=keys).values_list("pk", "username"))
    called = {f"user:{key}": name for key, name in names.items()}
    return {each: called.get(each, each) for each in wanted}
