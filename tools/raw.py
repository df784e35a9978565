"""Endpoints as they are: found, described, their arguments shown in full, their answers cut to what may be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.catalogue import Catalogue
from blave_mcp.exchanges.dialect import Dialect
from blave_mcp.exchanges.endpoint import Call, Effect, Endpoint
from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.exchanges.params import Args, Kind, Param, plain
from blave_mcp.exchanges.untrusted import clean

LONGEST_STRING = 2_000
MOST_TRIES = 300
_WORD = re.compile(r"[a-z0-9]+")


# Finding.


def _words(text: str) -> list[str]:
    """ "openAlgoOrders" is three words."""
    return _WORD.findall(re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower())


def score(endpoint: Endpoint, wanted: Sequence[str]) -> tuple[int, int]:
    """How many of the wanted words an endpoint has, and how well: each counts where it fits best."""
    fields = (
        (8, _words(endpoint.id) + _words(endpoint.path)),
        (6, _words(endpoint.doc)),
        (2, [w for p in endpoint.params for w in _words(p.name)]),
        (3, [endpoint.venue, endpoint.effect.value, endpoint.method.lower()]),
    )
    best = [max(_fit(weight, word, words) for weight, words in fields) for word in wanted]
    return sum(map(bool, best)), sum(best)


def _fit(weight: int, word: str, words: Sequence[str]) -> int:
    stem = word.removesuffix("s")
    if word in words or stem in [w.removesuffix("s") for w in words]:
        return weight
    return weight // 2 if len(stem) > 2 and any(w.startswith(stem) for w in words) else 0


def ranked(endpoints: Sequence[Endpoint], query: str) -> list[Endpoint]:
    """The endpoints that have most of the query's words, best first; all of them, as they stand, for an empty query.

    An id finds its own endpoint first; a part of a path ("/fapi/v1/order") finds those with that path and no others.
    """
    route = next((word.lower() for word in query.split() if "/" in word), "")
    if route and (found := [e for e in endpoints if route in e.path.lower()]):
        return sorted(found, key=lambda e: (not e.path.lower().endswith(route), len(e.path)))
    wanted = _words(query)
    if not wanted:
        return list(endpoints)
    scored = [(*score(endpoint, wanted), endpoint) for endpoint in endpoints]
    most = max((hits for hits, _, _ in scored), default=0)
    id = query.strip().lower()
    best = sorted((row for row in scored if row[0] == most and most), key=lambda row: (row[2].id != id, -row[1]))
    return [endpoint for _, _, endpoint in best]


def pick(catalogue: Catalogue, name: str) -> Endpoint:
    """Finds an endpoint by its id or by "METHOD /path".

    Raises:
        BadArgument: there is none (names the nearest), or the route belongs to several.
    """
    method, _, path = name.strip().partition(" ")
    if not path:
        return catalogue[name.strip()]
    found = [e for e in catalogue if e.method == method.upper() and e.path == path.strip()]
    if not found:
        routes = [f"{e.method} {e.path}" for e in catalogue]
        raise BadArgument(f'{catalogue.venue} has no endpoint "{name}".', advice=did_you_mean(name, routes))
    if len(found) > 1:
        ids = ", ".join(e.id for e in found)
        raise BadArgument(f"{name} is several endpoints of {catalogue.venue}.", advice=f"Use an id: {ids}.")
    return found[0]


# Describing.


def described(params: Sequence[Param], indent: str = "  ") -> Iterator[str]:
    """One line for each parameter, those of a batch's elements indented below."""
    for param in params:
        facts = [_kind_words(param)]
        if param.required:
            facts.append("required")
        facts += [
            f"{word} {plain(bound)}" for word, bound in (("from", param.low), ("to", param.high)) if bound is not None
        ]
        yield f"{indent}{param.name}: {', '.join(facts)}. {param.doc}".rstrip()
        yield from described(param.items, f"{indent}  ")


def _kind_words(param: Param) -> str:
    if param.kind is Kind.ONE_OF:
        return f"one of {' '.join(param.choices)}"
    if param.items:
        return f"list of {f'at most {param.most} ' if param.most else ''}objects, each with"
    return {Kind.DECIMAL: "decimal string", Kind.CLIENT_ID: "client order id, filled in"}.get(
        param.kind, param.kind.value
    )


def param_data(param: Param) -> dict[str, Any]:
    facts = {
        "name": param.name, "kind": param.kind.value, "required": param.required, "choices": list(param.choices),
        "doc": param.doc, "most": param.most, "items": [param_data(one) for one in param.items],
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value not in (None, "", [], False)}


def example(endpoint: Endpoint) -> tuple[dict[str, Any], bool]:
    """Arguments that the endpoint takes: the required ones, and what its rule asks for.

    Returns:
        The arguments, and whether the rule is content with them.
    """
    first = _required(endpoint.params)
    tried: set[str] = set()
    stack = [first]
    while stack and len(tried) < MOST_TRIES:
        args = stack.pop()
        if (seen := compact(args)) in tried:
            continue
        tried.add(seen)
        try:
            endpoint.call(args)
        except BadArgument as error:
            stack += reversed(list(_changed(endpoint.params, args, re.findall(r"\w+", error.what))))
        else:
            return args, True
    return first, False


