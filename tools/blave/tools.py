"""What Blave offers a model: its tools, and its guide as a resource."""

from __future__ import annotations

from blave_mcp.tools.blave.alerts import ALERTS_TOOL
from blave_mcp.tools.blave.alpha import ALPHA_TOOL
from blave_mcp.tools.blave.alpha_table import ALPHA_TABLE_TOOL
from blave_mcp.tools.blave.liquidation import LIQUIDATION_TOOL
from blave_mcp.tools.blave.screener import SCREENER_TOOL
from blave_mcp.tools.blave.trader import TRADER_TOOL
from blave_mcp.tools.blave.traders import TRADERS_TOOL
from blave_mcp.tools.spec import Guide, Tool


def _guide(lang: str) -> str:
    from blave_mcp.tools.blave.meaning import guide

    return guide(lang)


BLAVE_TOOLS: tuple[Tool, ...] = (
    ALPHA_TABLE_TOOL,
    ALPHA_TOOL,
    LIQUIDATION_TOOL,
    SCREENER_TOOL,
    TRADERS_TOOL,
    TRADER_TOOL,
    ALERTS_TOOL,
)

BLAVE_GUIDES: tuple[Guide, ...] = (
    Guide(
        "blave://guide/indicators/en",
        "Reading Blave's indicators",
        "What each indicator means: thresholds, whale quadrants, squeeze, statistics, what goes together.",
        lambda: _guide("en"),
    ),
    Guide(
        "blave://guide/indicators/zh",
        "Blave 指標解讀指南",
        "各指標的意義：門檻、巨鯨四象限、擠壓、統計欄位、組合建議。",
        lambda: _guide("zh"),
    ),
)
