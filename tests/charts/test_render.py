"""What is drawn: axes, ticks, legends, colours and counts, and what it looks like from across the room."""

from __future__ import annotations

import builtins
import re
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.tools.charts import fonts
from blave_mcp.tools.charts import render as rendering
from blave_mcp.tools.charts.backtest import heat_figure
from blave_mcp.tools.charts.figure import Candles, Figure, Heat, Role, Rule, Scale
from blave_mcp.tools.charts.fonts import legible
from blave_mcp.tools.charts.render import build, picture, render
from blave_mcp.tools.charts.styles import DARK, LIGHT, STYLES
from tests.charts import baselines, samples
from tests.conftest import ROOT

UNLIKE = 0.15
"""A foreign font makes 0.11 at most, another chart 0.39 at least."""

TICK = re.compile(
    r"|−?-?\d[\d,]*(\.\d+)?( %|[KMBT])?|\d{4}|\d\d [A-Z][a-z]{2}|[A-Z][a-z]{2} \d{4}|\d\d:\d\d|−\d+(\.\d+)?"
)
each = pytest.mark.parametrize("name", samples.SAMPLES)


def drawn(figure: Figure, style: str = "dark") -> Any:
    sheet = build(figure, style)
    sheet.canvas.draw()
    return sheet


def texts_of(sheet: Any) -> list[str]:
    from matplotlib.text import Text

    return [one.get_text() for one in sheet.findobj(Text) if one.get_visible() and one.get_text()]


def collections(axes: Any) -> dict[str, Any]:
    return {one.get_label(): one for one in axes.collections if not one.get_label().startswith("_")}


@pytest.fixture(scope="module")
def seconds() -> dict[str, float]:
    """How long each chart took, filled by `pngs`."""
    return {}


@pytest.fixture(scope="module")
def pngs(seconds: dict[str, float]) -> dict[str, bytes]:
    """Every sample, drawn once after a first one that pays for the library."""
    render(samples.ladder())
    found = {}
    for name, make in samples.SAMPLES.items():
        before = time.perf_counter()
        found[name] = render(make())
        seconds[name] = time.perf_counter() - before
    return found


@cache
def sheet_of(name: str) -> Any:
    return drawn(samples.SAMPLES[name]())


@each
def test_a_picture_is_a_png_of_the_promised_size_and_looks_like_its_baseline(name: str, pngs: dict[str, bytes]):
    png = pngs[name]
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert width >= 1200
    assert 500 <= height <= 1500
    assert len(png) < 500_000
    assert baselines.unlike(baselines.thumb(png), baselines.kept(name)) < UNLIKE
    others = [baselines.kept(other) for other in samples.SAMPLES if other != name]
    assert min(baselines.unlike(baselines.thumb(png), other) for other in others) > UNLIKE


def test_a_picture_that_lacks_a_panel_or_a_meaning_is_not_taken_for_its_baseline():
    whole = samples.liquidation()
    half = replace(whole, panels=whole.panels[:1])
    assert baselines.unlike(baselines.thumb(render(half)), baselines.kept("liquidation")) > UNLIKE
    bare = replace(whole, panels=[replace(p, marks=p.marks[:1]) for p in whole.panels])
    assert baselines.unlike(baselines.thumb(render(bare)), baselines.kept("liquidation")) > UNLIKE


@each
def test_every_tick_is_a_number_a_date_or_a_name_and_no_text_holds_a_format_code(name: str):
    figure, sheet = samples.SAMPLES[name](), sheet_of(name)
    names = {legible(one) for panel in figure.panels for one in panel.names}
    heats = [mark for panel in figure.panels for mark in panel.marks if isinstance(mark, Heat)]
    names |= {legible(one) for heat in heats for one in (*heat.rows, *heat.columns)}
    ticks = [
        label.get_text() for axes in sheet.axes for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()
    ]
    assert sum(bool(tick) for tick in ticks) >= 4
    assert [tick for tick in ticks if tick not in names and not TICK.fullmatch(tick)] == []
    for text in texts_of(sheet):
        assert not re.search(r"[{}]|%[a-zA-Z]|\.\d+f|None|nan|inf\b|\\", text), text


