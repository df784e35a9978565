"""A look at the installation, and what to paste into a client."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import anyio

from blave_mcp.server.app import build, credentials_for
from blave_mcp.server.kinds import kinds
from blave_mcp.server.settings import Settings
from blave_mcp.tools.format import exact
from blave_mcp.tools.registry import ALL_TOOLS, choose


def command() -> str:
    """The full path of blave-mcp, since desktop clients start servers without the user's PATH."""
    beside = Path(sys.executable).with_name("blave-mcp")
    return str(beside) if beside.exists() else shutil.which("blave-mcp") or "blave-mcp"


def client_entry(client: str) -> str:
    """What to paste or run to connect a client, in paper mode."""
    server = {"command": command(), "args": ["serve"], "env": {"BLAVE_MCP_MODE": "paper"}}
    match client:
        case "claude-code":
            return f"claude mcp add blave -e BLAVE_MCP_MODE=paper -- {command()} serve"
        case "inspector":
            return f"npx @modelcontextprotocol/inspector {command()} serve"
        case _:
            return json.dumps({"mcpServers": {"blave": server}}, indent=2)


def examine(settings: Settings, say: Callable[[str], None]) -> int:
    """Tells what is set and what is missing, never any part of a key. Returns 0 where the server can start."""
    say(f"mode         {settings.mode}")
    say(f"folder       {settings.home}")
    say(f"confirms by  {settings.confirm}, within {settings.confirm_seconds} s")
    say(f"read-only    {'yes' if settings.read_only else 'no'}")
    say(f"tools        {len(choose(settings.toolsets, read_only=settings.read_only))} of {len(ALL_TOOLS)}")
    leverage = "no limit" if settings.max_leverage is None else f"{settings.max_leverage}x"
    say(f"limits       one order {exact(settings.max_order_quote) or 'no limit'}, leverage {leverage}")
    app = build(settings)
    try:
        say(f"channels     {app.channels.titles if app.channels else 'none; charts are shown and kept, not sent'}")
        for name, kind in kinds().items():
            venue = app.desk.venues.get(name)
            _, missing = credentials_for(kind.dialect, settings)
            if venue is None:
                say(f"{name:12} not offered in {settings.mode} mode: the venue has no test environment")
            elif settings.mode == "paper":
                say(f"{name:12} ready, on paper; for live: {missing or 'its key is set.'}")
            elif venue.configured:
                say(f"{name:12} ready")
            else:
                say(f"{name:12} {missing} {venue.setup}")
        if reason := app.desk.halt.reason():
            say(f"HALTED       {reason}")
    finally:
        anyio.run(app.aclose)
    return 0
