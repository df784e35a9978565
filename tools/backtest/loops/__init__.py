"""The same arithmetic as `kernels`, as compiled loops, for jobs that run a thousand times.

Importing this package imports numba: `fast` does it when such a job comes. The loops take whole series alone: no bar
missing. A file calls none but its own compiled functions: numba's cache looks at the file of a function alone.
"""

from blave_mcp.tools.backtest.loops.kd import kd_totals, kd_trades
from blave_mcp.tools.backtest.loops.rotations import best_of_rotations
from blave_mcp.tools.backtest.loops.tape import banded, market
from blave_mcp.tools.backtest.loops.threshold import threshold_totals, threshold_trades

__all__ = ["banded", "best_of_rotations", "kd_totals", "kd_trades", "market", "threshold_totals", "threshold_trades"]
