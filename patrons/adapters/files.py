"""Letters as files, where there is no mail service: one file a message."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path
from uuid import UUID

from django.core.mail import EmailMessage

from patrons.services.mail import Letter, MailServiceFailure


def letter_file(folder: Path, notice: UUID) -> Path:
    """Where the letter of a notice is."""
    return folder / f"{notice}.eml"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMailer:
    """Writes each letter into `folder`, as a mail program would read it; the text alone, for people."""

    folder: Path
    sender: str

    @property
    def setting(self) -> str:
        """No service judges it."""
        return "files"

    def guarded(self) -> AbstractContextManager[None]:
        """Nothing to guard: there is no service behind it."""
        return nullcontext()

    def send(self, letter: Letter) -> str:
        """Write the letter, under its notice's id; complete or not at all. Raises MailServiceFailure."""
        file = letter_file(self.folder, letter.notice)
        message = EmailMessage(letter.subject, letter.text, self.sender, [_addressed(letter)])
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(".part")
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.replace(file)
        except OSError as error:
            raise MailServiceFailure(
                f"the file can't be written: {type(error).__name__}", sent=False
            ) from None
        return file.name


def _addressed(letter: Letter) -> str:
    local, _, domain = letter.email.partition("@")
    return str(Address(letter.name, username=local, domain=domain))
