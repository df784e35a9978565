"""The research tools. What computes is imported when one of them first runs."""

from __future__ import annotations

from blave_mcp.exchanges.params import Param, integer, one_of, text
from blave_mcp.tools.answers import MARKETS, PERPETUAL
from blave_mcp.tools.desk import Caller, Desk
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch

PLATEAU = "plateau"
PERMUTATIONS = 500


async def backtest(
    desk: Desk, *, caller: Caller, source: str, symbol: str, strategy: str, period: str = "1h", start: str = "",
    end: str = "", market: str = PERPETUAL, indicator: str = "", options: str = "", params: str = "",
    settings: str = "",
) -> Result:  # fmt: skip
    from blave_mcp.tools.backtest import jobs

    ask = jobs.asked(
        source=source, symbol=symbol, strategy=strategy, period=period, start=start, end=end, market=market,
        indicator=indicator, options=options, params=params, settings=settings,
    )  # fmt: skip
    return await jobs.backtest_job(desk, ask, caller)


async def scan_parameters(
    desk: Desk, *, caller: Caller, source: str, symbol: str, strategy: str, period: str = "1h", start: str = "",
    end: str = "", market: str = PERPETUAL, indicator: str = "", options: str = "", grid: str = "", params: str = "",
    settings: str = "",
) -> Result:  # fmt: skip
    from blave_mcp.tools.backtest import jobs

    ask = jobs.asked(
        source=source, symbol=symbol, strategy=strategy, period=period, start=start, end=end, market=market,
        indicator=indicator, options=options, params=params, settings=settings,
    )  # fmt: skip
    return await jobs.scan_job(desk, ask, grid, caller)


async def validate_strategy(
    desk: Desk, *, caller: Caller, source: str, symbol: str, strategy: str, period: str = "1h", start: str = "",
    end: str = "", market: str = PERPETUAL, indicator: str = "", options: str = "", grid: str = "", params: str = "",
    settings: str = "", split: str = "", choose: str = PLATEAU, permutations: int = 0, method: str = "rotation",
    seed: int = 0,
) -> Result:  # fmt: skip
    from blave_mcp.tools.backtest import jobs, judging

    ask = jobs.asked(
        source=source, symbol=symbol, strategy=strategy, period=period, start=start, end=end, market=market,
        indicator=indicator, options=options, params=params, settings=settings,
    )  # fmt: skip
    return await judging.validate_job(
        desk, ask, grid_text=grid, split=split, choose=choose, permutations=permutations, seed=seed, method=method,
        caller=caller,
    )  # fmt: skip


async def compare_strategies(
    desk: Desk, *, caller: Caller, source: str, symbol: str, strategies: str, period: str = "1h", start: str = "",
    end: str = "", market: str = PERPETUAL, options: str = "", settings: str = "", split: str = "",
    choose: str = PLATEAU, permutations: int = 0, seed: int = 0,
) -> Result:  # fmt: skip
    from blave_mcp.tools.backtest import judging

    base = {
        "source": source, "symbol": symbol, "period": period, "start": start, "end": end, "market": market,
        "options": options,
    }  # fmt: skip
    return await judging.compare_job(
        desk, base, strategies, settings, split=split, choose=choose, permutations=permutations, seed=seed,
        caller=caller,
    )  # fmt: skip


async def scan_universe(
    desk: Desk, *, caller: Caller, source: str, symbols: str, strategy: str, period: str = "1h", start: str = "",
    end: str = "", market: str = PERPETUAL, indicator: str = "", options: str = "", grid: str = "", params: str = "",
    settings: str = "", choose: str = PLATEAU, permutations: int = PERMUTATIONS, seed: int = 0,
) -> Result:  # fmt: skip
    from blave_mcp.tools.backtest import jobs, universe_job

    ask = jobs.asked(
        source=source, symbol="", strategy=strategy, period=period, start=start, end=end, market=market,
        indicator=indicator, options=options, params=params, settings=settings,
    )  # fmt: skip
    return await universe_job.universe_job(
        desk, ask, symbols, grid_text=grid, choose=choose, permutations=permutations, seed=seed, caller=caller
    )


