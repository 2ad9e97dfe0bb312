"""Lending with FastAPI and asynchronous SQLAlchemy, on the library's own tables.

It checks a token, the membership's loan limit and that the copy is free. It leaves out what the library also
commits with each loan and return: the event for the outbox, the audit entry and the answer under the
Idempotency-Key; and the rule matrix, holds, blocks, opening hours, request limits, logs and metrics.
"""

import hmac
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, ForeignKey, Uuid, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LOAN_LIMIT = 5
LOAN_DAYS = 14

engine = create_async_engine(os.environ["PEER_DATABASE_URL"], pool_size=4, max_overflow=4)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    type_annotation_map = {
        UUID: Uuid,
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }


class Book(Base):
    __tablename__ = "catalog_bookrow"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    authors: Mapped[list[str]]
    isbns: Mapped[list[str]]
    year: Mapped[int | None]
    language: Mapped[str]
    publisher: Mapped[str]
    subjects: Mapped[list[str]]
    sort_key: Mapped[str]


class Copy(Base):
    __tablename__ = "catalog_copyrow"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    book_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_bookrow.id"))
    barcode: Mapped[str]
    item_type: Mapped[str]
    branch: Mapped[str]
    condition: Mapped[str]


class Patron(Base):
    __tablename__ = "patrons_patronrow"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_number: Mapped[str]


class Loan(Base):
    __tablename__ = "lending_loan"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    version: Mapped[int] = mapped_column(default=1)
    copy_id: Mapped[UUID]
    book_id: Mapped[UUID]
    patron_id: Mapped[UUID]
    branch: Mapped[str]
    barcode: Mapped[str]
    title: Mapped[str]
    item_type: Mapped[str]
    borrowed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="open")
    renewals: Mapped[int] = mapped_column(default=0)
    due_version: Mapped[int] = mapped_column(default=1)
    due_soon_version: Mapped[int] = mapped_column(default=0)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB, "postgresql"), default=dict)


class Borrowing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    copy_barcode: str
    patron_card: str


class Returning(BaseModel):
    model_config = ConfigDict(extra="forbid")
    copy_barcode: str


class LoanOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    version: int
    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    title: str
    borrowed_at: datetime
    due_at: datetime
    returned_at: datetime | None
    state: str


class Stock(BaseModel):
    copies: int = 0
    available: int = 0


class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    version: int
    title: str
    authors: list[str]
    isbns: list[str]
    year: int | None
    language: str
    publisher: str
    subjects: list[str]
    availability: Stock = Stock()


class BookPage(BaseModel):
    results: list[BookOut]
    next: str | None


async def session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


async def check_token(given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    if not hmac.compare_digest(given.credentials, os.environ["PEER_TOKEN"]):
        raise HTTPException(401)


Session = Annotated[AsyncSession, Depends(session)]
app = FastAPI(dependencies=[Depends(check_token)])


@app.post("/loans", status_code=201)
async def borrow(borrowing: Borrowing, session: Session) -> LoanOut:
    patron = await session.scalar(
        select(Patron).where(Patron.card_number == borrowing.patron_card).with_for_update()
    )
    found = (
        await session.execute(
            select(Copy, Book.title).join(Book).where(Copy.barcode == borrowing.copy_barcode)
        )
    ).first()
    if patron is None or found is None:
        raise HTTPException(404)
    copy, title = found
    if await session.scalar(select(Loan.id).where(Loan.copy_id == copy.id, Loan.state == "open")):
        raise HTTPException(409, "copy_on_loan")
    held = select(func.count()).where(Loan.patron_id == patron.id, Loan.state == "open")
    if (await session.scalar(held) or 0) >= LOAN_LIMIT:
        raise HTTPException(409, "loan_limit_reached")
    now = datetime.now(UTC)
    loan = Loan(
        copy_id=copy.id,
        book_id=copy.book_id,
        patron_id=patron.id,
        branch=copy.branch,
        barcode=copy.barcode,
        title=title,
        item_type=copy.item_type,
        borrowed_at=now,
        due_at=now + timedelta(days=LOAN_DAYS),
    )
    session.add(loan)
    await session.commit()
    return LoanOut.model_validate(loan)


@app.post("/returns")
async def take_back(returning: Returning, session: Session) -> LoanOut:
    loan = await session.scalar(
        select(Loan).where(Loan.barcode == returning.copy_barcode, Loan.state == "open").with_for_update()
    )
    if loan is None:
        raise HTTPException(409, "not_on_loan")
    loan.state, loan.returned_at, loan.version = "returned", datetime.now(UTC), loan.version + 1
    await session.commit()
    return LoanOut.model_validate(loan)


@app.get("/books/{id}")
async def get_book(id: UUID, session: Session) -> BookOut:
    book = await session.get(Book, id)
    if book is None:
        raise HTTPException(404)
    return (await _with_stock([book], session))[0]


@app.get("/books")
async def list_books(
    session: Session, page_size: int = 50, after: str | None = None, q: str = ""
) -> BookPage:
    wanted = select(Book).order_by(Book.sort_key, Book.id).limit(page_size + 1)
    if q:
        wanted = wanted.where(text("search_words @@ plainto_tsquery('simple', :q)")).params(q=q)
    if after:
        sort_key, _, last = after.rpartition("~")
        wanted = wanted.where(tuple_(Book.sort_key, Book.id) > (sort_key, UUID(last)))
    found = list(await session.scalars(wanted))
    books = found[:page_size]
    following = f"{books[-1].sort_key}~{books[-1].id}" if len(found) > page_size else None
    return BookPage(results=await _with_stock(books, session), next=following)


async def _with_stock(books: list[Book], session: AsyncSession) -> list[BookOut]:
    lent = select(Loan.id).where(Loan.copy_id == Copy.id, Loan.state == "open").exists()
    free = func.count().filter((Copy.condition == "in_service") & ~lent)
    counts = (
        select(Copy.book_id, func.count(), free)
        .where(Copy.book_id.in_([book.id for book in books]), Copy.condition != "withdrawn")
        .group_by(Copy.book_id)
    )
    stock = {
        book: Stock(copies=copies, available=available)
        for book, copies, available in await session.execute(counts)
    }
    answers = [BookOut.model_validate(book) for book in books]
    return [
        answer.model_copy(update={"availability": stock[answer.id]}) if answer.id in stock else answer
        for answer in answers
    ]
