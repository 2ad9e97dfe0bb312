"""Password validators for patrons."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator

from patrons.models import PatronRow

_ATTRIBUTES = ("card_number", "name", "email")


class PatronSimilarityValidator:
    """Rejects passwords similar to the card number, name or address of the login's patron."""

    def __init__(self) -> None:
        self._similarity = UserAttributeSimilarityValidator(user_attributes=_ATTRIBUTES)

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raises ValidationError if it is too similar."""
        patron = PatronRow.objects.filter(login_id=user.pk).first() if user and user.pk else None
        if patron:
            self._similarity.validate(password, patron)  # type: ignore[arg-type]  # it reads attributes of anything

    def get_help_text(self) -> str:
        """What a form says about it."""
        return "Your password can’t be too similar to your card number, your name or your address."
