"""Where the real data are, how properties are searched, and a canvas without a screen."""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import Phase, settings

import lpgreeks as lp

mpl.use("Agg")

# Derandomised: the same inputs on every run and machine; no deadline, since the first call imports.
settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=150)
settings.register_profile("unshrunk", parent=settings.get_profile("fixed"), phases=(Phase.explicit, Phase.generate))
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data, from LPGREEKS_TEST_DATA."""
    folder = os.environ.get("LPGREEKS_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no real data: set LPGREEKS_TEST_DATA to a folder that holds binance-1m-2023-04-05")
    return Path(folder)


@pytest.fixture
def pool() -> lp.UniswapV3:
    return lp.UniswapV3.from_value(100_000, base="ETH", quote="USDC", price=1_900, lower=1_700, upper=2_100)


@pytest.fixture
def linear() -> lp.LinearPerp:
    return lp.LinearPerp(base="ETH", quote="USDC", entry=1_900)


@pytest.fixture
def inverse() -> lp.InversePerp:
    return lp.InversePerp(base="ETH", quote="USDC", entry=1_900)


@pytest.fixture
def week() -> lp.Lognormal:
    return lp.Lognormal(price=1_900, volatility=0.65, years=7 / 365)


@pytest.fixture
def usdc() -> lp.Variance:
    return lp.Variance(lp.Value("USDC"))
