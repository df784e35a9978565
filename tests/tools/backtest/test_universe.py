"""A universe gives the same numbers in this process, in a pool and on a cluster."""

from functools import partial

import numpy as np
import pytest

from blave_mcp.exchanges.errors import Unavailable
from blave_mcp.tools.backtest.tape import Settings
from blave_mcp.tools.backtest.universe import (
    Job,
    Study,
    dask_cluster,
    one_by_one,
    process_pool,
    ranked,
    study,
)
from blave_mcp.tools.backtest.validation import adjusted
from tests.tools.backtest.markets import made


def jobs(count: int, n: int = 900) -> list[Job]:
    return [
        Job(
            symbol=f"S{seed}", bars=partial(made, n if seed != 1 else 40, seed), strategy="threshold", fixed={},
            axes={"entry": (0.5, 1.0), "exit": (-0.5, 0.0)}, settings=Settings(vol_days=4), permutations=60,
        )
        for seed in range(count)
    ]  # fmt: skip


def test_a_study_is_its_scan_its_choice_and_its_test():
    found = study(jobs(1)[0])
    assert (found.symbol, found.cells, found.failed) == ("S0", 4, "")
    assert found.p is not None
    assert (found.p * 61) == pytest.approx(round(found.p * 61))
    assert found.best is not None
    assert found.sharpe is not None
    assert found.best >= found.sharpe


def test_a_symbol_without_enough_history_stops_nobody():
    found = list(one_by_one(jobs(3)))
    assert [bool(one.failed) for one in found] == [False, True, False]
    assert "Too little history" in found[1].failed


def test_a_pool_of_processes_gives_the_same_numbers():
    with process_pool(2) as through:
        assert list(through(iter(jobs(7)))) == list(one_by_one(jobs(7)))


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_numbers():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp://"
        ) as cluster,
        dask_cluster(cluster.scheduler_address) as through,
    ):
        assert list(through(iter(jobs(7)))) == list(one_by_one(jobs(7)))


def test_a_cluster_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch):
    distributed = pytest.importorskip("distributed")

    def silent(*args: object, **more: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(distributed, "Client", silent)
    told = r"No Dask scheduler answers at tcp://127.0.0.1:1 .*Nothing was run"
    with pytest.raises(Unavailable, match=told), dask_cluster("tcp://127.0.0.1:1"):
        raise AssertionError("there is a cluster")


def test_symbols_are_ranked_by_what_is_left_after_correction():
    p_values = [0.2, None, 0.001, 0.04]
    found = ranked(Study(symbol=f"S{n}", p=p, sharpe=1.0) for n, p in enumerate(p_values))
    assert [one.study.symbol for one in found] == ["S2", "S3", "S0", "S1"]
    corrected = [one.corrected for one in found[:3] if one.corrected is not None]
    np.testing.assert_allclose(corrected, np.sort(adjusted([0.2, 0.001, 0.04])))
    assert found[-1].corrected is None
