"""The logins of patrons: Django's users, each named in its patron's row."""

from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from patrons.models import PatronRow
from patrons.services.commands.set_password import LinkInvalid, PasswordTooWeak
from shared_kernel.services.logins import PATRON


class _LinkTokens(PasswordResetTokenGenerator):
    """Good once, for settings.PASSWORD_RESET_TIMEOUT seconds, and as long as the patron's address stays."""

    key_salt = "patrons.password_link"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        address = PatronRow.objects.filter(login=user).values_list("email", flat=True).first()
        return f"{super()._make_hash_value(user, timestamp)}{address}"


_tokens = _LinkTokens()


def link_path(login_id: int) -> str | None:
    """The path of a new link to set this login's password; None if it has more than a patron's rights."""
    user = User.objects.filter(pk=login_id).first()
    if user is None or not _is_a_patrons(user):
        return None
    return f"/password/{urlsafe_base64_encode(force_bytes(user.pk))}/{_tokens.make_token(user)}"


class DjangoLogins:
    """Logins of patrons. Those of staff get no password links and are not erased."""

    def link(self, login_id: int, *, patron: UUID) -> bool:
        """Link a login to this patron; False if either is linked already."""
        if PatronRow.objects.filter(login_id=login_id).exists():
            return False
        return bool(PatronRow.objects.filter(id=patron, login=None).update(login_id=login_id))

    def of(self, patron: UUID) -> int | None:
        """The login of this patron, if there is one."""
        return PatronRow.objects.filter(id=patron).values_list("login_id", flat=True).first()

    def open(self, *, patron: UUID, name: str) -> None:
        """Create a login of that name for a patron who has none. It has no password yet.

        Hashing a generated one would take noticeable time and so reveal that there is such a patron.
        """
        taken = User.objects.filter(username__iexact=name).exists()
        user = User.objects.create_user(f"patron-{patron}" if taken else name)
        group, _ = Group.objects.get_or_create(name=PATRON)
        user.groups.add(group)
        self.link(user.pk, patron=patron)

    def set_password(self, *, login: str, token: str, password: str) -> None:
        """Set the password of the login that a link names. Raises LinkInvalid and PasswordTooWeak."""
        user = _user_of_link(login, token, lock=True)
        if user is None:
            raise LinkInvalid
        try:
            validate_password(password, user)
        except ValidationError as weak:
            raise PasswordTooWeak(problems=" ".join(weak.messages)) from None
        user.set_password(password)
        user.save(update_fields=["password"])

    def is_valid_link(self, *, login: str, token: str) -> bool:
        """Whether a password can be set by this link."""
        return _user_of_link(login, token) is not None

    def erase(self, patron: UUID) -> None:
        """Anonymise and disable the patron's login. A login of staff is kept."""
        login_id = self.of(patron)
        user = None if login_id is None else User.objects.select_for_update().get(pk=login_id)
        if user is None or not _is_a_patrons(user, active=None):
            return
        user.username, user.is_active, user.last_login = f"erased-{user.pk}", False, None
        user.first_name = user.last_name = user.email = ""
        user.set_unusable_password()  # no session outlives its password
        user.save()
        user.groups.clear()
        logged = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User))
        logged.filter(object_id=str(user.pk)).update(object_repr=user.username, change_message="")


def _user_of_link(login: str, token: str, *, lock: bool = False) -> User | None:
    try:
        login_id = int(urlsafe_base64_decode(login).decode("ascii"))
    except ValueError:
        return None
    users = User.objects.select_for_update() if lock else User.objects.all()
    user = users.filter(pk=login_id).first() if 0 < login_id < 2**31 else None
    return user if user and _is_a_patrons(user) and _tokens.check_token(user, token) else None


def _is_a_patrons(user: User, *, active: bool | None = True) -> bool:
    """Whether the login has only the patron's own rights, so that a link in the patron's mail may open it."""
    roles = set(user.groups.values_list("name", flat=True))
    only_a_patrons = roles <= {PATRON} and not user.is_staff and not user.is_superuser
    return only_a_patrons and (active is None or user.is_active is active)
