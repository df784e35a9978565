"""How the loops are compiled. A division by zero gives infinity: a check for it would forbid vector instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

BLOCK = 1024
"""So many values fit into the fastest cache together with what is made of them."""


def compiled(function: F) -> F:
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))


def summing(function: F) -> F:
    """Compiled with leave to add up in any order, which becomes vector instructions. Not for compensated sums."""
    made = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
    return cast(F, made(function))
