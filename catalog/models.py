"""The catalogue's tables. Each rule of the domain has its last line here, as a named constraint."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from catalog.domain.copy import Condition
from catalog.domain.import_states import FileFormat, ImportState


class BookRow(models.Model):
    """A Book. `sort_key`, `year_key`, `search_text` and `fingerprint` follow from the other columns.

    `popularity` follows from how often it was borrowed, and is no part of the Book's version.
    """

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=500)
    authors = models.JSONField(help_text="Names, the first being the main author.")
    isbns = models.JSONField(help_text="13 digits each; the first is the Book's, the others only find it.")
    year = models.SmallIntegerField(null=True)
    language = models.CharField(max_length=35, blank=True)
    publisher = models.CharField(max_length=500, blank=True)
    subjects = models.JSONField()
    sort_key = models.CharField(max_length=200, help_text="The folded title, compared byte by byte.")
    year_key = models.SmallIntegerField(help_text="The year, or -10000 where nobody knows it.")
    search_text = models.TextField(help_text="Folded words, one blank between two.")
    fingerprint = models.CharField(max_length=32, help_text="Hash of title, authors, year and publisher.")
    popularity = models.SmallIntegerField(
        default=0, help_text="100 × log₂(1 + borrowings of the last twelve months), a few seconds late."
    )
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = "book"
        ordering = ("sort_key", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="catalog_book_has_a_title"),
            models.CheckConstraint(condition=~Q(authors=[]), name="catalog_book_has_an_author"),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(-9999, 9999)),
                name="catalog_book_year_plausible",
            ),
        )
        indexes = (
            models.Index(fields=["sort_key", "id"], name="catalog_book_by_title"),
            models.Index(fields=["added_at", "id"], name="catalog_book_by_addition"),
            models.Index(fields=["year_key", "id"], name="catalog_book_by_year"),
            models.Index(fields=["language", "sort_key", "id"], name="catalog_book_by_language"),
            models.Index(fields=["fingerprint"], name="catalog_book_by_fingerprint"),
        )

    def __str__(self) -> str:
        return self.title


class IsbnRow(models.Model):
    """An ISBN of a Book, its own or a further one: no two Books share any."""

    isbn = models.CharField(max_length=13)
    book = models.ForeignKey(BookRow, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "ISBN"
        constraints = (
            models.UniqueConstraint(fields=["isbn"], name="catalog_one_book_per_isbn"),
            models.CheckConstraint(condition=Exact(Length("isbn"), 13), name="catalog_isbn_has_13_digits"),
        )

    def __str__(self) -> str:
        return self.isbn


class WordRow(models.Model):
    """A folded word that some Book has, for mending misspelt searches. Compared byte by byte."""

    word = models.CharField(max_length=64)
    length = models.PositiveSmallIntegerField()
    reversed = models.CharField(max_length=64)
    skeleton = models.CharField(max_length=64, help_text="Without vowels and doubled letters.")

    class Meta:
        verbose_name = "word"
        constraints = (models.UniqueConstraint(fields=["word"], name="catalog_each_word_once"),)
        indexes = (
            models.Index(fields=["length", "word"], name="catalog_word_by_beginning"),
            models.Index(fields=["length", "reversed"], name="catalog_word_by_end"),
            models.Index(fields=["skeleton"], name="catalog_word_by_skeleton"),
        )

    def __str__(self) -> str:
        return self.word


class CopyRow(models.Model):
    """A Copy. Whether it is lent is not known here: that is a question to lending."""

    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    book = models.ForeignKey(BookRow, on_delete=models.PROTECT, related_name="copies")
    barcode = models.CharField(max_length=40)
    item_type = models.CharField(max_length=40)
    branch = models.CharField(max_length=20)
    condition = models.CharField(max_length=14, choices=[(each.value, each.value) for each in Condition])
    condition_reason = models.CharField(max_length=500, blank=True, default="", verbose_name="reason")
    price_minor = models.BigIntegerField(
        null=True, help_text="Replacement price in the currency's smallest unit."
    )
    price_currency = models.CharField(max_length=3, blank=True)

    free_text = ("condition_reason",)

    class Meta:
        verbose_name = "copy"
        verbose_name_plural = "copies"
        ordering = ("barcode",)
        constraints = (
            models.UniqueConstraint(fields=["barcode"], name="catalog_one_copy_per_barcode"),
            models.CheckConstraint(condition=~Q(barcode=""), name="catalog_copy_has_a_barcode"),
            models.CheckConstraint(
                condition=Q(condition__in=[each.value for each in Condition]),
                name="catalog_copy_condition_known",
            ),
            models.CheckConstraint(
                condition=Q(price_minor__isnull=True, price_currency="")
                | (Q(price_minor__isnull=False, price_minor__gte=0) & ~Q(price_currency="")),
                name="catalog_copy_price_whole",
            ),
        )

    def __str__(self) -> str:
        return self.barcode


class SourceRecordRow(models.Model):
    """A record of an imported file and the Book that it became, or was merged into.

    It lets the same file be imported again without effect: `key` finds the record of an earlier import,
    `digest` tells whether it has changed since, and (`last_import`, `number`) keeps two records of one file
    from becoming the same Book.
    """

    book = models.ForeignKey(BookRow, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(
        max_length=32, help_text="Hash of the record's own id or, without one, its fingerprint."
    )
    digest = models.CharField(max_length=32, help_text="Hash of all that the record said when last imported.")
    last_import = models.UUIDField()
    number = models.PositiveIntegerField(
        help_text="The record's place in the file of the last import, from 1."
    )

    class Meta:
        verbose_name = "imported record"
        indexes = (models.Index(fields=["key"], name="catalog_source_by_key"),)

    def __str__(self) -> str:
        return self.key


class ImportRow(models.Model):
    """A file being imported or reverted. Bookkeeping: it records no events."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200, verbose_name="file")
    format = models.CharField(max_length=7, choices=[(each.value, each.value) for each in FileFormat])
    encoding = models.CharField(max_length=40, blank=True)
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    total = models.PositiveIntegerField(null=True, help_text="About how many records the file holds.")
    in_database = models.BooleanField(help_text="Whether the file is kept here until it is imported.")
    state = models.CharField(max_length=9, choices=[(each.value, each.value) for each in ImportState])
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    handled = models.PositiveIntegerField(default=0, help_text="Number of the last record dealt with.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    copies = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0, help_text="Books that a revert has removed.")
    kept = models.PositiveIntegerField(default=0, help_text="Books that a revert has left.")
    failure = models.CharField(max_length=500, blank=True)
    claim = models.UUIDField(null=True, help_text="Of the worker that goes on with it.")
    claimed_until = models.DateTimeField(null=True)

    free_text = ("name", "failure")

    class Meta:
        verbose_name = "import"
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["created_at", "id"], name="catalog_import_newest"),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "running", "reverting"]),
                name="catalog_import_waiting",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[each.value for each in ImportState]), name="catalog_import_state_known"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ImportPartRow(models.Model):
    """A piece of an imported file, kept until the import has ended: workers and web may share no disk."""

    owner = models.ForeignKey(ImportRow, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = "part of an imported file"
        constraints = (
            models.UniqueConstraint(fields=["owner", "number"], name="catalog_each_import_part_once"),
        )

    def __str__(self) -> str:
        return f"{self.owner_id} {self.number}"


class ImportRemarkRow(models.Model):
    """Why a record was not imported, or what of it was left out."""

    owner = models.ForeignKey(ImportRow, on_delete=models.CASCADE, related_name="remarks")
    number = models.PositiveIntegerField(verbose_name="record")
    rejected = models.BooleanField()
    reason = models.TextField()

    free_text = ("reason",)

    class Meta:
        verbose_name = "remark on a record"
        ordering = ("id",)
        indexes = (models.Index(fields=["owner", "rejected", "number"], name="catalog_remarks_of_import"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.reason}"


class RejectedRecordRow(models.Model):
    """A rejected record as it stands in the file, so that it can be corrected and imported again."""

    owner = models.ForeignKey(ImportRow, on_delete=models.CASCADE, related_name="originals")
    number = models.PositiveIntegerField(verbose_name="record")
    original = models.BinaryField()

    kept_record = "original"

    class Meta:
        verbose_name = "rejected record"
        constraints = (
            models.UniqueConstraint(fields=["owner", "number"], name="catalog_each_rejected_record_once"),
        )

    def __str__(self) -> str:
        return f"{self.owner_id} {self.number}"


class ImportedBookRow(models.Model):
    """A Book that an import made. Whether the Book is still there is not known here."""

    owner = models.ForeignKey(ImportRow, on_delete=models.CASCADE, related_name="+")
    book_id = models.UUIDField()
    copy_id = models.UUIDField()
    version = models.PositiveIntegerField(help_text="The Book's, as the import left it.")
    kept = models.CharField(
        max_length=7, blank=True, help_text="Why a revert left it: loans, holds, changed."
    )

    class Meta:
        verbose_name = "Book made by an import"
        constraints = (
            models.UniqueConstraint(fields=["owner", "book_id"], name="catalog_one_import_makes_a_book_once"),
        )
        indexes = (models.Index(fields=["owner", "kept"], name="catalog_made_by_import"),)

    def __str__(self) -> str:
        return str(self.book_id)


class BorrowingCountRow(models.Model):
    """How often a Book was borrowed in a month of UTC. It outlives the Book, for the statistics."""

    class Reckoning(models.TextChoices):
        DUE = "due"
        IN = "in"
        OUT = "out"

    book = models.ForeignKey(BookRow, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    month = models.DateField(help_text="Its first day.")
    count = models.PositiveIntegerField()
    reckoning = models.CharField(
        max_length=3,
        choices=Reckoning.choices,
        default=Reckoning.DUE,
        db_default=Reckoning.DUE,
        help_text="Whether the Book's popularity is yet to be reckoned, has it in, or leaves it out.",
    )

    class Meta:
        verbose_name = "borrowings of a month"
        verbose_name_plural = "borrowings by month"
        ordering = ("-month", "-count", "id")
        constraints = (
            models.UniqueConstraint(fields=["book", "month"], name="catalog_one_borrowing_count_per_month"),
        )
        indexes = (models.Index(fields=["reckoning", "month"], name="catalog_borrowings_to_reckon"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.count}"
