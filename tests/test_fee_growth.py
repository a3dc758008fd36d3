"""Fees from the contract's counters, against a pool of ticks in the contract's own integers.

No set of real data has fee growth, so the pool is simulated as the contract computes it: swaps that cross initialised
ticks, global counters and those outside each tick, roundings. Source: the whitepaper of Uniswap v3, sections 6.2-6.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.onchain import sqrt_price_x96, tick_at_sqrt_price_x96

POOL = lp.OnchainPool(token0="USDC", token1="WETH", decimals0=6, decimals1=18, tick_spacing=10, base="WETH")
TICK = 199_045  # about 2,270 USDC
FEE, PIPS = 500, 1_000_000
Q96, Q128, Q256 = 1 << 96, 1 << 128, 1 << 256

COUNTED = 1e-9
"""A thousand increments, each a double; the contract itself keeps a step's fee in whole raw units."""

RAW_UNIT = 1e-6
"""Of USDC."""

# Where a state keeps what was earned, per token: coins, dollars.
EARNED, LEAST, MOST = slice(8, 10), slice(10, 12), slice(12, 14)


def up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


@dataclass
class Contract:
    """A pool as its contract keeps it. Amounts are exact inputs; counters wrap."""

    growth: list[int]
    root: int = sqrt_price_x96(TICK) + 10**20
    tick: int = TICK
    liquidity: int = 0
    net: dict[int, int] = field(default_factory=dict)
    outside: dict[int, list[int]] = field(default_factory=dict)
    paid: list[int] = field(default_factory=lambda: [0, 0])
    """Fees of all swaps, raw."""

    def mint(self, lower: int, upper: int, liquidity: int) -> None:
        for tick, sign in ((lower, 1), (upper, -1)):
            if tick not in self.net:
                # By convention all growth so far happened below a tick that the price is at or above.
                self.outside[tick] = list(self.growth) if tick <= self.tick else [0, 0]
            self.net[tick] = self.net.get(tick, 0) + sign * liquidity
        if lower <= self.tick < upper:
            self.liquidity += liquidity

    def inside(self, lower: int, upper: int) -> list[int]:
        """Fee growth inside a range, from the counters outside its two ticks."""
        found = []
        for token in range(2):
            all_, low, high = self.growth[token], self.outside[lower][token], self.outside[upper][token]
            below = low if self.tick >= lower else all_ - low
            above = high if self.tick < upper else all_ - high
            found.append((all_ - below - above) % Q256)
        return found

    def swap(self, token: int, amount: int) -> tuple[int, int]:
        """An exact input of one token; what came into the pool of both, raw."""
        left, given = amount, 0
        while left:
            ticks = [t for t in self.net if (t <= self.tick if token == 0 else t > self.tick)]
            edge = max(ticks) if token == 0 else min(ticks)
            moved, taken, out, fee = self._step(token, left, sqrt_price_x96(edge))
            left -= taken + fee
            given += out
            self.paid[token] += fee
            self.growth[token] = (self.growth[token] + fee * Q128 // self.liquidity) % Q256
            if moved == sqrt_price_x96(edge):
                self.outside[edge] = [(g - o) % Q256 for g, o in zip(self.growth, self.outside[edge], strict=True)]
                self.liquidity += -self.net[edge] if token == 0 else self.net[edge]
                self.tick = edge - 1 if token == 0 else edge
            else:
                self.tick = tick_at_sqrt_price_x96(moved)
            self.root = moved
        return (amount, -given) if token == 0 else (-given, amount)

    def _step(self, token: int, left: int, target: int) -> tuple[int, int, int, int]:
        """To the next tick or as far as the amount goes: root, taken in, given out, fee."""
        own, root = self.liquidity, self.root
        reach = self._of0(target, root, round_up=True) if token == 0 else up(own * (target - root), Q96)
        less_fee = left * (PIPS - FEE) // PIPS
        if less_fee >= reach:
            moved, taken = target, reach
            fee = up(taken * FEE, PIPS - FEE)
        else:
            moved = up(own * Q96 * root, own * Q96 + less_fee * root) if token == 0 else root + less_fee * Q96 // own
            taken = self._of0(moved, root, round_up=True) if token == 0 else up(own * (moved - root), Q96)
            fee = left - taken
        out = own * (root - moved) // Q96 if token == 0 else self._of0(root, moved, round_up=False)
        return moved, taken, out, fee

    def _of0(self, low: int, high: int, *, round_up: bool) -> int:
        """Token 0 between two roots."""
        numerator = self.liquidity * Q96 * (high - low)
        return up(up(numerator, high), low) if round_up else numerator // high // low


RANGES = {
    "never left": (TICK - 3_045, TICK + 2_955, 4 * 10**17),
    "left and entered": (TICK - 45, TICK + 55, 3 * 10**18),
    "one tick": (TICK - 5, TICK + 5, 10**18),
}
"""The positions that are replayed: ticks and raw liquidity."""

OTHERS = [(TICK - 20_005 + 20_000 * (k > 0) - 60 * k, TICK + 15 + 40 * k + 20_000 * (k == 0), 10**18 * (k + 3))
          for k in range(6)]  # fmt: skip


def simulated(*, counters: tuple[int, int], swaps: int = 1_200) -> tuple[pd.DataFrame, dict[str, np.ndarray], Contract]:
    """The swaps as a file has them, and what the contract owes each position for those after the first, raw."""
    rng = np.random.default_rng(7)
    contract = Contract(list(counters))
    for lower, upper, liquidity in [*RANGES.values(), *OTHERS]:
        contract.mint(lower, upper, liquidity)
    rows, first = [], {}
    for k in range(swaps):
        away = TICK - contract.tick
        # Drawn back to where it began, so that it crosses the same ticks again and again.
        token = int(rng.random() < 0.5 + np.tanh(away / 150) / 2.5)
        size = float(rng.lognormal(0.0, 1.2))
        amount = int(size * 400_000 * 10**6) if token == 0 else int(size * 180 * 10**18)
        amounts = contract.swap(token, amount)
        rows.append((k, *amounts, contract.root, contract.liquidity, *contract.growth))
        if k == 0:
            first = {name: contract.inside(*r[:2]) for name, r in RANGES.items()}
    owed = {
        name: np.array(
            [
                r[2] * ((now - then) % Q256) // Q128
                for now, then in zip(contract.inside(*r[:2]), first[name], strict=True)
            ]
        )
        for name, r in RANGES.items()
    }
    block, amount0, amount1, root, liquidity, growth0, growth1 = zip(*rows, strict=True)
    table = pd.DataFrame(
        {
            "block_number": np.array(block) + 18_937_382,
            "block_timestamp": (pd.Timestamp("2024-01-05") + pd.to_timedelta(12 * np.array(block), unit="s")).astype(
                str
            ),
            "tx_type": "SWAP",
            "log_index": 1,
            "amount0": list(map(str, amount0)),
            "amount1": list(map(str, amount1)),
            "total_liquidity": list(map(str, liquidity)),
            "sqrtPriceX96": list(map(str, root)),
            "feeGrowthGlobal0X128": list(map(str, growth0)),
            "feeGrowthGlobal1X128": list(map(str, growth1)),
        }
    )
    return table, owed, contract


@pytest.fixture(scope="module", params=[(0, 0), (Q256 - 10**29, Q256 - 10**38)], ids=["from nothing", "wrapping"])
def pool(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """The tape of the file, what the contract owes, and the contract."""
    table, owed, contract = simulated(counters=request.param)
    if request.param != (0, 0):
        assert all(int(g) < c for g, c in zip(contract.growth, request.param, strict=True))  # both came round
    path = tmp_path_factory.mktemp("pool") / "pool.tick.csv"
    table.to_csv(path, index=False)
    return lp.Tape(pool=lp.read_swaps(path, pool=POOL)), owed, contract


def replayed(tape: lp.Tape, name: str) -> lp.Replayed:
    lower, upper, liquidity = RANGES[name]
    return lp.replay(POOL.position(tick_lower=lower, tick_upper=upper, liquidity=liquidity), None, tape)


def in_tokens(raw: np.ndarray) -> np.ndarray:
    """WETH, USDC."""
    return raw[::-1] / np.array([1e18, 1e6])


def test_the_contract_keeps_its_own_books() -> None:
    """What it owes all positions is what all swaps paid, less what rounding leaves with the pool."""
    _, _, contract = simulated(counters=(0, 0))
    assert contract.liquidity == sum(x for low, high, x in [*RANGES.values(), *OTHERS] if low <= contract.tick < high)
    owed = np.zeros(2)
    for lower, upper, liquidity in [*RANGES.values(), *OTHERS]:
        owed += [liquidity * g / Q128 for g in contract.inside(lower, upper)]
    assert owed == pytest.approx(contract.paid, rel=1e-12)


def test_a_position_that_is_never_left_earns_what_the_contract_owes(pool) -> None:
    """Its range holds every tick that is crossed: whatever the liquidity, the global counter is its own."""
    tape, owed, _ = pool
    assert len(np.unique(tape.pool.liquidity)) > 6
    state = replayed(tape, "never left").life.states[-1]
    exact = in_tokens(owed["never left"])
    for figure in (EARNED, LEAST, MOST):
        assert state[figure] == pytest.approx(exact, rel=COUNTED, abs=RAW_UNIT)
    print(f"\nowed {exact[0]:.12f} WETH and {exact[1]:.6f} USDC; off by {np.abs(state[EARNED] / exact - 1)}")


@pytest.mark.parametrize("name", ["left and entered", "one tick"])
def test_a_position_that_is_left_and_entered_earns_what_the_contract_owes(pool, name: str) -> None:
    """On a step the counter grows by the way, whatever the liquidity: the share of the way is the contract's own.

    ``fee / L = f / (1 - f) * |change of sqrt(P)|`` for dollars, and of its reciprocal for coins.
    """
    tape, owed, _ = pool
    result = replayed(tape, name)
    state, exact = result.life.states[-1], in_tokens(owed[name])
    assert state[EARNED] == pytest.approx(exact, rel=COUNTED, abs=RAW_UNIT)
    # Who knows only that a row has crossed an edge knows less.
    assert (state[LEAST] < exact).all()
    assert (exact < state[MOST]).all()
    lower, upper, _ = RANGES[name]
    ends = [POOL.price_of_tick(t) for t in (lower, upper)]
    crossed = sum(int(np.count_nonzero(np.diff(tape.rows.pool > end))) for end in ends)
    off, wide = np.abs(state[EARNED] / exact - 1).max(), ((state[MOST] - state[LEAST]) / exact).max()
    assert crossed > 50
    print(f"\n{name}: {crossed} crossings in {len(tape):,} swaps; owed {exact[0]:.9f} WETH and {exact[1]:.4f} USDC; "
          f"off by {off:.1e}, bounds {wide:.1e} apart")  # fmt: skip
