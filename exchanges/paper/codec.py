"""Frozen dataclasses to JSON lists and back, and logs that tell what is new in them."""

from __future__ import annotations

import json
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_Step = Callable[[Any], Any]


_Plan = tuple[tuple[str, _Step, _Step], ...]
_PLANS: dict[Any, _Plan] = {}


def _plan(cls: Any) -> _Plan:
    """Returns (field, how to write it, how to read it) per field of a dataclass."""
    if cls not in _PLANS:
        hints = get_type_hints(cls)
        _PLANS[cls] = tuple((f.name, *_steps(hints[f.name])) for f in fields(cls))
    return _PLANS[cls]


def _steps(hint: Any) -> tuple[_Step, _Step]:
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (arg for arg in get_args(hint) if arg is not type(None))
        write, read = _steps(inner)
        return (lambda v: None if v is None else write(v)), (lambda v: None if v is None else read(v))
    if get_origin(hint) is tuple:
        return list, tuple
    if hint is Decimal:
        return str, Decimal
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda v: v.value), hint
    if is_dataclass(hint) and isinstance(hint, type):
        return pack, (lambda v: unpack(hint, v))
    if hint in (str, int, bool):
        return _same, _same
    raise TypeError(f"no JSON form for {hint}")


def _same(value: Any) -> Any:
    return value


def pack(value: Any) -> list[Any]:
    """Returns a dataclass as a list of JSON values, in the order of its fields."""
    return [write(getattr(value, name)) for name, write, _ in _plan(type(value))]


def unpack(cls: type[T], values: list[Any]) -> T:
    """Raises: ValueError where the list does not fit the class."""
    plan = _plan(cls)
    if len(plan) != len(values):
        raise ValueError(f"{cls.__name__} has {len(plan)} fields, not {len(values)}")
    return cls(**{name: read(value) for (name, _, read), value in zip(plan, values, strict=True)})


def dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


class Log(Generic[T]):
    """Values that are only ever added; the oldest go when there are more than `cap`.

    Args:
        group: what `of` finds values by.
    """

    def __init__(self, cls: type[T], cap: int, group: Callable[[T], int] | None = None) -> None:
        self._cls = cls
        self._items: deque[T] = deque()
        self._fresh: deque[T] = deque(maxlen=cap)
        self.cap = cap
        self._group = group
        self._groups: dict[int, deque[T]] = {}

    def append(self, item: T) -> None:
        self._items.append(item)
        self._fresh.append(item)
        if self._group is not None:
            self._groups.setdefault(self._group(item), deque()).append(item)
        if len(self._items) > self.cap:
            self._forget(self._items.popleft())

    def _forget(self, item: T) -> None:
        if self._group is None:
            return
        mine = self._groups[self._group(item)]
        mine.popleft()
        if not mine:
            del self._groups[self._group(item)]

    def of(self, group: int) -> tuple[T, ...]:
        """Returns the values of a group, oldest first."""
        return tuple(self._groups.get(group, ()))

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def take(self) -> list[str]:
        """Returns the JSON of what was added since the last time."""
        rows = [dumps(pack(item)) for item in self._fresh]
        self._fresh.clear()
        return rows

    def to_json(self) -> str:
        return f"[{','.join(dumps(pack(item)) for item in self._items)}]"

    def load(self, rows: Iterable[list[Any]]) -> None:
        for row in rows:
            self.append(unpack(self._cls, row))
