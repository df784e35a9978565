"""The command line: blave-mcp."""

from __future__ import annotations

import csv as csv_module
import gc
import json
import sqlite3
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Any

import click

from blave_mcp.exchanges.errors import BlaveError


class _Failure(click.ClickException):
    exit_code = 2


class _Told(click.Group):
    """Tells every failure of ours in one line on stderr, with exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BlaveError as error:
            raise _Failure(f"{error.name}: {error}") from None
        except BrokenPipeError:
            raise  # click ends quietly where the reader of a pipe has gone
        except (OSError, sqlite3.Error) as error:
            raise _Failure(f"{type(error).__name__}: {error}") from None


def _settings(**overrides: Any) -> Any:
    from blave_mcp.server.kinds import url_names
    from blave_mcp.server.settings import load

    settings = load(url_names=url_names())
    return settings.model_copy(update={k: v for k, v in overrides.items() if v is not None})


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(metadata.version("blave-quant-mcp"))
        ctx.exit()


@click.group(cls=_Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="The version.")
def main() -> None:
    """Crypto market data, accounts and trading for AI agents; nothing is sent without your CONFIRM."""


def _offer(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--toolsets", help="market, account, trade, explore, confirm; default all.")(command)
    return click.option("--read-only", is_flag=True, default=None, help="No tool that can change an account.")(command)


@main.command()
@_offer
@click.option("--http", "port", type=int, help="Over streamable HTTP on 127.0.0.1 instead; 0 takes a free port.")
def serve(toolsets: str | None, read_only: bool | None, port: int | None) -> None:
    """Serve MCP over stdio, or over streamable HTTP on loopback to whoever holds BLAVE_MCP_HTTP_TOKEN."""
    if port is not None:
        _serve_http(toolsets, read_only, port)
        return
    # What loading makes stays: looking through it for garbage takes a tenth of the start and finds none.
    gc.disable()
    from blave_mcp.server.stdio import Wire

    wire = Wire()  # before anything that is imported could print
    settings = _settings(toolsets=toolsets, read_only=read_only)
    import anyio

    from blave_mcp.server.app import build
    from blave_mcp.server.serve import log_to_stderr, serve_stdio

    log_to_stderr(settings.log_level)
    app = build(settings)
    gc.freeze()
    gc.enable()
    anyio.run(serve_stdio, app, wire)


def _serve_http(toolsets: str | None, read_only: bool | None, port: int) -> None:
    import anyio

    from blave_mcp.server.app import build
    from blave_mcp.server.http import holder, require_token, serve_http
    from blave_mcp.server.serve import log_to_stderr

    settings = _settings(toolsets=toolsets, read_only=read_only)
    log_to_stderr(settings.log_level)
    token = require_token(settings.http_token.get_secret_value())
    anyio.run(serve_http, build(settings, who=holder(token)), token, port, click.echo)


@main.command()
def demo() -> None:
    """Play an agent's whole job on the paper exchange: screen, propose, CONFIRM, verify."""
    import anyio

    from blave_mcp.server.demo import play

    raise SystemExit(anyio.run(play))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="The list as clients get it.")
@_offer
def tools(as_json: bool, toolsets: str | None, read_only: bool | None) -> None:
    """List the tools."""
    from blave_mcp.server.mcp import listed
    from blave_mcp.tools.registry import choose

    settings = _settings(toolsets=toolsets, read_only=read_only)
    chosen = choose(settings.toolsets, read_only=settings.read_only)
    if as_json:
        shown = [listed(tool).model_dump(by_alias=True, mode="json", exclude_none=True) for tool in chosen]
        click.echo(json.dumps({"tools": shown}, ensure_ascii=False, indent=1))
        return
    for tool in chosen:
        click.echo(f"{tool.name:22} {tool.toolset:8} {tool.touch:8} {tool.title}")


@main.command()
@click.option("--csv", "as_csv", is_flag=True, help="venue,method,path,effect,description")
@click.option("--venue", default="", help="Only this one.")
def endpoints(as_csv: bool, venue: str) -> None:
    """List every endpoint of every catalogue."""
    from blave_mcp.server.kinds import kinds

    rows = [
        (kind.dialect.catalogue.csv_venue(one), one.method, one.path, one.effect.value, one.doc)
        for kind in kinds().values()
        for one in kind.dialect.catalogue
        if venue in ("", kind.dialect.venue, kind.dialect.catalogue.csv_venue(one))
    ]
    if as_csv:
        writer = csv_module.writer(sys.stdout, lineterminator="\n")
        writer.writerow(("venue", "method", "path", "effect", "description"))
        writer.writerows(rows)
        return
    for name, method, path, effect, doc in rows:
        click.echo(f"{name:16} {effect:8} {method:6} {path:40} {doc}")


