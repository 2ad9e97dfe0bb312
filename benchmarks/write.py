"""The cost of the rules and guarantees of a borrowing, compared with the unavoidable statements."""

from benchmarks import circulation, orm_reference
from benchmarks.environment import Environment
from benchmarks.figures import Figure, cpu_figure, ratio_figure
from benchmarks.psycopg_reference import PsycopgReference
from benchmarks.rounds import Variant, interleave

COPIES = 80
_BORROW_CPU, _RETURN_CPU = 6.0, 5.0  # limits
_AGAINST = "the same locks and rows by hand (psycopg)"


def measure(environment: Environment, *, rounds: int) -> list[Figure]:
    """Borrow and return the same copies with plain psycopg, with a plain ORM and with the commands."""
    lendings = circulation.create_lendings(copies=COPIES)
    reference = PsycopgReference(environment.database_url)

    def lend_all() -> None:
        circulation.delete_loans()
        circulation.for_each(lendings, reference.borrow)()

    borrowing = interleave(
        [
            Variant(
                name=name,
                run=circulation.for_each(lendings, borrow),
                prepare=circulation.delete_loans,
                check=_check_borrowed,
            )
            for name, borrow in (
                ("hand", reference.borrow),
                ("command", circulation.borrow),
                ("orm", orm_reference.borrow),
            )
        ],
        rounds=rounds,
    )
    returning = interleave(
        [
            Variant(
                name=name,
                run=circulation.for_each(lendings, take_back),
                prepare=lend_all,
                check=_check_returned,
            )
            for name, take_back in (("hand", reference.return_book), ("command", circulation.return_book))
        ],
        rounds=rounds,
    )
    reference.close()
    return [
        ratio_figure(
            borrowing,
            ours="command",
            reference="hand",
            what="borrow command, in process, all rules",
            against=_AGAINST,
            goal=0.50,
            limit=0.35,
        ),
        cpu_figure(
            borrowing,
            ours="command",
            reference="hand",
            what="borrow command, in process, all rules",
            against=_AGAINST,
            limit=_BORROW_CPU,
        ),
        cpu_figure(
            returning,
            ours="command",
            reference="hand",
            what="return command, in process, all rules",
            against=_AGAINST,
            limit=_RETURN_CPU,
        ),
        ratio_figure(
            borrowing,
            ours="command",
            reference="orm",
            what="borrow command, in process, all rules",
            against="the same locks and rows by Django's ORM, no rules",
        ),
        ratio_figure(
            returning,
            ours="command",
            reference="hand",
            what="return command, in process, all rules",
            against=_AGAINST,
        ),
    ]


def _check_borrowed(count: int) -> None:
    circulation.expect(open_loans=count, loans=count, events=count)


def _check_returned(count: int) -> None:
    circulation.expect(open_loans=0, loans=count, events=2 * count)
