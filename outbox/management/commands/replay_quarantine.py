"""Replays quarantined messages."""

from argparse import ArgumentParser
from typing import Any

from outbox.quarantine import ListQuarantine, ReplayQuarantine
from shared_kernel.domain.errors import Refusal, Refused
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask


class SomeReplaysFailed(Refusal):
    code = "still_unhandled"
    message = "{failed} of {tried} messages failed again and stay in quarantine."


class Command(LibraryCommand):
    help = "Replay quarantined messages; without arguments, list them."

    def options(self, parser: ArgumentParser) -> None:
        """Messages by id, or all."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "ids", nargs="*", type=int, default=[], metavar="ID", help="id of a message in quarantine"
        )
        which.add_argument("--all", action="store_true", dest="all_", help="every message in quarantine")

    def run(self, *, ids: list[int], all_: bool, **_: Any) -> None:
        """Replay the messages, or list the quarantine."""
        if not ids and not all_:
            self._list()
            return
        reasons = {id_: self._replay(id_) for id_ in (ids or [each.id for each in ask(ListQuarantine())])}
        if self.as_json:
            self.answer(
                [{"id": id_, "replayed": not reason, "reason": reason} for id_, reason in reasons.items()]
            )
        else:
            rows = ((id_, reason or "replayed") for id_, reason in reasons.items())
            self.table("Message", "Outcome", rows=rows, empty="Nothing is in quarantine.")
        if failed := sum(1 for reason in reasons.values() if reason):
            raise SomeReplaysFailed(failed=failed, tried=len(reasons))

    def _replay(self, id_: int) -> str:
        try:
            dispatch(ReplayQuarantine(message=id_))
        except Refused as refused:
            return str(refused)
        return ""

    def _list(self) -> None:
        quarantined = ask(ListQuarantine())
        if self.as_json:
            self.answer(quarantined)
        else:
            rows = ((each.id, each.consumer, each.type, each.event, each.reason) for each in quarantined)
            self.table(
                "Message", "Context", "Type", "Event", "Reason", rows=rows, empty="Nothing is in quarantine."
            )
