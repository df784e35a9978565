"""What the server costs, beside a baseline that is measured in the same run.

    python -m tests.benchmarks.run [--reduced] [start memory round_trips listing ccxt paper research
        universe charts]

Timings on a shared machine are noisy: every baseline is measured in turn with ours, a ratio is the median of those of
the single rounds, and the column `noise` tells how far these lie apart. A missed target is shown and fails nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from tests.benchmarks.effort import FULL, REDUCED, Effort
from tests.benchmarks.measure import Figure, table
from tests.benchmarks.paper import paper
from tests.benchmarks.servers import listing, memory, round_trips, start


def _ccxt(effort: Effort) -> list[Figure]:
    # ccxt loads every exchange that it knows, which the other parts need not wait for.
    from tests.benchmarks.against_ccxt import against_ccxt

    return against_ccxt(effort)


def _research(effort: Effort) -> list[Figure]:
    # numpy and, where it is there, numba: the other parts measure a process without them.
    from tests.benchmarks.research import research

    return research(effort)


def _charts(effort: Effort) -> list[Figure]:
    from tests.benchmarks.charts import charts

    return charts(effort)


def _universe(effort: Effort) -> list[Figure]:
    from tests.benchmarks.universe import universe

    return universe(effort)


PARTS: Mapping[str, Callable[[Effort], list[Figure]]] = {
    "start": start,
    "memory": memory,
    "round_trips": round_trips,
    "listing": listing,
    "ccxt": _ccxt,
    "paper": paper,
    "research": _research,
    "universe": _universe,
    "charts": _charts,
}
"""Each returns its figures; none where this system has no way to measure them."""


def main() -> None:
    """Measures the chosen parts and prints one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; default all")
    parser.add_argument("--reduced", action="store_true", help="as the tests run it: quick, and too little to judge by")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.parts if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}")
    figures = []
    for name in chosen.parts or PARTS:
        sys.stderr.write(f"{name} ...\n")
        figures += PARTS[name](REDUCED if chosen.reduced else FULL)
    sys.stdout.write(f"{table(figures)}\n")


if __name__ == "__main__":
    main()