@each
def test_axes_are_labelled_and_the_legend_names_what_has_a_label(name: str):
    figure, sheet = samples.SAMPLES[name](), sheet_of(name)
    shown = texts_of(sheet)
    assert any(figure.title == text for text in shown)
    panels = [axes for axes in sheet.axes if axes.get_subplotspec() is not None and axes.get_label() != "<colorbar>"]
    for panel in figure.panels:
        if panel.y_label:
            assert any(panel.y_label == text.replace("\n", " ") for text in shown), panel.y_label
    for axes, panel in zip(panels[: len(figure.panels)], figure.panels, strict=False):
        if not panel.legend:
            assert axes.get_legend() is None
    wanted = {
        legible(mark.label)
        for panel in figure.panels
        if panel.legend
        for mark in panel.marks
        if not isinstance(mark, Candles | Heat | Rule) and mark.label
    }
    legends = [axes.get_legend() for axes in sheet.axes if axes.get_legend() is not None]
    labels = {text.get_text() for legend in legends for text in legend.get_texts()}
    assert wanted <= labels


@pytest.mark.parametrize("style", STYLES)
def test_colours_follow_the_meaning_in_both_styles(style: str):
    from matplotlib.colors import to_hex

    look = STYLES[style]
    sheet = drawn(samples.liquidation(), style)
    bars = collections(sheet.axes[0])
    assert to_hex(bars["long exposure, 24h"].get_facecolor()[0]) == look.colours[Role.LONG]
    assert to_hex(bars["short exposure, 24h"].get_facecolor()[0]) == look.colours[Role.SHORT]
    right = next(axes for axes in sheet.axes if axes.get_ylabel().startswith("USD between"))
    lines = {line.get_label(): to_hex(line.get_color()) for line in right.get_lines()}
    assert lines["longs liquidated down to here"] == look.colours[Role.LONG]
    assert lines["shorts liquidated up to here"] == look.colours[Role.SHORT]
    assert to_hex(sheet.get_facecolor()) == look.paper


def test_the_count_of_bars_is_that_of_the_data():
    sheet = sheet_of("liquidation")
    upper, lower = (axes for axes in sheet.axes if axes.get_ylabel() == "USD at the level")
    assert {len(one.get_paths()) for one in collections(upper).values()} == {200}
    assert {len(one.get_paths()) for one in collections(lower).values()} == {150}
    candle = sheet_of("klines").axes[0].collections
    assert [len(one.get_paths()) for one in candle[:2]] == [120, 120]
    flows = sheet_of("etf").axes[0].collections
    assert len(flows[0].get_paths()) == len(samples.FLOW_DAYS) - 1


def test_a_small_heat_map_writes_its_numbers_and_a_large_one_has_a_scale():
    small = sheet_of("heat")
    cells = [value for row in samples.grid() for value in row]
    assert [text.get_text() for text in small.axes[0].texts] == ["-" if v is None else f"{v:.2f}" for v in cells]
    assert len(small.axes) == 2
    names = [str(n) for n in range(20)]
    values = [[samples.wave(r * 20 + c) for c in range(20)] for r in range(20)]
    large = drawn(heat_figure("x", values, names, names, row_name="a", column_name="b", measure="Sharpe"))
    assert len(large.axes[0].texts) == 0
    assert large.axes[1].get_ylabel() == "Sharpe"
    assert len(large.axes[0].get_xticks()) <= 12


def test_rising_and_falling_candles_have_their_colours():
    from matplotlib.colors import to_hex

    bodies = sheet_of("klines").axes[0].collections[1]
    wanted = [DARK.colours[Role.UP if bar.close >= bar.open else Role.DOWN] for bar in samples.candles()]
    assert [to_hex(colour) for colour in bodies.get_facecolor()] == wanted


