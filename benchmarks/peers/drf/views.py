"""Lending as DRF's documentation shows it: model serializers, generic views, numbered pages.

It leaves out the same durable work and rules as the other peer (fastapi_app.py).
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import CreateModelMixin

from benchmarks.peers.drf.models import Book, Copy, Loan, Patron

LOAN_LIMIT = 5
LOAN_DAYS = 14


class BookSerializer(serializers.ModelSerializer):
    number = serializers.IntegerField(read_only=True)
    available = serializers.IntegerField(read_only=True)

    class Meta:
        model = Book
        exclude = ("sort_key",)


class BookViewSet(viewsets.ReadOnlyModelViewSet):
    serializer_class = BookSerializer
    search_fields = ("title", "authors", "isbns", "subjects")

    def get_queryset(self):
        lent = Loan.objects.filter(copy_id=OuterRef("copies__pk"), state="open")
        free = Q(copies__condition="in_service") & ~Exists(lent)
        return Book.objects.annotate(
            number=Count("copies", filter=~Q(copies__condition="withdrawn")),
            available=Count("copies", filter=free),
        )


class LoanSerializer(serializers.ModelSerializer):
    copy_barcode = serializers.CharField(write_only=True)
    patron_card = serializers.CharField(write_only=True)

    class Meta:
        model = Loan
        exclude = ("terms",)
        read_only_fields = [
            field.name for field in Loan._meta.fields if field.name not in {"copy_barcode", "patron_card"}
        ]

    def create(self, validated):
        with transaction.atomic():
            patrons = Patron.objects.select_for_update()
            patron = get_object_or_404(patrons, card_number=validated["patron_card"])
            copies = Copy.objects.select_related("book")
            copy = get_object_or_404(copies, barcode=validated["copy_barcode"])
            if Loan.objects.filter(copy_id=copy.pk, state="open").exists():
                raise ValidationError("copy_on_loan")
            if Loan.objects.filter(patron_id=patron.pk, state="open").count() >= LOAN_LIMIT:
                raise ValidationError("loan_limit_reached")
            now = timezone.now()
            return Loan.objects.create(
                copy_id=copy.pk,
                book_id=copy.book_id,
                patron_id=patron.pk,
                branch=copy.branch,
                barcode=copy.barcode,
                title=copy.book.title,
                item_type=copy.item_type,
                borrowed_at=now,
                due_at=now + timedelta(days=LOAN_DAYS),
            )


class LoanViewSet(CreateModelMixin, viewsets.GenericViewSet):
    queryset = Loan.objects.all()
    serializer_class = LoanSerializer


class ReturnSerializer(serializers.ModelSerializer):
    copy_barcode = serializers.CharField(write_only=True)

    class Meta:
        model = Loan
        exclude = ("terms",)
        read_only_fields = [field.name for field in Loan._meta.fields]

    def create(self, validated):
        with transaction.atomic():
            loans = Loan.objects.select_for_update()
            loan = get_object_or_404(loans, barcode=validated["copy_barcode"], state="open")
            loan.state, loan.returned_at, loan.version = "returned", timezone.now(), loan.version + 1
            loan.save()
            return loan


class ReturnViewSet(CreateModelMixin, viewsets.GenericViewSet):
    queryset = Loan.objects.all()
    serializer_class = ReturnSerializer
