"""A replay once more, slowly: one event at a time, plain floats, nothing imported from the library.

Written from the rules alone, as a second route: one market, one perpetual, one position.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, sqrt

HAIR = 1e-9  # of the price: a gap so near to a bound is on it


@dataclass
class Event:
    """One row: what it shows, and which swap it brings."""

    time: int
    bid: float
    ask: float
    low: float
    high: float
    pool: float
    last: bool
    swap: tuple[float, float, float] | None
    funding: tuple[float, ...]

    @property
    def mid(self):
        return (self.bid + self.ask) / 2


def merged(quotes, pool, funding=None):
    """One clock by hand: each swap is an event of its own; everything else of its moment is on all of them."""
    q = list(zip(*(x.tolist() for x in (quotes.times.astype(int), quotes.bid, quotes.ask)), strict=True))
    reach = [(min(b, a), max(b, a)) for _, b, a in q]
    if quotes.lows is not None:
        reach = list(zip(quotes.lows.tolist(), quotes.highs.tolist(), strict=True))
    columns = () if pool is None else (pool.times.astype(int), pool.prices, pool.base_in, pool.quote_in, pool.liquidity)
    swaps = list(zip(*(x.tolist() for x in columns), strict=True))
    paid = {} if funding is None else dict(zip(funding.times.astype(int).tolist(), funding.rates.tolist(), strict=True))
    first = max(q[0][0], swaps[0][0] if swaps else q[0][0])
    last = min(q[-1][0], swaps[-1][0] if swaps else q[-1][0])
    moments = sorted({t for t, *_ in q} | {t for t, *_ in swaps} | set(paid))
    events, price = [], None
    for t in moments:
        if t > last:
            break
        new = [x for x in q if x[0] == t]
        for i, x in enumerate(q):
            if x[0] <= t:
                _, bid, ask = x
                low, high = reach[i]
        mine = [s for s in swaps if s[0] == t]
        if mine and t <= first:
            price = mine[-1][1]
        if t < first:
            continue
        mid = (bid + ask) / 2
        if t == first:
            if price is None and swaps:
                price = [s for s in swaps if s[0] <= t][-1][1]
            mine = []
        for n, s in enumerate(mine or [None]):
            final = n == max(len(mine), 1) - 1
            fresh = bool(new) and n == 0
            least, most = (low, high) if fresh and quotes.lows is not None else (mid, mid)
            if s:
                price = s[1]
            rates = (paid[t],) if final and t in paid and t > first else ()
            shown = price if swaps else mid
            events.append(Event(t, bid, ask, min(least, mid), max(most, mid), shown, final, s and s[2:], rates))
    return events


@dataclass
class Range:
    """Liquidity between two prices."""

    liquidity: float
    lower: float
    upper: float

    def coins(self, p):
        p = min(max(p, self.lower), self.upper)
        return self.liquidity * (1 / sqrt(p) - 1 / sqrt(self.upper))

    def dollars(self, p):
        p = min(max(p, self.lower), self.upper)
        return self.liquidity * (sqrt(p) - sqrt(self.lower))

    def holds(self, p):
        return self.lower < p < self.upper

    def slope_of_coins(self, p):
        return -self.liquidity / (2 * p * sqrt(p)) if self.holds(p) else 0.0

    def slope_of_dollars(self, p):
        return self.liquidity / (2 * sqrt(p)) if self.holds(p) else 0.0


@dataclass
class Pool:
    """A range that is laid, removed and laid again."""

    capital: float
    lower: float
    upper: float
    half_each: bool = False
    on_exit: bool = True
    every: float = inf
    swap: float = 0.0
    sell_excess: bool = False
    gas: float = 0.0
    tier: float = 5e-4
    along: bool = True
    at: Range | None = None
    base: float = 0.0
    quote: float = 0.0
    fees: list = field(default_factory=lambda: [0.0, 0.0])
    out: bool = False
    blocks: bool = True
    swaps: float = 0.0
    gases: float = 0.0
    loss: float = 0.0
    added: list = field(default_factory=list)

    def start(self, e):
        shape = Range(1.0, self.lower * e.pool, self.upper * e.pool)
        self.base, self.quote = self.wanted(shape, e.pool, self.capital)[:2]
        self.quote = self.capital - self.base * e.pool
        self.lay(e, self.capital)

    def wanted(self, shape, p, put):
        b, q = shape.coins(p), shape.dollars(p)
        size = min(put / 2 / p / b, put / 2 / q) if self.half_each else put / (b * p + q)
        return size * b, size * q, size

    def lay(self, e, worth=None):
        p = e.pool
        self.gases += self.gas
        self.quote -= self.gas
        shape = Range(1.0, self.lower * p, self.upper * p)
        low, high = 0.0, min(self.capital, self.base * p + self.quote if worth is None else worth)

        def trade(put):
            b, q, size = self.wanted(shape, p, put)
            sold = 0.0
            if self.base < b or self.sell_excess:
                sold = self.base - b
            elif self.quote < q:
                sold = (q - self.quote) / p / (1 - self.swap)
            return sold, self.swap * abs(sold) * p, size, b, q

        def enough(put):
            sold, cost, _, b, q = trade(put)
            return self.base - sold >= b * (1 - 1e-15) and self.quote + sold * p - cost >= q * (1 - 1e-15)

        if enough(high) or worth is not None:
            low = high
        else:
            for _ in range(200):
                middle = (low + high) / 2
                low, high = (middle, high) if enough(middle) else (low, middle)
        sold, cost, size, b, q = trade(low)
        if worth is not None:
            sold = cost = 0.0
        self.swaps += cost
        self.base += -sold - b
        self.quote += sold * p - cost - q
        self.at = Range(size, self.lower * p, self.upper * p)
        self.since, self.price_at_add = e.time, p
        self.added.append((e.time, p))

    def see(self, e, before):
        """Fees of a swap, then the range's end if it has come; whether it was laid anew."""
        if e.swap:
            mine = self.tier * self.at.liquidity / (self.at.liquidity + e.swap[2])
            # Coins are paid in by the reciprocal of the root of the price, dollars by the root.
            for i, power in ((0, -0.5), (1, 0.5)):
                self.fees[i] += e.swap[i] * mine * self.share(before, e.pool, power)
        r = self.at
        self.out = self.out or e.pool < r.lower or e.pool > r.upper
        if not e.last:
            return False
        out, self.out = self.out, False
        if (not e.swap and self.blocks) or not ((self.on_exit and out) or e.time >= self.since + self.every):
            return False
        self.loss = self.lost(e.pool)
        self.base += r.coins(e.pool)
        self.quote += r.dollars(e.pool)
        self.gases += self.gas
        self.quote -= self.gas
        self.lay(e)
        return True

    def lost(self, p):
        """Against holding what was put in, over all ranges so far."""
        r, p0 = self.at, self.price_at_add
        return self.loss + (r.coins(p) - r.coins(p0)) * p + r.dollars(p) - r.dollars(p0)

    def share(self, a, b, power):
        r = self.at
        if not self.along or a == b:
            return float(r.holds(b))
        lo, hi = sorted((a, b))
        way = min(max(hi, r.lower), r.upper) ** power - min(max(lo, r.lower), r.upper) ** power
        return way / (hi**power - lo**power)

    def worth(self, p):
        base = self.base + self.fees[0] + self.at.coins(p)
        return base * p + self.quote + self.fees[1] + self.at.dollars(p)


