"""A venue's endpoints as data. Faults in the data fail when the venue's module is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blave_mcp.exchanges.endpoint import Auth, Call, Caution, Effect, Endpoint, Rule
from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.exchanges.params import Param

_METHODS = ("GET", "POST", "PUT", "DELETE")
_ID = re.compile(r"[a-z0-9]+(\.[a-z0-9_]+)+")


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a venue meters: at most `amount` in any window of `seconds`.

    Attributes:
        header: the reply header in which the venue says how much of it is used; lower case.
    """

    amount: int
    seconds: float
    header: str = ""


class Catalogue:
    """All endpoints of one venue.

    Args:
        products: each product and the venue name under which `blave-mcp endpoints --csv` lists it.
        buckets: what the venue meters, by name.
    """

    def __init__(self, venue: str, *, products: Mapping[str, str], buckets: Mapping[str, Bucket]) -> None:
        self.venue = venue
        self.products = dict(products)
        self.buckets = dict(buckets)
        self._by_id: dict[str, Endpoint] = {}

    def read(self, id: str, route: str, **entry: Any) -> Endpoint:
        """Adds an endpoint that changes nothing."""
        return self._add(Effect.READ, id, route, **entry)

    def write(self, id: str, route: str, **entry: Any) -> Endpoint:
        """Adds an endpoint that changes the account."""
        return self._add(Effect.WRITE, id, route, **entry)

    def validate(self, id: str, route: str, **entry: Any) -> Endpoint:
        """Adds one of the venue's own test-order endpoints: it checks an order and changes nothing."""
        return self._add(Effect.VALIDATE, id, route, **entry)

    def _add(
        self,
        effect: Effect,
        id: str,
        route: str,
        *,
        doc: str,
        url: str,
        bucket: str,
        weight: int = 1,
        auth: Auth = Auth.SIGNED,
        params: Sequence[Param] = (),
        rule: Rule | None = None,
        reason: str = "",
        stream: bool = False,
        caution: Caution = "",
    ) -> Endpoint:
        method, _, path = route.partition(" ")
        product = id.partition(".")[0]
        names = [p.name for p in params]
        for wrong, fault in (
            (not _ID.fullmatch(id), "an id is product.subject.verb"),
            (id in self._by_id, "the id is taken"),
            (product not in self.products, f"no product {product}"),
            (bucket not in self.buckets, f"no bucket {bucket}"),
            (method not in _METHODS or not path.startswith("/"), "a route is METHOD /path"),
            (len(set(names)) != len(names), "a parameter is named twice"),
            (effect is Effect.WRITE and method == "GET" and not reason, "a GET that writes wants a reason"),
            (effect is Effect.READ and method != "GET" and not reason, f"a {method} that reads wants a reason"),
            (effect is Effect.WRITE and auth is not Auth.SIGNED, "a write is signed"),
            (bool(caution) and effect is not Effect.WRITE, "a caution is about a write"),
            (not doc or not url.startswith("https://"), "doc and url are required"),
        ):
            if wrong:
                raise ValueError(f"{self.venue} {id}: {fault}")
        endpoint = Endpoint(
            id=id,
            venue=self.venue,
            product=product,
            effect=effect,
            method=method,
            path=path,
            doc=doc,
            url=url,
            bucket=bucket,
            weight=weight,
            auth=auth,
            params=tuple(params),
            rule=rule,
            reason=reason,
            stream=stream,
            caution=caution,
        )
        self._by_id[id] = endpoint
        return endpoint

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __getitem__(self, id: str) -> Endpoint:
        """Raises BadArgument with the nearest ids."""
        try:
            return self._by_id[id]
        except KeyError:
            raise BadArgument(f'{self.venue} has no endpoint "{id}".', advice=did_you_mean(id, self._by_id)) from None

    def owns(self, endpoint: Endpoint) -> bool:
        """Whether this very object is in the catalogue."""
        return self._by_id.get(endpoint.id) is endpoint

    def csv_venue(self, endpoint: Endpoint) -> str:
        return self.products[endpoint.product]

    def revive(self, stored: Mapping[str, Any]) -> Call:
        """Makes a call again from `Call.to_json`, with every check."""
        return self[stored["endpoint"]].call(stored["args"])
