"""`changepassword NAME`, in place of Django's: the change is audited."""

import getpass

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import ChangePassword

_TRIES = 3


class Command(LibraryCommand):
    """Sets a login's password."""

    help = "Set a login's password, which is asked for twice; its sessions end."

    def options(self, parser: CommandParser) -> None:
        """Declare whose."""
        parser.add_argument("username", metavar="NAME", help="the name to log in with")

    def run(self, *, username: str) -> None:
        """Ask for the password and set it."""
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"login_not_found: There is no login {username}.")
        dispatch(ChangePassword(id=user.pk, password=self._new_password(user)))
        self.stdout.write(f"The password of {username} is set.")

    def _new_password(self, user: User) -> str:
        for _ in range(_TRIES):
            password = getpass.getpass("Password: ")
            if password != getpass.getpass("Password (again): "):
                self.stderr.write("The passwords differ. Try again.")
                continue
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
            else:
                return password
        raise CommandError("password_not_set: No valid password was entered.")