def _required(params: Sequence[Param]) -> dict[str, Any]:
    return {p.name: _example_of(p) for p in params if p.required}


def _example_of(param: Param) -> Any:
    return [_required(param.items)] if param.items and param.example is None else param.example


def _changed(params: Sequence[Param], args: dict[str, Any], words: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The arguments with one change each, likeliest first: what a complaint names is added, or chosen otherwise."""
    named = [p for word in words for p in params if p.name == word]
    for param in named:
        if param.items and param.name in args:
            for inside in _changed(param.items, args[param.name][0], words):
                yield {**args, param.name: [inside]}
        elif param.name not in args:
            yield {**args, param.name: _example_of(param)}
    for param in named:
        if param.name in args:
            yield from ({**args, param.name: choice} for choice in param.choices)


# Arguments, in full.


def as_object(args: Any) -> Mapping[str, Any]:
    """Raises BadArgument where the arguments are no JSON object."""
    if args is None:
        return {}
    if not isinstance(args, Mapping):
        raise BadArgument("args must be a JSON object.", advice='For instance {"symbol": "BTCUSDT"}.')
    return args


def shown_args(params: Sequence[Param], args: Args, at: str = "") -> Iterator[tuple[str, str]]:
    """Every argument by its place, those inside batches included; client ids are left to whoever fills them in."""
    for param in params:
        value = args.get(param.name)
        if value is None or param.kind is Kind.CLIENT_ID:
            continue
        place = f"{at}{param.name}"
        if param.items:
            for n, element in enumerate(value):
                yield from shown_args(param.items, element, f"{place}[{n}].")
        else:
            yield place, shown_value(value)


def shown_value(value: Any) -> str:
    """A value to the letter; anything that could hide or fake a line is escaped."""
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=True)


def probe_ids(dialect: Dialect, call: Call) -> Call:
    """Returns the call with client ids in the venue's form, for what is looked at or tested and never placed."""
    return call.stamped(lambda wished, at: dialect.client_id(call.endpoint.product, wished, f"test{at}"))


# Answers.


def presentable(payload: Any) -> Any:
    """A venue's answer as plain JSON: decimals as strings, texts without control characters."""
    if isinstance(payload, Decimal):
        return plain(payload)
    if isinstance(payload, str):
        return clean(payload, most=LONGEST_STRING)
    if isinstance(payload, Mapping):
        return {clean(str(name), most=200): presentable(value) for name, value in payload.items()}
    if isinstance(payload, list | tuple):
        return [presentable(value) for value in payload]
    return payload


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fitted(value: Any, most: int, at: str = "the answer") -> tuple[Any, list[str]]:
    """Cuts plain JSON to about `most` characters; says of every list and object how much of it is left out."""
    if len(compact(value)) <= most:
        return value, []
    if isinstance(value, list):
        return _fitted_list(value, most, at)
    if isinstance(value, dict):
        return _fitted_object(value, most, at)
    text = str(value)
    return f"{text[:most]} ...", [f"{at}: {most} of {len(text)} characters"]


def _fitted_list(value: list[Any], most: int, at: str) -> tuple[Any, list[str]]:
    kept: list[Any] = []
    notes: list[str] = []
    left = most - 2
    for n, element in enumerate(value):
        size = len(compact(element)) + 1
        if size > left:
            if not kept:
                cut, notes = fitted(element, left - 1, f"{at}[{n}]")
                kept.append(cut)
            break
        kept.append(element)
        left -= size
    return kept, [f"{at}: the first {len(kept)} of {len(value)} elements", *notes]


def _fitted_object(value: dict[str, Any], most: int, at: str) -> tuple[Any, list[str]]:
    sizes = {name: len(compact(name)) + len(compact(one)) + 2 for name, one in value.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    rest = sum(sizes.values()) - sizes[largest]
    if most - rest > len(compact(largest)) + 40:
        inside, notes = fitted(value[largest], most - rest - len(compact(largest)) - 4, f"{at}.{largest}")
        return {name: inside if name == largest else one for name, one in value.items()}, notes
    kept: dict[str, Any] = {}
    left = most - 2
    for name, one in value.items():
        if sizes[name] > left:
            break
        kept[name] = one
        left -= sizes[name]
    return kept, [f"{at}: the first {len(kept)} of {len(value)} fields"]


def writes_words(effect: Effect) -> str:
    return {
        Effect.READ: "reads; call it with read_endpoint",
        Effect.VALIDATE: "checks and changes nothing; call it with read_endpoint",
        Effect.WRITE: "changes the account; propose it with propose_endpoint",
    }[effect]
