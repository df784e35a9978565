"""Small pictures of the pictures: what a chart looks like from across the room.

A baseline is the chart's brightness on a coarse grid, on which letters of another font make no difference and a missing
line, panel or colour does. `python -m tests.charts.baselines` draws them anew; look at the charts before you keep them.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from blave_mcp.tools.charts.render import render
from tests.charts.samples import SAMPLES

FOLDER = Path(__file__).with_name("baselines")
SIZE = (48, 32)

Thumb = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def thumb(png: bytes) -> Thumb:
    """Brightness, 0 to 1, by rows of the coarse grid."""
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("L").resize(SIZE, Image.Resampling.BOX), dtype=np.float64) / 255


def kept(name: str) -> Thumb:
    with Image.open(FOLDER / f"{name}.png") as picture:
        return np.asarray(picture, dtype=np.float64) / 255


def unlike(one: Thumb, other: Thumb) -> float:
    """How different two are: 1 less the correlation of what stands out from each one's mean."""
    return float(1 - np.corrcoef(one.ravel(), other.ravel())[0, 1])


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, make in SAMPLES.items():
        shades = np.round(thumb(render(make())) * 255).astype(np.uint8)
        Image.fromarray(shades).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
