"""Questions to one venue whose answers are checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any, TypeVar

from blave_mcp.exchanges.dialect import Ask, VenueFault
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import NO_DATA, Unavailable, VenueRefused
from blave_mcp.exchanges.exact import formed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asking:
    """Makes Asks of the venue with this title."""

    title: str

    def __call__(self, parse: Callable[..., T], *calls: Call, missing: bool = False, form: Any = None) -> Ask[T]:
        """Returns the Ask whose `parse` tells an answer of another form than the documented one as Unavailable.

        Args:
            missing: whether `parse` takes a VenueFault in place of a payload, where the thing does not exist.
            form: the type that `parse` takes, where it is not plain JSON; see `Ask`.
        """

        def checked(*payloads: Any) -> T:
            if not missing:
                for fault in payloads:
                    if isinstance(fault, VenueFault):
                        raise self.refused(fault)
            try:
                return parse(*(payloads if form is None else [formed(payload, form) for payload in payloads]))
            except (KeyError, IndexError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
                where = ", ".join(dict.fromkeys(call.endpoint.id for call in calls))
                raise Unavailable(
                    f"{self.title}'s answer does not have the documented form ({where}: {type(error).__name__}).",
                    undone=NO_DATA,
                    advice="Read the endpoint itself to see the answer.",
                ) from error

        return Ask(calls, checked, form)

    def refused(self, fault: VenueFault) -> VenueRefused:
        """What is told where the thing that was asked for does not exist."""
        return VenueRefused(
            f"{self.title} answered {fault.code}: {fault.meaning}",
            code=fault.code,
            undone=NO_DATA,
            advice=fault.advice,
        )
