"""An endpoint is a value: its effect, its route, its parameters and its rules.

A `Call` is an endpoint with checked arguments. It is immutable, can be shown, stored and sent later unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.params import Args, Kind, Param, check_args

Rule = Callable[[Args], str | None]
"""Looks at the arguments together; returns what is wrong with them, or None."""

Caution = str | Callable[[Args], str]
"""What a person should read before a call is sent; "" where its arguments make it harmless."""


class Effect(StrEnum):
    """What a request does to the account. There is no default."""

    READ = "read"
    WRITE = "write"
    VALIDATE = "validate"


class Auth(StrEnum):
    """What a request must carry."""

    NONE = "none"
    KEY = "key"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endpoint:
    """One endpoint of a venue. Two endpoints are equal only if they are the same object.

    Attributes:
        id: unique in its catalogue: product, subject, verb ("futures.order.create").
        product: which of the venue's hosts answers ("spot", "futures").
        bucket: the name of the limit that it counts against; `weight` is how much.
        url: the venue's own page about it.
        reason: why a GET writes or a POST reads, where that is so.
        rule: a conditional rule over all arguments.
        stream: its answer has no end.
        caution: "" where the arguments say it all.
    """

    id: str
    venue: str
    product: str
    effect: Effect
    method: str
    path: str
    doc: str
    url: str
    bucket: str
    weight: int = 1
    auth: Auth = Auth.SIGNED
    params: tuple[Param, ...] = ()
    rule: Rule | None = None
    reason: str = ""
    stream: bool = False
    caution: Caution = ""

    def caution_for(self, args: Args) -> str:
        return self.caution(args) if callable(self.caution) else self.caution

    def call(self, given: Args | None = None, /, **more: Any) -> Call:
        """Checks the arguments and freezes them.

        Raises:
            BadArgument: an unknown, missing or unusable argument, or a broken rule.
        """
        checked = check_args(self.params, {**(given or {}), **more})
        if self.rule is not None and (wrong := self.rule(checked)):
            raise BadArgument(wrong)
        return Call(self, tuple(checked.items()))

    @property
    def writes(self) -> bool:
        return self.effect is Effect.WRITE

    def __repr__(self) -> str:
        return f"Endpoint({self.venue} {self.id}: {self.effect} {self.method} {self.path})"


@dataclass(frozen=True, slots=True)
class Call:
    """An endpoint with checked arguments, in the endpoint's order. Made by `Endpoint.call` alone."""

    endpoint: Endpoint
    args: tuple[tuple[str, Any], ...] = field(default=())

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(self.args)

    def get(self, name: str, default: Any = None) -> Any:
        return self.arguments.get(name, default)

    def having(self, **changes: Any) -> Call:
        """Returns the same call with other arguments, checked again."""
        return self.endpoint.call({**self.arguments, **changes})

    def client_ids(self) -> tuple[str, ...]:
        """Returns every client order id that the call carries, those inside batches included."""
        return tuple(_client_ids(self.endpoint.params, self.arguments))

    def stamped(self, name_for: Callable[[str, str], str]) -> Call:
        """Returns the call with every client order id filled in.

        Args:
            name_for: takes the id that the user wished ("" for none) and a suffix that is unique within the call,
                and returns the id to send.
        """
        filled = _stamp(self.endpoint.params, self.arguments, name_for, "")
        return self.endpoint.call(filled)

    def to_json(self) -> dict[str, Any]:
        return {"venue": self.endpoint.venue, "endpoint": self.endpoint.id, "args": self.arguments}


def _client_ids(params: Sequence[Param], args: Args) -> list[str]:
    found: list[str] = []
    for param in params:
        value = args.get(param.name)
        if param.kind is Kind.CLIENT_ID and value is not None:
            found.append(value)
        elif param.items and value is not None:
            for element in value:
                found.extend(_client_ids(param.items, element))
    return found


def _stamp(params: Sequence[Param], args: Args, name_for: Callable[[str, str], str], at: str) -> dict[str, Any]:
    out = dict(args)
    ids = [p.name for p in params if p.kind is Kind.CLIENT_ID]
    for n, name in enumerate(ids):
        suffix = at + (chr(ord("a") + n) if len(ids) > 1 else "")
        out[name] = name_for(out.get(name, ""), suffix)
    for param in params:
        if param.items and param.name in out:
            out[param.name] = [
                _stamp(param.items, element, name_for, f"{at}{i}") for i, element in enumerate(out[param.name])
            ]
    return out
