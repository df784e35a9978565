"""The commands that watch, and the one that lends."""

from __future__ import annotations

import re
import sys

import anyio
import click

from blave_mcp.server.app import App, build
from blave_mcp.server.lend import Lender
from blave_mcp.server.monitor import AlertWatch, PostWatch, Seen, keep_watching, translator
from blave_mcp.server.serve import log_to_stderr
from blave_mcp.server.settings import Settings


def complain(text: str) -> None:
    click.echo(text, err=True)


def watch_posts(settings: Settings, minutes: int | None, language: str) -> int:
    """Returns 0, or 1 where something could not be delivered.

    Raises:
        BlaveError: the feed cannot be read, or the language not be had.
    """
    log_to_stderr(settings.log_level)
    translate = translator(language) if language else None

    async def run() -> int:
        app = build(settings)
        try:
            with Seen(settings.home / "monitor.sqlite3") as seen:
                watch = PostWatch(app.desk.pages, seen, app.desk.clock, click.echo, app.channels, translate)
                if minutes is not None:
                    complain(f"Watching every {minutes} min; {_goes_to(app)}. Ctrl-C ends it.")
                    await keep_watching(watch, minutes, complain)
                count = await watch.once()
                complain(f"{count} new; {_goes_to(app)}.")
                for failure in watch.failures:
                    complain(f"{failure} It stays new, and is sent at the next run.")
                return 1 if watch.failures else 0
        finally:
            await app.aclose()

    try:
        return anyio.run(run)
    except KeyboardInterrupt:
        return 0


def watch_alerts(settings: Settings, names: tuple[str, ...]) -> int:
    """Waits for alerts until it is interrupted.

    Raises:
        click.UsageError: no channel is named, here or in the settings.
        BlaveError: a name that cannot be a channel's, or no key.
    """
    log_to_stderr(settings.log_level)

    async def run() -> int:
        app = build(settings)
        try:
            for name in names:
                app.alerts.follow(name)
            if not app.alerts.channels:
                raise click.UsageError("Name a channel with --channel, or set BLAVE_MCP_ALERT_CHANNELS.")
            app.desk.require_key(app.desk.venue("blave"))
            with Seen(settings.home / "monitor.sqlite3") as seen:
                watch = AlertWatch(app.alerts, seen, app.desk.clock, click.echo, complain, app.channels)
                complain(f"Waiting for alerts of {', '.join(app.alerts.channels)}; {_goes_to(app)}. Ctrl-C ends it.")
                async with anyio.create_task_group() as group:
                    group.start_soon(app.alerts.run)
                    await watch.run()
            return 0
        finally:
            await app.aclose()

    try:
        return anyio.run(run)
    except KeyboardInterrupt:
        return 0


def _goes_to(app: App) -> str:
    return f"also sent to {app.channels.titles}" if app.channels else "no channel is set up, so they are printed alone"


def lend_once(settings: Settings, currency: str, options: dict[str, object]) -> int:
    """Returns 0 where the plan was carried out.

    Raises:
        click.UsageError: no person is at the terminal.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("lend wants a person at a terminal; it is not offered unattended. Nothing was sent.")
    amount = str(options["amount"])
    if amount and not re.fullmatch(r"\d{1,20}(\.\d{1,8})?", amount):
        raise click.UsageError(f'--amount is a number, not "{amount[:40]}".')
    log_to_stderr(settings.log_level)

    async def run() -> int:
        app = build(settings)
        try:
            return await Lender(app.desk, currency, options, click.echo, input).run()
        finally:
            await app.aclose()

    try:
        return anyio.run(run)
    except (KeyboardInterrupt, EOFError):
        complain("Ended. `blave-mcp actions` tells what was sent.")
        return 1
