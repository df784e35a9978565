"""What a start pays for the workflows: their descriptions alone."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from blave_mcp.tools.spec import Tool
from blave_mcp.tools.workflows import draw, etf, lending, posts, traders
from blave_mcp.tools.workflows.tools import WORKFLOW_TOOLS

WORK: dict[str, Callable[..., Any]] = {
    "draw_chart": draw.draw_chart,
    "find_traders": traders.find_traders,
    "copy_trader": traders.copy_trader,
    "plan_lending": lending.plan_lending,
    "get_etf_flows": etf.get_etf_flows,
    "get_posts": posts.get_posts,
}


def test_a_start_loads_neither_pages_nor_charts_nor_plans():
    code = (
        "import sys, blave_mcp.server.app, blave_mcp.server.serve\n"
        "names = ('blave_mcp.tools.charts', 'blave_mcp.tools.workflows.draw', 'blave_mcp.tools.research.lending',"
        " 'blave_mcp.exchanges.sources.etf', 'blave_mcp.server.notify', 'bs4', 'feedparser', 'matplotlib',"
        " 'curl_cffi')\n"
        "print([name for name in names if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.returncode) == ("[]", 0), run.stderr


@pytest.mark.parametrize("tool", WORKFLOW_TOOLS, ids=lambda tool: tool.name)
def test_what_is_offered_takes_what_the_work_takes(tool: Tool):
    assert inspect.signature(tool.run).parameters == inspect.signature(WORK[tool.name]).parameters