@main.command()
def venues() -> None:
    """Print which venue can what, as the README's table."""
    from blave_mcp.server.matrix import capabilities

    click.echo(capabilities())


@main.command()
@click.option("--limit", default=20, show_default=True, help="How many, newest first.")
@click.option("--full", is_flag=True, help="With summaries and steps.")
@click.option("--json", "as_json", is_flag=True)
def actions(limit: int, full: bool, as_json: bool) -> None:
    """Show the record: what was proposed, who confirmed it, what became of it."""
    from blave_mcp.server.store import SqliteLedger, Store
    from blave_mcp.tools.confirm import action_data, report

    with Store(_settings().home / "blave-mcp.sqlite3") as store:
        found = SqliteLedger(store).recent(limit=limit)
    if as_json:
        click.echo(json.dumps([{**action_data(a), "summary": a.summary} for a in found], ensure_ascii=False, indent=1))
        return
    for action in found:
        click.echo(report(action))
        if full:
            click.echo(action.summary)
        click.echo()
    if not found:
        click.echo("There are no actions yet.")


@main.command()
@click.argument("reason", nargs=-1)
def halt(reason: tuple[str, ...]) -> None:
    """Stop all writes, in every running server, until `resume`."""
    from blave_mcp.server.store import HaltFile

    HaltFile(_settings().home).halt(" ".join(reason) or "by the operator")
    click.echo("Halted. Nothing is sent until `blave-mcp resume`; reads go on.")


@main.command()
def resume() -> None:
    """End a halt."""
    from blave_mcp.server.store import HaltFile

    HaltFile(_settings().home).resume()
    click.echo("Resumed. Every action still wants its own CONFIRM.")


@main.command()
def doctor() -> None:
    """Check the settings, the folder and which keys are set; sends nothing and shows no key."""
    from blave_mcp.server.doctor import examine

    raise SystemExit(examine(_settings(), click.echo))


@main.command()
@click.option("--client", type=click.Choice(["claude-desktop", "claude-code", "inspector"]), default="claude-desktop")
def setup(client: str) -> None:
    """Print what to paste into a client."""
    from blave_mcp.server.doctor import client_entry

    click.echo(client_entry(client))


@main.command()
@click.option("--venue", help="Serve this venue's face: binance-spot, binance-futures, bybit, okx, ...")
@click.option("--port", type=int, default=0, help="On 127.0.0.1; 0 picks a free one and prints it.")
@click.option("--reset", is_flag=True, help="Start the paper books anew.")
def paper(venue: str | None, port: int, reset: bool) -> None:
    """The paper exchange: serve a venue's face on loopback for any client, or start anew."""
    import anyio

    from blave_mcp.server.paper import reset_books, serve_face

    settings = _settings(mode="paper")
    if reset:
        reset_books(settings)
        click.echo("The paper books start anew.")
    if venue:
        anyio.run(serve_face, settings, venue, port, click.echo)
    elif not reset:
        raise click.UsageError("Give --venue, --reset or both.")


@main.command()
@click.argument("currency")
@click.option("--venue", default="bitfinex", show_default=True)
@click.option("--amount", default="", help="At most so much; all that is free or rests without.")
@click.option("--tranches", type=click.IntRange(1, 10), default=3, show_default=True, help="Offers of one period.")
@click.option("--weights", default="", help='Your own shares by period in days: "2:70,30:30".')
def lend(currency: str, venue: str, amount: str, tranches: int, weights: str) -> None:
    """Plan offers of idle funds, show the whole plan, and send it once you have typed CONFIRM. Never unattended."""
    from blave_mcp.server.cli_monitor import lend_once

    options = {"venue": venue, "amount": amount, "tranches": tranches, "weights": weights}
    raise SystemExit(lend_once(_settings(), currency, options))


@main.group()
def monitor() -> None:
    """Watch from a terminal: what is new is printed, and sent to the channels that you set up."""


@monitor.command("posts")
@click.option("--every", "minutes", type=click.IntRange(1, 1440), help="Look every so many minutes; once without.")
@click.option("--translate", "language", default="", help="Add a translation, for instance zh-TW (an extra).")
def monitor_posts(minutes: int | None, language: str) -> None:
    """Print and push new posts of the feed, each once."""
    from blave_mcp.server.cli_monitor import watch_posts

    raise SystemExit(watch_posts(_settings(), minutes, language))


@monitor.command("alerts")
@click.option("--channel", "names", multiple=True, help="A channel that Blave set up for you; may be given again.")
def monitor_alerts(names: tuple[str, ...]) -> None:
    """Print and push TradingView alerts as they come, none of them lost while it was not running."""
    from blave_mcp.server.cli_monitor import watch_alerts

    raise SystemExit(watch_alerts(_settings(), names))


if __name__ == "__main__":
    main()
