"""Downloads for spreadsheets, written while they are sent."""

from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse

from shared_kernel.services.csv_lines import csv_lines

#: Without it a spreadsheet program takes UTF-8 for something else. Programs of other kinds trip over it.
_MARK = "\ufeff"


def csv_file(
    name: str, heads: Sequence[str], rows: Iterable[Iterable[object]], *, marked: bool = True
) -> StreamingHttpResponse:
    """The rows as a file to be saved under this name; `marked` for people, who open it in a spreadsheet."""

    def written() -> Iterable[str]:
        yield _MARK if marked else ""
        yield from csv_lines(heads, rows)

    response = StreamingHttpResponse(written(), content_type="text/csv; charset=utf-8; header=present")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
