"""What the rules and the promises of a borrowing cost, beyond the statements that it can't do without."""

from benchmarks import by_orm, desk
from benchmarks.by_hand import Hand
from benchmarks.figures import Figure, share
from benchmarks.place import Place
from benchmarks.rounds import Variant, interleave

COPIES = 60
_BY_HAND = "the same locks and rows by hand (psycopg)"


def measure(place: Place, *, rounds: int) -> list[Figure]:
    """Borrow the same copies by hand, by a plain ORM and by the command; give them back likewise."""
    lendings = desk.opened(copies=COPIES)
    hand = Hand(place.database_url)

    def lend_all() -> None:
        desk.clear()
        desk.each(lendings, hand.borrow)()

    borrowing = interleave(
        [
            Variant(name=name, run=desk.each(lendings, borrow), prepare=desk.clear, check=_lent)
            for name, borrow in (("hand", hand.borrow), ("command", desk.borrow), ("orm", by_orm.borrow))
        ],
        rounds=rounds,
    )
    returning = interleave(
        [
            Variant(name=name, run=desk.each(lendings, take_back), prepare=lend_all, check=_returned)
            for name, take_back in (("hand", hand.take_back), ("command", desk.take_back))
        ],
        rounds=rounds,
    )
    hand.close()
    return [
        share(
            borrowing,
            ours="command",
            reference="hand",
            what="borrow command, in process, all rules",
            against=_BY_HAND,
            goal=0.50,
            limit=0.35,
        ),
        share(
            borrowing,
            ours="command",
            reference="orm",
            what="borrow command, in process, all rules",
            against="the same locks and rows by Django's ORM, no rules",
        ),
        share(
            returning,
            ours="command",
            reference="hand",
            what="return command, in process, all rules",
            against=_BY_HAND,
        ),
    ]


def _lent(count: int) -> None:
    desk.expect(open_loans=count, loans=count, events=count)


def _returned(count: int) -> None:
    desk.expect(open_loans=0, loans=count, events=2 * count)
