"""The account behind one or several faces: a paper exchange and the faces' own notes, kept in a book store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.codec import dumps
from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.face import BookSession, BookStore
from blave_mcp.exchanges.paper.market import Market
from blave_mcp.exchanges.paper.types import Listing, Rules

FORMAT = 2
WHOLE = 1
"""The format before: all of the account in the text, as JSON within JSON, and no rows."""
KEEP_NOTES = 500


class Refused(Exception):
    """A venue's refusal on its way out of a handler: what time has done to the account before it stays."""


@dataclass(slots=True)
class Account:
    """What one request works on.

    Attributes:
        notes: what a face remembers that the exchange does not know of, by subject: plain JSON.
        whole: it comes from books of the format before, and is written whole the first time.
    """

    exchange: PaperExchange
    notes: dict[str, Any] = field(default_factory=dict)
    noted: bool = False
    whole: bool = False

    def note(self, subject: str, value: Mapping[str, Any]) -> None:
        """Appends to a subject's list, of which the newest are kept."""
        self.notes[subject] = [*self.notes.get(subject, []), dict(value)][-KEEP_NOTES:]
        self.noted = True

    def noted_under(self, subject: str) -> list[dict[str, Any]]:
        """Returns a subject's list, oldest first."""
        return list(self.notes.get(subject, []))

    def name(self, subject: str, key: str, value: str) -> None:
        """Sets one entry of a subject's map."""
        self.notes[subject] = {**self.notes.get(subject, {}), key: value}
        self.noted = True

    def named(self, subject: str) -> Mapping[str, str]:
        """Returns a subject's map."""
        found: Mapping[str, str] = self.notes.get(subject, {})
        return found


class Books:
    """Opens the account for one request at a time.

    Args:
        store: keeps the account's text; several processes may share it.
        market, listings, balances, rules: of the exchange; balances and the start of the account count only when the
            store is empty.
    """

    def __init__(
        self,
        store: BookStore,
        market: Market,
        *,
        listings: Iterable[Listing] | None = None,
        balances: Mapping[str, Mapping[str, Decimal]] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.market = market
        self._store = store
        self._listings = None if listings is None else tuple(listings)
        self._balances = balances
        self._rules = rules
        self._known: tuple[str, Account] | None = None

    @contextmanager
    def open(self, now_ms: int) -> Iterator[Account]:
        """Gives the account as it is now, and saves it at the end if it or the market's memento has changed.

        A refusal that leaves by an exception keeps what the passing of time has done before it.

        Raises:
            ValueError: the store holds something else.
        """
        with self._store.session() as session:
            text = session.load()
            account = self._restore(session, text, now_ms)
            # A fault in the middle must not leave a changed account beside an old text.
            self._known = None
            account.noted = False
            before = self._state(account)
            try:
                yield account
            except Refused:
                self._keep(session, text, account, before)
                raise
            self._keep(session, text, account, before)

    def _state(self, account: Account) -> tuple[int, str]:
        return account.exchange.version, self.market.memento()

    def _keep(self, session: BookSession, text: str | None, account: Account, before: tuple[int, str]) -> None:
        if text is None or account.whole or account.noted or self._state(account) != before:
            anew = text is None or account.whole
            text = _to_text(account)
            exchange = account.exchange
            session.save(text, exchange.take_rows(), keep=exchange.kept_rows(), anew=anew)
            account.whole = False
        self._known = (text, account)

    def _restore(self, session: BookSession, text: str | None, now_ms: int) -> Account:
        if text is None:
            exchange = PaperExchange(
                self.market, now_ms=now_ms, listings=self._listings, balances=self._balances, rules=self._rules
            )
            return Account(exchange)
        if self._known is not None and self._known[0] == text:
            return self._known[1]
        return self._from_text(session, text)

    def _from_text(self, session: BookSession, text: str) -> Account:
        try:
            state = json.loads(text)
        except ValueError:
            raise ValueError("the books are not JSON") from None
        if not isinstance(state, dict) or state.get("format") not in (WHOLE, FORMAT):
            raise ValueError("the books are of a format that this version does not know")
        terms: dict[str, Any] = {"listings": self._listings, "rules": self._rules}
        if state["format"] == WHOLE:
            return Account(PaperExchange.from_json(state["exchange"], self.market, **terms), state["notes"], whole=True)
        rows = session.rows()
        return Account(PaperExchange.from_rows(state["exchange"], rows, self.market, **terms), state["notes"])


def _to_text(account: Account) -> str:
    return f'{{"format":{FORMAT},"exchange":{account.exchange.head()},"notes":{dumps(account.notes)}}}'
