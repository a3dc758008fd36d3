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
from statistics import median

from tests.benchmarks.pairs import ROOT

AGREED = 1e-3
"""Of the capital: swapping into the range costs the others a few basis points of half of it."""

OURS = """
import os, sys
import numpy as np
import lpgreeks as lp

work, n, ranges = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
bars = np.load(os.path.join(os.environ["BARS"], f"bars_{n}.npz"))
price, funding = bars["price"], bars["funding"]
times = np.datetime64("2023-01-01", "ns") + np.arange(n) * np.timedelta64(60, "s").astype("timedelta64[ns]")
pool = lp.PoolHistory(
    market="ETH/USDC", fee=5e-4, times=times, prices=price, base_in=np.zeros(n), quote_in=bars["vol"],
    liquidity=bars["L"] / 1e12, source="bars",
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
    seconds: float
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
        seconds = time.perf_counter() - started
        said.seek(0)
        text = said.read()
    if status:
        raise RuntimeError(f"{peer.name} failed at {work} {n}:\n{text[-2_000:]}")
    return Measured(*peer.read(text, work), seconds, used.ru_maxrss / 1024)


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

    ours = Peer(
        "lpgreeks", "lpgreeks", sys.executable, lambda work, n, k: ["-c", OURS, work, str(n), str(k)], of_lpgreeks
    )
    others = [
        Peer(name, package, getattr(said, name), driver(name), read)
        for name, package, read in (
            ("demeter", "zelos-demeter", of_demeter),
            ("fractal", "fractal-defi", of_fractal),
        )
        if getattr(said, name)
    ]
    print(", ".join(f"{p.name} {version(p)}" for p in (ours, *others)))
    works = [("passive", 43_200), ("hedged", 43_200), ("sweep", 43_200)]
    works += [("passive", 525_600), ("hedged", 525_600)] if said.long else []
    for work, n in works[:3]:
        run(ours, work, n, said.ranges, said.bars)  # compiles, if this machine never did
    print("| work | bars | who | made [USDC] | trades | wall [s] | peak [MB] | wall / ours | peak / ours |")
    print("|---|---|---|---|---|---|---|---|---|")
    for work, n in works:
        rounds = [run(ours, work, n, said.ranges, said.bars)]
        theirs = []
        for peer in others:
            theirs.append(run(peer, work, n, said.ranges, said.bars))
            rounds.append(run(ours, work, n, said.ranges, said.bars))
        seconds, peak = median(r.seconds for r in rounds), median(r.peak for r in rounds)
        own = Measured(rounds[0].made, rounds[0].trades, seconds, peak)
        label = f"{work} of {said.ranges} ranges" if work == "sweep" else work
        for peer, found in zip((ours, *others), (own, *theirs), strict=True):
            made = "" if found.made is None else f"{found.made:,.2f}"
            trades = "" if found.trades is None else str(found.trades)
            print(
                f"| {label} | {n:,} | {peer.name} | {made} | {trades} | {found.seconds:.2f} | {found.peak:,.0f} "
                f"| {found.seconds / seconds:.1f} | {found.peak / peak:.1f} |",
                flush=True,
            )
            if found.made is not None and own.made is not None:
                assert abs(found.made - own.made) <= AGREED * 1e6, f"{peer.name} made {found.made} at {label}"


if __name__ == "__main__":
    main()
