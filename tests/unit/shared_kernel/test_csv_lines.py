import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest

from shared_kernel.services.csv_lines import csv_lines, without_guard

FORMULAS = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\n=1", " =1", "\u200b=1", "\ufeff=1", "\u00a0-1"]
FORMULAS += ["＝1", "＋1", "－1", "＠x", "\u3000＝1", "﹢1"]


class TestALineOfCsv:
    @pytest.mark.parametrize("cell", FORMULAS)
    def test_begins_no_cell_as_a_formula(self, cell: str) -> None:
        lines = csv_lines([cell], [[cell]])
        assert list(csv.reader(StringIO("".join(lines), newline=""))) == [[f"'{cell}"]] * 2

    @pytest.mark.parametrize("cell", [*FORMULAS, "O'Hara", "'tis", "''", "'", "", "a=b", "1984"])
    def test_is_read_as_it_was_written(self, cell: str) -> None:
        (_, line) = csv_lines(["text"], [[cell, "x"]])
        ((read, _),) = csv.reader(StringIO(line, newline=""))
        assert without_guard(read) == cell

    def test_keeps_what_is_harmless_and_quotes_what_must_be(self) -> None:
        (_, line) = csv_lines(["a", "b", "c"], [['say "so", then', "two\nlines", "a=b"]])
        assert line == '"say ""so"", then","two\nlines",a=b\r\n'

    def test_writes_numbers_and_instants_as_they_are(self) -> None:
        instant = datetime(2024, 1, 15, 10, tzinfo=UTC)
        (_, line) = csv_lines(["a", "b", "c", "d"], [[-3, Decimal("-0.25"), instant, None]])
        assert line == "-3,-0.25,2024-01-15T10:00:00Z,\r\n"

    def test_is_written_only_when_it_is_asked_for(self) -> None:
        def rows() -> object:
            yield ["first"]
            raise AssertionError("too early")

        lines = csv_lines(["head"], rows())  # type: ignore[arg-type]  # a generator that never goes on
        assert [next(lines), next(lines)] == ["head\r\n", "first\r\n"]