@dataclass
class Margin:
    """Progressive maintenance: brackets of (floor, rate)."""

    brackets: tuple = ((0.0, 0.005),)

    def of(self, size):
        total = 0.0
        tops = [f for f, _ in self.brackets[1:]] + [inf]
        for (floor, rate), top in zip(self.brackets, tops, strict=True):
            total += rate * max(min(size, top) - floor, 0.0)
        return total


@dataclass
class Perp:
    """One perpetual in one account: linear (coins, dollars posted) or inverse (dollars, coins posted)."""

    inverse: bool
    posted: float
    reserve: float = 0.0
    trigger: float = 1.5
    target: float = 3.0
    margin: Margin = field(default_factory=Margin)
    taker: float = 0.0
    maker: float = 0.0
    slip: float = 0.0
    lot: float | None = None
    side: int = 0  # 1: never short; -1: never long
    q: float = 0.0
    paid: float = 0.0  # linear: dollars paid for q; inverse: coins that q stood for at its fills
    fee: float = 0.0
    all_fees: float = 0.0  # those of an account that was liquidated, too
    all_funded: float = 0.0
    slipped: float = 0.0
    spread: float = 0.0
    funded: float = 0.0
    dead: bool = False
    fills: list = field(default_factory=list)

    def gain(self, p):
        return self.paid - self.q / p if self.inverse else self.q * p - self.paid

    def equity(self, p):
        return self.posted + self.gain(p) - self.fee - self.funded

    def slope(self):
        """Of the account's value in dollars: all its coins but what the contract owes in dollars."""
        return self.posted + self.reserve + self.paid - self.fee - self.funded

    def needed(self, p):
        return self.margin.of(abs(self.q) / p if self.inverse else abs(self.q) * p)

    def fill(self, e, q, price=None):
        if self.dead or q == 0:
            return
        maker, best = price is not None, price
        if not maker:
            best = e.ask if q > 0 else e.bid
            price = best * (1 + self.slip if q > 0 else 1 - self.slip)
        self.q += q
        self.paid += q / price if self.inverse else q * price
        fee = (self.maker if maker else self.taker) * abs(q / price if self.inverse else q * price)
        self.fee += fee
        self.all_fees += fee
        worse = (lambda a, b: q / a - q / b) if self.inverse else (lambda a, b: q * b - q * a)
        self.spread += worse(e.mid, best)
        self.slipped += worse(best, price)
        self.fills.append((e.time, q, price))

    def settle(self, e):
        for rate in e.funding:
            paid = rate * (self.q / e.mid if self.inverse else self.q * e.mid)
            self.funded += paid
            self.all_funded += paid

    def check(self, e):
        if self.dead or self.q == 0:
            return
        # Wherever the mark has been between its low and its high.
        prices = [e.low + (e.high - e.low) * i / 8 for i in range(9)] + [e.mid]
        if any(self.equity(p) <= self.needed(p) for p in prices):
            self.dead = True
            self.died = e.time
            self.q = self.paid = self.fee = self.funded = self.posted = 0.0
            return
        need = self.needed(e.mid)
        if self.reserve > 0 and self.equity(e.mid) < self.trigger * need:
            more = min(self.reserve, self.target * need - self.equity(e.mid))
            self.posted += more
            self.reserve -= more

    def worth(self, p):
        return (self.equity(p) + self.reserve) * (p if self.inverse else 1.0)


