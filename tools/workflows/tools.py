"""Every workflow tool."""

from __future__ import annotations

from blave_mcp.tools.spec import Tool
from blave_mcp.tools.workflows.draw import DRAW_TOOL
from blave_mcp.tools.workflows.etf import ETF_TOOL
from blave_mcp.tools.workflows.lending import LENDING_TOOL
from blave_mcp.tools.workflows.posts import POSTS_TOOL
from blave_mcp.tools.workflows.traders import COPY_TOOL, TRADERS_FOUND_TOOL

WORKFLOW_TOOLS: tuple[Tool, ...] = (DRAW_TOOL, TRADERS_FOUND_TOOL, COPY_TOOL, LENDING_TOOL, ETF_TOOL, POSTS_TOOL)
