"""How much is measured: all of it by hand, a little of it in every run of the tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How often each thing is done.

    Attributes:
        starts: starts of each server.
        processes: servers of each kind whose memory is read.
        calls: calls of each tool over stdio; all of them must fit into the minute that the venue's weights allow.
        rounds, repeats: of a computation; a round is one sample of so many repeats, and short, so that both sides of
            it meet the same load.
        orders, actions: on the paper exchange.
    """

    starts: int
    processes: int
    calls: int
    rounds: int
    repeats: int
    orders: int
    actions: int


FULL = Effort(starts=25, processes=3, calls=150, rounds=300, repeats=10, orders=300, actions=60)
REDUCED = Effort(starts=1, processes=1, calls=5, rounds=2, repeats=5, orders=10, actions=2)