@dataclass
class Policy:
    """All of them: which conditions hold, and towards what."""

    keep: str = "value"
    ratio: float = 1.0
    resize: bool = True
    share: float | None = None
    band: float | None = None
    every: float | None = None
    move: float | None = None
    theta: float | None = None
    gap: float = inf
    min_gap: float = 0.0
    dwell: float = 0.0
    cap: float = inf
    latency: float = 0.0
    patience: float | None = None

    def __post_init__(self):
        self.order = None
        self.ref = self.since = self.sign = None
        self.next, self.first = None, True
        self.exact = self.then = 0.0  # hedged ahead, to the last digit; what it is once an order is sent

    def target(self, e, pool, perp):
        p = e.pool
        if self.keep == "value":
            # Coins that stand behind the contract are exposure too, and so is what an inverse one has gained.
            short = -self.ratio * pool.at.coins(p) - (perp.slope() if perp.inverse else perp.q)
            return perp.q + short * (e.mid if perp.inverse else 1.0)
        if self.keep == "coins":
            return -self.ratio * pool.at.slope_of_coins(p) * p * p
        return -self.ratio * pool.at.slope_of_dollars(p)

    def at_add(self, e, pool):
        p = e.pool
        r = pool.at
        slopes = {"value": r.coins(p), "coins": r.slope_of_coins(p) * p * p, "dollars": r.slope_of_dollars(p)}
        return abs(self.ratio * slopes[self.keep])

    def limited(self, e, q, perp):
        most = self.cap * (e.mid if perp.inverse else 1.0)
        q = min(max(q, -most), most)
        if perp.side:
            q = perp.side * max(perp.side * q, 0.0)
        whole = q - perp.q
        if perp.lot:
            lots = int(abs(whole) / perp.lot + 1e-9)
            whole = lots * perp.lot * (1 if whole > 0 else -1)
        return whole

    def decide(self, e, pool, perp, added):
        if added and self.order is not None and (self.resize or self.first):
            self.order = None
        if self.theta is not None:
            return self.ahead(e, pool, perp, added)
        timed = any(x is not None for x in (self.share, self.band, self.every, self.move))
        if added and (self.resize or self.first):
            self.first = False
            self.size = self.at_add(e, pool)
            self.time, self.price = e.time, e.mid
            return self.target(e, pool, perp)
        if added:
            self.size = self.at_add(e, pool)
        if added or not timed or self.order is not None:
            return None
        want = self.target(e, pool, perp)
        far = abs(want - perp.q) / (e.mid if perp.inverse and self.keep == "value" else 1.0)
        if self.share is not None and not far > self.share * self.size:
            return None
        if self.band is not None and not far > self.band:
            return None
        if self.every is not None and e.time < self.time + self.every:
            return None
        if self.move is not None and abs(e.mid / self.price - 1) < self.move:
            return None
        self.time, self.price = e.time, e.mid
        return want

    def gapped(self, gap, price):
        hair = HAIR * price
        return gap - self.min_gap > hair and gap - self.gap <= hair

    def ahead(self, e, pool, perp, added):
        if added:
            self.ref, self.sign, self.next = pool.price_at_add, 0, None
            first, self.first = self.first, False
            if self.resize:
                self.exact = self.then = 0.0
            return 0.0 if self.resize and not first else None
        sign = 0
        if e.bid / self.ref - 1 >= self.theta and self.gapped(e.bid / e.pool - 1, e.bid / e.pool):
            sign, to = 1, e.bid
        elif 1 - e.ask / self.ref >= self.theta and self.gapped(1 - e.ask / e.pool, e.ask / e.pool):
            sign, to = -1, e.ask
        if sign and sign != self.sign:
            self.since = e.time
        self.sign = sign
        if not sign or e.time - self.since < self.dwell or self.order is not None:
            return None
        coins = pool.at.coins(self.ref) - pool.at.coins(to)
        self.next, self.sign = to, 0
        self.then = self.exact + coins * (to if perp.inverse else 1.0)
        return self.then

    def fill_due(self, e, perp):
        if self.order is None:
            return
        q, time, limit = self.order
        if self.patience is not None:
            if (q > 0 and e.ask <= limit) or (q < 0 and e.bid >= limit):
                perp.fill(e, q, limit)
                self.order = None
            elif e.time >= time + self.patience:
                perp.fill(e, q)
                self.order = None
        elif e.time >= time + self.latency:
            perp.fill(e, q)
            self.order = None

    def send(self, e, want, perp):
        q = self.limited(e, want, perp)
        if abs(q) <= 1e-12 * abs(perp.q) or perp.dead:
            return
        # The reference is the price of the last hedge; what the cap leaves nothing of is none.
        self.ref, self.next, self.exact = self.next or self.ref, None, self.then
        if self.patience is not None:
            self.order = (q, e.time, e.bid if q > 0 else e.ask)
        elif self.latency:
            self.order = (q, e.time, None)
        else:
            perp.fill(e, q)


def run(events, pool, perp=None, policy=None):
    """Everything on each event; equity after it, by event."""
    out, added, before = [], False, None
    for k, e in enumerate(events):
        if k == 0:
            pool.start(e)
            added = True
        again = k > 0 and pool.see(e, before)
        before = e.pool
        added = added or again
        if perp is not None:
            perp.settle(e)
            perp.check(e)
            policy.fill_due(e, perp)
            if e.last:
                want = policy.decide(e, pool, perp, added)
                if want is not None:
                    policy.send(e, want, perp)
        if e.last:
            added = False
        out.append(pool.worth(e.pool) + (0.0 if perp is None else perp.worth(e.mid)))
    return out