def test_every_role_has_a_colour_in_both_styles_that_stands_out_from_the_paper():
    def light(colour: str) -> float:
        red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    for look in (DARK, LIGHT):
        assert set(look.colours) == set(Role)
        for colour in (*look.colours.values(), look.text, look.faint):
            bright, dim = sorted((light(colour), light(look.panel)), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 2.7, (look.name, colour)


def test_text_that_others_wrote_is_drawn_as_it_is_and_never_as_a_formula():
    figure = samples.traders()
    figure = replace(figure, title="$\\frac{1}{0}$ %s {x}")
    assert "$\\frac{1}{0}$ %s {x}" in texts_of(drawn(figure))
    assert any(text.startswith("Trader $three$") for text in texts_of(sheet_of("traders")))


def test_characters_that_no_installed_font_has_are_left_out_and_the_rest_stays(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fonts, "glyphs", lambda: frozenset(range(32, 127)))
    assert legible("麻吉大哥 (Machi) BTC") == "(Machi) BTC"
    assert legible("a\nb  c") == "a\nb  c"
    monkeypatch.setattr(fonts, "glyphs", lambda: frozenset(range(0x110000)))
    assert legible("麻吉大哥") == "麻吉大哥"


async def test_a_picture_is_drawn_beside_the_event_loop_and_says_what_it_shows(monkeypatch: pytest.MonkeyPatch):
    import threading

    where: list[str] = []

    def watched(figure: Figure, style: str = "dark") -> bytes:
        where.append(threading.current_thread().name)
        return render(figure, style)

    monkeypatch.setattr(rendering, "render", watched)
    made = await picture(samples.ladder())
    assert where != [threading.main_thread().name]
    assert made.name == "lending-ladder-UST"
    assert made.png[:4] == b"\x89PNG"
    assert "FRR 8.87 %" in made.alt
    assert made.caption == samples.ladder().caption


async def test_without_matplotlib_the_failure_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    fonts.library_of_charts.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Unavailable) as failure:
        await picture(samples.ladder())
    monkeypatch.undo()
    assert "pip install 'blave-quant-mcp[charts]'" in str(failure.value)
    assert "No chart was drawn." in str(failure.value)


def test_three_modules_alone_know_matplotlib_and_never_pyplot():
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("server", "tools", "exchanges")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if re.search(r"^\s*(import|from) matplotlib", path.read_text(), re.MULTILINE)
    ]
    assert found == ["tools/charts/fonts.py", "tools/charts/panels.py", "tools/charts/render.py"]
    for name in found:
        assert not re.search(r"import pyplot|matplotlib\.pyplot", (ROOT / name).read_text())


def test_importing_every_chart_module_loads_nothing_heavy():
    names = [f"blave_mcp.tools.charts.{path.stem}" for path in sorted((ROOT / "tools" / "charts").glob("[a-z]*.py"))]
    code = f"import sys, {', '.join(names)}; print(sorted({{'matplotlib', 'numpy', 'PIL'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[]", run.stderr


def test_every_scale_writes_ticks_without_an_exponent():
    from blave_mcp.tools.charts.words import tick

    for scale in Scale:
        for value in (0.0, 1e-7, 1.5, -2e9, 67_890.123):
            assert "e" not in tick(scale, value)


@pytest.mark.benchmark
def test_each_chart_is_made_in_time(pngs: Mapping[str, bytes], seconds: Mapping[str, float]):
    lines = [f"{name:14} {seconds[name] * 1000:5.0f} ms {len(png) / 1000:4.0f} kB" for name, png in pngs.items()]
    sys.stderr.write("\nchart, once, after the first\n" + "\n".join(lines) + "\n")
    assert max(seconds.values()) < 5.0


def test_baselines_are_kept_for_every_sample_and_nothing_else():
    kept = {path.stem for path in Path(baselines.FOLDER).glob("*.png")}
    assert kept == set(samples.SAMPLES)
