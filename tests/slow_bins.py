"""A Liquidity Book pair once more, in the contract's integers: plain Python, nothing imported from the library.

Written from ``LBPair.swap``, ``mint`` and ``burn`` of joe-v2 2.2. Token X is the coin. Prices are exact fractions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

E18 = 10**18


def up(x):
    return -((-x) // 1)


@dataclass
class Pair:
    step: int  # hundredths of a percent
    bins: dict  # id: [x, y], raw integers
    active: int
    base_factor: int
    control: int = 0
    filter_period: int = 0
    decay_period: int = 0
    reduction: int = 0
    protocol: int = 0
    most: int = 0
    accumulator: int = 0
    reference: int = 0
    id_reference: int = 0
    time: int = 0
    supply: dict = field(default_factory=dict)
    protocol_fees: list = field(default_factory=lambda: [0, 0])

    def __post_init__(self):
        # A supply of shares by bin, as if each had been minted with its liquidity.
        for i in self.bins:
            self.supply.setdefault(i, int(self.liquidity(i) * 2**128))

    def price(self, i):
        return Fraction(10_000 + self.step, 10_000) ** (i - 2**23)

    def liquidity(self, i):
        x, y = self.bins[i]
        return self.price(i) * x + y

    def references(self, now):
        passed = now - self.time
        if passed >= self.filter_period:
            self.id_reference = self.active
            self.reference = self.accumulator * self.reduction // 10_000 if passed < self.decay_period else 0
        self.time = now

    def accumulate(self, i):
        self.accumulator = min(self.reference + abs(i - self.id_reference) * 10_000, self.most)

    def fee(self):
        """Of 1e18."""
        variable = up(Fraction((self.accumulator * self.step) ** 2 * self.control, 100))
        return self.base_factor * self.step * 10**10 + variable

    def swap(self, amount, side, now):
        """Pay ``amount`` of token ``side`` (0: X) in; what comes out of the other."""
        self.references(now)
        received, fees = 0, 0
        while True:
            here = self.bins[self.active]
            if here[1 - side]:
                self.accumulate(self.active)
                rate, price = self.fee(), self.price(self.active)
                out = here[1 - side]
                needed = up(out / price) if side == 0 else up(out * price)
                on_top = up(Fraction(needed * rate, E18 - rate))
                if amount >= needed + on_top:
                    paid, fee = needed + on_top, on_top
                else:
                    paid, fee = amount, up(Fraction(amount * rate, E18))
                    net = paid - fee
                    out = min(out, int(net * price) if side == 0 else int(net / price))
                kept = fee * self.protocol // 10_000
                self.protocol_fees[side] += kept
                here[side] += paid - kept
                here[1 - side] -= out
                amount, received, fees = amount - paid, received + out, fees + fee
            if not amount:
                return received, fees
            self.active += -1 if side == 0 else 1

    def mint(self, i, x, y, now):
        """Add to a bin: shares, and the composition fee of each token."""
        held, total = self.bins[i], self.supply[i]
        before, put = self.liquidity(i), self.price(i) * x + y
        shares = int(put * total / before)
        fees = [0, 0]
        if i == self.active:
            kept = (self.accumulator, self.reference, self.id_reference, self.time)
            self.references(now)
            self.accumulate(i)
            back = [int(Fraction(shares * (h + a), total + shares)) for h, a in zip(held, (x, y), strict=True)]
            side = 1 if back[0] > x else 0 if back[1] > y else None
            if side is not None:
                given = (x, y)[side]
                fees[side] = (given - back[side]) * self.fee() * (self.fee() + E18) // E18**2
            if any(fees):
                left = self.price(i) * (x - fees[0]) + (y - fees[1])
                protocol = [fee * self.protocol // 10_000 for fee in fees]
                stays = [fee - p for fee, p in zip(fees, protocol, strict=True)]
                joined = self.price(i) * (held[0] + stays[0]) + (held[1] + stays[1])
                shares = int(left * total / joined)
                for k in (0, 1):
                    self.protocol_fees[k] += protocol[k]
                x, y = x - protocol[0], y - protocol[1]
            else:
                self.accumulator, self.reference, self.id_reference, self.time = kept
        held[0] += x
        held[1] += y
        self.supply[i] += shares
        return shares, fees

    def burn(self, i, shares):
        held, total = self.bins[i], self.supply[i]
        out = [shares * h // total for h in held]
        held[0] -= out[0]
        held[1] -= out[1]
        self.supply[i] -= shares
        return out
