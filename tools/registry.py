"""Every tool, guide and prompt, and which of the tools are offered."""

from __future__ import annotations

from blave_mcp.exchanges.errors import BadArgument, did_you_mean
from blave_mcp.tools.account import ACCOUNT_TOOLS
from blave_mcp.tools.backtest.tools import RESEARCH_TOOLS
from blave_mcp.tools.blave.tools import BLAVE_GUIDES
from blave_mcp.tools.confirm import CONFIRM_TOOLS
from blave_mcp.tools.explore import EXPLORE_TOOLS
from blave_mcp.tools.funding import FUNDING_TOOLS
from blave_mcp.tools.market import MARKET_TOOLS
from blave_mcp.tools.spec import Guide, Prompt, Tool, Toolset, Touch
from blave_mcp.tools.trade_tools import TRADE_TOOLS
from blave_mcp.tools.workflows.prompts import WORKFLOW_PROMPTS
from blave_mcp.tools.workflows.tools import WORKFLOW_TOOLS

ALL_TOOLS: tuple[Tool, ...] = (
    *MARKET_TOOLS,
    *RESEARCH_TOOLS,
    *ACCOUNT_TOOLS,
    *TRADE_TOOLS,
    *FUNDING_TOOLS,
    *WORKFLOW_TOOLS,
    *EXPLORE_TOOLS,
    *CONFIRM_TOOLS,
)
ALL_GUIDES: tuple[Guide, ...] = BLAVE_GUIDES
ALL_PROMPTS: tuple[Prompt, ...] = WORKFLOW_PROMPTS

_CAN_PROPOSE = frozenset({Toolset.TRADE, Toolset.EXPLORE, Toolset.FUNDING, Toolset.WORKFLOW})


def choose(toolsets: str = "all", *, read_only: bool = False) -> tuple[Tool, ...]:
    """The tools of the named sets, comma separated. Read-only beats everything: no tool that proposes or confirms.

    Where a set can propose, the confirming tools come with it.

    Raises:
        BadArgument: an unknown set.
    """
    names = [name.strip().lower() for name in toolsets.split(",") if name.strip()]
    for name in names:
        if name != "all" and name not in list(Toolset):
            raise BadArgument(f'There is no toolset "{name}".', advice=did_you_mean(name, ["all", *Toolset]))
    wanted = set(Toolset) if "all" in names or not names else {Toolset(name) for name in names}
    if wanted & _CAN_PROPOSE:
        wanted.add(Toolset.CONFIRM)
    chosen = [tool for tool in ALL_TOOLS if tool.toolset in wanted]
    if read_only:
        chosen = [tool for tool in chosen if tool.touch is Touch.READ]
    return tuple(chosen)
