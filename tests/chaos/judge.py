"""The judge: what was answered, committed, delivered and sent must come out even once the faults are over."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from library_project.subscriptions import SUBSCRIPTIONS
from tests.chaos.installation import Installation
from tests.chaos.workload import Asked
from tests.e2e.observation import BORROWED, RETURNED, plain
from tests.services.daemon import wait_until

#: After the last cure, events are delivered within so many seconds, and letters sent within so many more:
#: one whose sender was killed is settled after half a minute, one that failed waits for its next attempt.
DELIVERED_WITHIN = 45.0
SENT_WITHIN = 75.0


@dataclass(slots=True)
class Verdict:
    """What the judge found. `violations` must be empty; `ambiguous` are notices for a person to look at."""

    violations: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)

    def demand(self, holds: bool, otherwise: str) -> None:
        """Note a violation unless it holds."""
        if not holds:
            self.violations.append(otherwise)


class Judge:
    """Looks past the product, into its database."""

    def __init__(self, library: Installation) -> None:
        self._library = library

    def judge(self, asked: Sequence[Asked]) -> Verdict:
        """Wait until all is quiet, within bounds, then compare."""
        verdict = Verdict()
        for what, left, within in (
            ("delivered", self._undelivered, DELIVERED_WITHIN),
            ("sent", self._unsent, SENT_WITHIN),
        ):
            began = monotonic()
            in_time = wait_until(lambda left=left: not left(), seconds=within)  # type: ignore[misc]
            verdict.facts[f"seconds until all was {what}"] = round(monotonic() - began, 1)
            verdict.demand(in_time, f"not {what} within {within:.0f} s: {left()}")
        for check in (self._answers, self._deliveries, self._effects, self._letters, self._versions):
            check(verdict, asked)
        self._invariants(verdict)
        return verdict

    def last_committed(self) -> int:
        """The highest number of an event so far."""
        return self._number("SELECT max(id) FROM outbox_outboxmessage")

    def missing(self, *, up_to: int) -> dict[str, int]:
        """How many of the events up to this number are still on their way, by where they are awaited."""
        committed = f"SELECT count(*) FROM outbox_outboxmessage m WHERE m.id <= {up_to} AND"
        missing = {"unpublished": f"{committed} published_at IS NULL"}
        for consumer, types in SUBSCRIPTIONS.items():
            heard = ", ".join(f"'{type_}'" for type_ in types)
            receipt = f"outbox_inboxreceipt r WHERE r.consumer = '{consumer}' AND r.event_id = m.event_id"
            missing[f"not received by {consumer}"] = (
                f"{committed} type IN ({heard}) AND NOT EXISTS (SELECT FROM {receipt})"
            )
        counts = {name: self._number(query) for name, query in missing.items()}
        return {name: count for name, count in counts.items() if count}

    def _undelivered(self) -> dict[str, int]:
        return self.missing(up_to=self.last_committed())

    def _unsent(self) -> int:
        return self._number("SELECT count(*) FROM patrons_noticerow WHERE state IN ('queued', 'sending')")

    def _answers(self, verdict: Verdict, asked: Sequence[Asked]) -> None:
        """Every answered success is committed, and every command has one effect at most."""
        loans = self._ids("SELECT id FROM lending_loan")
        returned = self._ids(f"SELECT aggregate_id FROM outbox_outboxmessage WHERE type = '{RETURNED}'")
        holds = self._ids("SELECT id FROM lending_hold")
        for each in asked:
            if not each.succeeded or each.answer is None:
                continue
            body = each.answer.json
            if each.what in {"borrow", "hold"}:
                known = plain(body["id"]) in (loans if each.what == "borrow" else holds)
                verdict.demand(known, f"answered, but not committed: {each.what} {body['id']}")
            elif each.what == "return" and body["loan"]:
                id_ = body["loan"]["id"]
                verdict.demand(plain(id_) in returned, f"answered, but not committed: return of {id_}")
        refused = Counter(
            f"{each.what}: refused, {each.answer.json['code']}"
            for each in asked
            if each.answer is not None and not each.succeeded
        )
        verdict.facts |= refused
        before = 2  # the debtors' loans
        counts = {
            "borrow": len(loans) - before,
            "hold": len(holds),
            "pay": self._number("SELECT count(*) FROM lending_ledger_entry WHERE kind = 'payment'"),
        }
        for what, count in counts.items():
            sure = sum(each.succeeded for each in asked if each.what == what)
            open_ = sum(each.answer is None for each in asked if each.what == what)
            verdict.facts[f"{what}: answered"] = sure
            verdict.demand(
                sure <= count <= sure + open_,
                f"{what}: {sure} answered and {open_} without an answer, but {count} committed",
            )
        for what in ("borrow", "return", "pay"):
            done = any(each.succeeded for each in asked if each.what == what)
            verdict.demand(done, f"nothing was proved: no {what} was ever answered")
        unanswered = [each for each in asked if each.answer is None]
        verdict.demand(not unanswered, f"without an answer at last: {[each.what for each in unanswered]}")

    def _deliveries(self, verdict: Verdict, _asked: Sequence[Asked]) -> None:
        """Committed ⊆ delivered ⊆ committed, once each, and in order for each aggregate."""
        events = {
            plain(id_): (type_, plain(subject), version)
            for id_, type_, subject, version in self._library.rows(
                "SELECT event_id, type, aggregate_id, aggregate_version FROM outbox_outboxmessage"
            )
        }
        for consumer, types in SUBSCRIPTIONS.items():
            received = [
                plain(id_)
                for (id_,) in self._library.rows(
                    f"SELECT event_id FROM outbox_inboxreceipt WHERE consumer = '{consumer}' ORDER BY id"
                )
            ]
            wanted = Counter(id_ for id_, (type_, _, _) in events.items() if type_ in types)
            verdict.demand(
                Counter(received) == wanted,
                f"{consumer}: {len(wanted)} events for it, {len(received)} received",
            )
            verdict.violations += out_of_order(consumer, received, events)
        quarantined = self._number("SELECT count(*) FROM outbox_quarantinedmessage")
        verdict.demand(quarantined == 0, f"{quarantined} events in quarantine")
        verdict.facts["events"] = len(events)

    def _effects(self, verdict: Verdict, _asked: Sequence[Asked]) -> None:
        """Each borrowing is counted once, each event has one notice."""
        borrowed = self._number(f"SELECT count(*) FROM outbox_outboxmessage WHERE type = '{BORROWED}'")
        counted = self._number("SELECT sum(count) FROM catalog_borrowingcountrow")
        verdict.demand(borrowed == counted, f"{borrowed} borrowings, {counted} counted by the catalogue")
        told = self._ids("SELECT event_id FROM patrons_noticerow")
        for type_ in (BORROWED, RETURNED):
            owed = self._ids(f"SELECT event_id FROM outbox_outboxmessage WHERE type = '{type_}'")
            verdict.demand(owed <= told, f"{len(owed - told)} of {type_} without a notice")

    def _letters(self, verdict: Verdict, _asked: Sequence[Asked]) -> None:
        """At most one letter a notice; exactly one for each that was accepted."""
        letters = Counter(plain(notice) for notice in self._library.sendgrid.notices)
        twice = [notice for notice, count in letters.items() if count > 1]
        verdict.demand(not twice, f"sent twice: {twice}")
        states = {
            plain(id_): state for id_, state in self._library.rows("SELECT id, state FROM patrons_noticerow")
        }
        verdict.facts |= {f"notices {state}": count for state, count in Counter(states.values()).items()}
        verdict.ambiguous = sorted(id_ for id_, state in states.items() if state == "ambiguous")
        for id_, state in states.items():
            verdict.demand(state != "accepted" or letters[id_] == 1, f"accepted, but no letter: {id_}")
            verdict.demand(state != "failed", f"failed for no fault of its own: {id_}")
        verdict.demand(set(letters) <= set(states), "a letter for no notice")

    def _versions(self, verdict: Verdict, _asked: Sequence[Asked]) -> None:
        gaps = self._library.rows(
            "SELECT aggregate_id FROM outbox_outboxmessage GROUP BY aggregate_id "
            "HAVING min(aggregate_version) <> 1 OR max(aggregate_version) <> count(*)"
        )
        verdict.demand(not gaps, f"versions with gaps: {gaps}")

    def _invariants(self, verdict: Verdict) -> None:
        try:
            verdict.facts["invariants that hold"] = json.loads(
                self._library.system.manage("check_invariants", "--json")
            )["holding"]
        except subprocess.CalledProcessError as broken:
            verdict.violations.append(f"{broken.stdout}{broken.stderr}"[-2000:])

    def _ids(self, query: str) -> set[str]:
        return {plain(id_) for (id_,) in self._library.rows(query)}

    def _number(self, query: str) -> int:
        [(number,)] = self._library.rows(query)
        return int(number or 0)


def out_of_order(
    consumer: str, received: Sequence[str], events: dict[str, tuple[str, str, int]]
) -> Iterator[str]:
    """What a consumer received after a later version of the same aggregate; `events` by id, as committed."""
    latest: dict[str, int] = {}
    for id_ in received:
        if id_ not in events:
            continue
        _, subject, version = events[id_]
        if version < latest.get(subject, 0):
            yield f"{consumer}: version {version} of {subject} came after version {latest[subject]}"
        latest[subject] = max(version, latest.get(subject, 0))