_SOURCE = text(
    "source", '"blave", a venue, or a CSV of the data folder ("my.csv": time, open, high, low, close, ...).',
    required=True,
)  # fmt: skip
_SYMBOL = text("symbol", '"BTC/USDT".', required=True)
_STRATEGY = one_of(
    "strategy", ("threshold", "kd", "trend"),
    "threshold: entry, exit, side, max_age; kd: k_period, k_smooth, d_smooth, ewm, oversold, side; trend: days, side.",
    required=True,
)  # fmt: skip
_PERIOD = text("period", '"1h", "4h", "1d"; "15min" at Blave.')
_RANGE = (
    text("start", "First day (UTC); required unless the source is a file."),
    text("end", "Until before it; default now."),
)
_MARKET = one_of("market", MARKETS, "Of a venue.", example=PERPETUAL)
_INDICATOR = text("indicator", "For threshold: an indicator, or a column of the file; default holder_concentration.")
_OPTIONS = text("options", 'Of the indicator: "timeframe=24h".')
_PARAMS = text("params", '"entry=1 exit=-0.5"; the rest keep their defaults.')
_GRID = text("grid", '"entry=0:2:0.5 exit=-1,0"; default the usual grid.')
_SETTINGS = text(
    "settings",
    'Defaults: "target_vol=0.3 cap=2 vol_days=30 vol_floor=0.05 band=0.1 fixed=0 fee=0.0005 slippage=0 funding=0 lag=1 '
    'trend_days=0"; target_vol=0: one unit; funding per 8 h.',
)
_SPLIT = text("split", "First day out of sample; default the last third.")
_CHOOSE = one_of("choose", (PLATEAU, "peak"), "How a cell is chosen.")
_ALL = integer("permutations", "0: every rotation.", high=100_000)
_SEED = integer("seed", "Of what is drawn at random.", high=2**31)


def _tool(name: str, title: str, doc: str, run: object, params: tuple[Param, ...]) -> Tool:
    return Tool(
        name=name, title=title, doc=doc, toolset=Toolset.RESEARCH, touch=Touch.READ, run=run,  # type: ignore[arg-type]
        params=params, wants_caller=True,
    )  # fmt: skip


RESEARCH_TOOLS = (
    _tool(
        "backtest",
        "Backtest",
        "Runs one strategy over past bars: figures beside buy and hold, trades, regimes, equity; every bar as a file.",
        backtest,
        (_SOURCE, _SYMBOL, _STRATEGY, _PERIOD, *_RANGE, _MARKET, _INDICATOR, _OPTIONS, _PARAMS, _SETTINGS),
    ),
    _tool(
        "scan_parameters",
        "Parameter scan",
        "Runs a strategy with every combination of a grid: a map of Sharpe ratios, the peak and the plateau, both "
        "in-sample.",
        scan_parameters,
        (_SOURCE, _SYMBOL, _STRATEGY, _PERIOD, *_RANGE, _MARKET, _INDICATOR, _OPTIONS, _GRID, _PARAMS, _SETTINGS),
    ),
    _tool(
        "validate_strategy",
        "Validation",
        "Tells skill from luck: chooses in sample, runs out of sample, and tests by rotation, by repeating the search, "
        "by walk-forward, deflated Sharpe, overfitting probability and bootstrap; a verdict with its reasons.",
        validate_strategy,
        (
            _SOURCE,
            _SYMBOL,
            _STRATEGY,
            _PERIOD,
            *_RANGE,
            _MARKET,
            _INDICATOR,
            _OPTIONS,
            _GRID,
            _PARAMS,
            _SETTINGS,
            _SPLIT,
            _CHOOSE,
            _ALL,
            one_of("method", ("rotation", "shuffle"), "shuffle adds a test that shuffles returns, less reliable."),
            _SEED,
        ),
    ),
    _tool(
        "compare_strategies",
        "Strategy comparison",
        "Validates 2 to 8 strategies side by side on the same bars, p-values corrected for the comparison.",
        compare_strategies,
        (
            _SOURCE,
            _SYMBOL,
            text("strategies", '"kd; threshold taker_intensity; threshold entry=1 exit=0".', required=True),
            _PERIOD,
            *_RANGE,
            _MARKET,
            _OPTIONS,
            _SETTINGS,
            _SPLIT,
            _CHOOSE,
            _ALL,
            _SEED,
        ),
    ),
    _tool(
        "scan_universe",
        "Universe scan",
        "Scans a strategy's grid on many symbols and tests each search; p-values corrected for all of them.",
        scan_universe,
        (
            _SOURCE,
            text("symbols", 'Up to 500: "BTC/USDT,ETH/USDT".', required=True),
            _STRATEGY,
            _PERIOD,
            *_RANGE,
            _MARKET,
            _INDICATOR,
            _OPTIONS,
            _GRID,
            _PARAMS,
            _SETTINGS,
            _CHOOSE,
            integer("permutations", "0: every rotation.", high=100_000),
            _SEED,
        ),
    ),
)
