"""The library's tables, as far as they are needed."""

from uuid import uuid4

from django.db import models


class Book(models.Model):
    id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=500)
    authors = models.JSONField()
    isbns = models.JSONField()
    year = models.SmallIntegerField(null=True)
    language = models.CharField(max_length=35, blank=True)
    publisher = models.CharField(max_length=500, blank=True)
    subjects = models.JSONField()
    sort_key = models.CharField(max_length=200)

    class Meta:
        managed = False
        db_table = "catalog_bookrow"
        ordering = ("sort_key", "id")


class Copy(models.Model):
    id = models.UUIDField(primary_key=True)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="copies")
    barcode = models.CharField(max_length=40)
    item_type = models.CharField(max_length=40)
    branch = models.CharField(max_length=20)
    condition = models.CharField(max_length=14)

    class Meta:
        managed = False
        db_table = "catalog_copyrow"


class Patron(models.Model):
    id = models.UUIDField(primary_key=True)
    card_number = models.CharField(max_length=32)

    class Meta:
        managed = False
        db_table = "patrons_patronrow"


class Loan(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    version = models.PositiveIntegerField(default=1)
    copy_id = models.UUIDField()
    book_id = models.UUIDField()
    patron_id = models.UUIDField()
    branch = models.CharField(max_length=32)
    barcode = models.CharField(max_length=64)
    title = models.CharField(max_length=500)
    item_type = models.CharField(max_length=40)
    borrowed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=16, default="open")
    renewals = models.PositiveSmallIntegerField(default=0)
    due_version = models.PositiveIntegerField(default=1)
    due_soon_version = models.PositiveIntegerField(default=0)
    terms = models.JSONField(default=dict)

    class Meta:
        managed = False
        db_table = "lending_loan"
