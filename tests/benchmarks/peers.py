"""The same minute bars through other backtesters, each in its own environment: values, wall times, peak memory.

On request only, and never in a test run: it needs interpreters that have the others installed, the drivers that were
written for them, and the bars that those drivers read::

    python -m tests.benchmarks.peers --drivers FOLDER --bars FOLDER --demeter PYTHON --fractal PYTHON

Every run is a whole new process with an empty home, so that no cache of an earlier one helps. They follow one another
on the same machine; what is printed in seconds depends on it, the ratios less so. What is asserted is that they agree.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.pairs import ROOT

AGREED = 2e-3
"""Of the capital: the others pay to swap half of it, and one lays the range on ticks a thousandth apart."""

TRADED = 0.05
"""Of the trades: one reads its delta at whole ticks, which is now and then on the other side of the band."""

OURS = """
import os, sys
import numpy as np
import lpgreeks as lp

work, n, ranges, by_side = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1"
bars = np.load(os.path.join(os.environ["BARS"], f"bars_{n}.npz"))
price, funding = bars["price"], bars["funding"]
times = np.datetime64("2023-01-01", "ns") + np.arange(n) * np.timedelta64(60, "s").astype("timedelta64[ns]")
in_quote = bars["buy"] if by_side else True
pool = lp.PoolHistory(
    market="ETH/USDC", fee=5e-4, times=times, prices=price, liquidity=bars["L"] / 1e12, source="bars",
    base_in=np.where(in_quote, 0.0, bars["vol"] / price), quote_in=np.where(in_quote, bars["vol"], 0.0),
)

def position(lower, upper):
    return lp.UniswapV3.from_value(1e6, base="ETH", quote="USDC", price=price[0], lower=lower, upper=upper)

if work == "passive":
    result = lp.replay(position(1_600, 2_500), None, lp.Tape(pool=pool), fees=lp.FeesAtClose())
elif work == "hedged":
    due = np.flatnonzero(funding)[1:]
    tape = lp.Tape(
        pool=pool, quotes=lp.Quotes(market="ETH/USDC", times=times, bid=price, ask=price, source="bars"),
        funding=lp.FundingRates(market="ETH/USDC", times=times[due], rates=funding[due], source="bars"),
    )
    leg = lp.Leg(
        lp.LinearPerp(base="ETH", quote="USDC", entry=price[0]), collateral="USDC", fee=lp.Fee(taker=5e-4),
        maintenance=lp.Proportional(rate=0.025),
    )
    result = lp.replay(
        position(1_600, 2_500), [leg], tape, policy=lp.DeltaBand(0.05), collateral=5e5, fees=lp.FeesAtClose()
    )
else:
    wide = [1 + 0.05 * (k + 1) for k in range(ranges)]
    positions = lp.each([position(price[0] / w, price[0] * w) for w in wide])
    grid = lp.sweep(lp.replay, positions, None, lp.Tape(pool=pool), fees=lp.FeesAtClose(), progress=False)
    print("net", grid.runs[-1].figures["net"], "trades 0")
    sys.exit()
print("net", result.net[-1], "trades", len(result.trades))
"""


@dataclass(frozen=True)
class Peer:
    """Who runs: what to start for a work, and how to read what it made and how often it traded."""

    name: str
    package: str
    python: str
    command: Callable[[str, int, int], Sequence[str]]
    read: Callable[[str, str], tuple[float | None, int | None]]


@dataclass(frozen=True)
class Measured:
    """One process."""

    made: float | None
    """Quote."""
    trades: int | None
    wall: float
    """Seconds, as is the next."""
    cpu: float
    peak: float
    """Megabytes."""


def of_lpgreeks(text: str, _: str) -> tuple[float | None, int | None]:
    net, trades = re.findall(r"net (\S+) trades (\d+)", text)[0]
    return float(net), int(trades)


def of_demeter(text: str, work: str) -> tuple[float | None, int | None]:
    found = re.findall(r"net=(\S+)[ ]*(\d*)[ ]*(\S*)", text)
    if not found:
        return None, None  # its sweep returns nothing
    value, trades, perpetual = found[0]
    hedged = work == "hedged"
    return float(value) - 1e6 + (float(perpetual) if hedged else 0.0), int(trades) if hedged else 0


def of_fractal(text: str, work: str) -> tuple[float | None, int | None]:
    found = re.findall(r"balance=(\S+) trades=(\d+)", text)
    if not found:
        return None, None
    return float(found[0][0]) - (1.5e6 if work == "hedged" else 1e6), int(found[0][1])


def run(peer: Peer, work: str, n: int, ranges: int, bars: Path) -> Measured:
    """A process of its own, and what the system says that it took."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile("w+") as said:
        own = {"HOME": home, "BARS": str(bars), "PYTHONPATH": ""}
        if peer.package == "lpgreeks":
            own = {"BARS": str(bars), "PYTHONPATH": str(ROOT)}
        started = time.perf_counter()
        process = subprocess.Popen(
            [peer.python, *peer.command(work, n, ranges)], env=os.environ | own, stdout=said, stderr=said, cwd=home
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        said.seek(0)
        text = said.read()
    if status:
        raise RuntimeError(f"{peer.name} failed at {work} {n}:\n{text[-2_000:]}")
    return Measured(*peer.read(text, work), wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def version(peer: Peer) -> str:
    code = f"from importlib.metadata import version; print(version({peer.package!r}))"
    return subprocess.run([peer.python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("drivers", "bars"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("demeter", "fractal"):
        parser.add_argument(f"--{name}", help=f"an interpreter that has {name}")
    parser.add_argument("--long", action="store_true", help="a year of bars as well: several minutes")
    parser.add_argument("--ranges", type=int, default=8, help="of the sweep")
    said = parser.parse_args()

    def driver(name: str) -> Callable[[str, int, int], Sequence[str]]:
        file = str(said.drivers / f"bench_{name}.py")
        return lambda work, n, ranges: [file, work, str(n), *([str(ranges), "2"] if work == "sweep" else [])]

    def own(name: str, by_side: bool) -> Peer:
        return Peer(
            name, "lpgreeks", sys.executable,
            lambda work, n, ranges: ["-c", OURS, work, str(n), str(ranges), str(int(by_side))], of_lpgreeks,
        )  # fmt: skip

    # One counts each bar's volume in quote, the other in the token that was paid in.
    sides = {"fractal": own("lpgreeks", False), "demeter": own("lpgreeks, by side", True)}
    packages = {"fractal": ("fractal-defi", of_fractal), "demeter": ("zelos-demeter", of_demeter)}
    pairs = [
        (ours, Peer(name, packages[name][0], getattr(said, name), driver(name), packages[name][1]))
        for name, ours in sides.items()
        if getattr(said, name)
    ]
    print(f"lpgreeks {version(sides['fractal'])}", *(f"{p.name} {version(p)}" for _, p in pairs), sep=", ")
    works = [("passive", 43_200), ("hedged", 43_200), ("sweep", 43_200)]
    works += [("passive", 525_600)] if said.long else []
    for work, n in works[:3]:
        run(sides["fractal"], work, n, said.ranges, said.bars)  # compiles, if this machine never did
    columns = (
        "work",
        "bars",
        "who",
        "made [USDC]",
        "trades",
        "wall [s]",
        "cpu [s]",
        "peak [MB]",
        "wall",
        "cpu",
        "peak",
    )
    print("The last three columns are multiples of the row above: lpgreeks on the same bars, before and after.")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for work, n in works:
        for ours, peer in pairs:
            before, theirs, after = (run(p, work, n, said.ranges, said.bars) for p in (ours, peer, ours))
            mean = Measured(
                before.made, before.trades, *(mean_of(before, after, x) for x in ("wall", "cpu", "peak"))
            )  # fmt: skip
            label = f"{work}, {said.ranges} ranges" if work == "sweep" else work
            for who, found in ((ours, mean), (peer, theirs)):
                print(row(label, n, who, found, mean), flush=True)
            if theirs.made is not None and mean.made is not None and work != "sweep":
                assert abs(theirs.made - mean.made) <= AGREED * 1e6, f"{peer.name} made {theirs.made} at {label}"
                assert abs(theirs.trades - mean.trades) <= TRADED * mean.trades


def mean_of(before: Measured, after: Measured, name: str) -> float:
    return (getattr(before, name) + getattr(after, name)) / 2


def row(label: str, n: int, who: Peer, found: Measured, ours: Measured) -> str:
    """One line of the table."""
    made = "" if found.made is None else f"{found.made:,.2f}"
    trades = "" if found.trades is None else str(found.trades)
    spent = f"{found.wall:.2f} | {found.cpu:.2f} | {found.peak:,.0f}"
    ratios = f"{found.wall / ours.wall:.1f} | {found.cpu / ours.cpu:.1f} | {found.peak / ours.peak:.1f}"
    return f"| {label} | {n:,} | {who.name} | {made} | {trades} | {spent} | {ratios} |"


if __name__ == "__main__":
    main()
