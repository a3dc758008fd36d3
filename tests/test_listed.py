"""The options of a chain as legs, the best strikes there could be, and what a plan says of both."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

import lpgreeks as lp

AT = datetime(2026, 1, 5, 4, tzinfo=UTC)
EXPIRY = np.datetime64("2026-01-09T08:00:00", "us")
YEARS = 100 / 24 / 365
VALUE, EXCESS = lp.Variance(lp.Value("USDC")), lp.Variance(lp.Excess("USDC"))
NAN = np.nan


def chain(**changed: object) -> lp.Chain:
    """Two puts and two calls: quoted on both sides, asked only, bid only, not at all."""
    columns: dict[str, object] = {
        "base": "ETH",
        "quote": "USD",
        "at": AT,
        "source": "made up",
        "names": np.array(["P1", "P2", "C1", "C2"]),
        "calls": np.array([False, False, True, True]),
        "coin_settled": np.array([True, True, True, True]),
        "strikes": np.array([2_800.0, 3_000.0, 3_200.0, 3_400.0]),
        "expiries": np.full(4, EXPIRY),
        "bids": np.array([0.004, NAN, 0.012, NAN]),
        "asks": np.array([0.005, 0.015, NAN, NAN]),
        "marks": np.array([0.0045, 0.0145, 0.0123, 0.004]),
        "volatilities": np.array([0.62, NAN, 0.58, 0.6]),
        "underlyings": np.full(4, 3_100.0),
        "index_prices": np.full(4, 3_095.0),
    }
    return lp.Chain(**columns | changed)  # type: ignore[arg-type]


def test_a_leg_for_each_option_that_is_quoted() -> None:
    bought = lp.legs(chain())
    assert [leg.instrument.strike for leg in bought] == [2_800.0, 3_000.0]
    assert all(leg.side is lp.Side.LONG and isinstance(leg.instrument, lp.InversePut) for leg in bought)
    assert bought[0].instrument.years == pytest.approx(YEARS, rel=1e-12)
    assert bought[0].volatility == 0.62
    # Where the file has no volatility, that of the mark.
    assert bought[1].option is not None
    mark = bought[1].option.marked(volatility=bought[1].volatility).base_amount(3_100.0)
    assert mark == pytest.approx(0.0145, rel=1e-6)
    both = lp.legs(chain(), side=None)
    assert [leg.side for leg in both] == [None, lp.Side.LONG, lp.Side.SHORT]
    assert both[0].premium == lp.Premium(ask=0.005, bid=0.004)
    assert [leg.instrument.strike for leg in lp.legs(chain(), side=lp.Side.SHORT)] == [2_800.0, 3_200.0]


def test_dollar_settled_options_are_linear() -> None:
    linear = lp.legs(chain(coin_settled=np.zeros(4, dtype=bool), bids=np.full(4, NAN), asks=np.full(4, 12.0)))
    assert [type(leg.instrument) for leg in linear] == [lp.Put, lp.Put, lp.Call, lp.Call]


def test_terms_of_the_venue() -> None:
    terms = lp.venue("deribit", on="2026-01-05", unconfirmed=True).option("ETH")
    first, _, call = lp.legs(chain(), side=None, terms=terms)
    assert first.premium is not None
    assert call.premium is not None
    # 0.0003 of a coin, at most an eighth of the premium.
    assert first.premium.ask == pytest.approx(0.005 + 0.0003, rel=1e-12)
    assert first.premium.bid == pytest.approx(0.004 - 0.0003, rel=1e-12)
    assert call.premium.bid == pytest.approx(0.012 - 0.0003, rel=1e-12)
    assert first.lot == 1.0
    # max(0.15 - (3200 - 3095) / 3095, 0.1) + mark
    assert call.margin_short == pytest.approx(0.15 - 105 / 3_095 + 0.0123, rel=1e-12)
    with pytest.raises(lp.InputError, match="on ETH"):
        lp.legs(chain(), terms=lp.venue("deribit", on="2026-01-05", unconfirmed=True).option("BTC"))


def test_a_chain_that_nobody_offers_is_refused() -> None:
    with pytest.raises(lp.DataError, match="options with asks"):
        lp.legs(chain(asks=np.full(4, NAN)))
    with pytest.raises(lp.InputError, match="a chain"):
        lp.legs([1, 2])  # type: ignore[arg-type]


def test_what_is_sold_asks_for_margin_without_marks_and_index_too() -> None:
    terms = lp.venue("deribit", on="2026-01-05", unconfirmed=True).option("ETH")
    nothing = np.full(4, NAN)
    bare = chain(marks=nothing, index_prices=nothing, volatilities=np.full(4, 0.6))
    call = lp.legs(bare, side=lp.Side.SHORT, terms=terms)[-1]
    worth = lp.InverseCall(base="ETH", quote="USD", strike=3_200).marked(volatility=0.6, years=YEARS)
    assert call.margin_short == pytest.approx(0.15 - 100 / 3_100 + worth.base_amount(3_100.0), rel=1e-9)
    with pytest.raises(lp.DataError, match="a mark or a volatility"):
        lp.legs(chain(marks=nothing, volatilities=nothing), side=lp.Side.SHORT, terms=terms)


def test_a_chain_at_another_price_is_refused() -> None:
    pool = lp.UniswapV2(base="ETH", quote="USDC", liquidity=100)
    far = lp.Lognormal(price=1_900, volatility=0.6, years=YEARS)
    with pytest.raises(lp.InputError, match="where ETH/USD stands at 1,900"):
        lp.hedge(pool, [*lp.legs(chain())], far, objective=VALUE)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"asks": np.zeros(4), "bids": np.full(4, NAN)}, "asks above 0"),
        ({"bids": np.full(4, -1.0)}, "bids and marks of 0 or more"),
        ({"volatilities": np.full(4, 60.0)}, "not 65"),
    ],
)
def test_a_chain_that_cannot_be(changed: dict, text: str) -> None:
    with pytest.raises(lp.DataError, match=text):
        chain(**changed)


# ---- the best strikes there could be

UNIT = lp.Lognormal(price=1.0, volatility=0.2, years=1.0)
FULL = lp.UniswapV2(base="ETH", quote="USDC", liquidity=0.5)
PERP = lp.LinearPerp(base="ETH", quote="USDC", entry=1.0)


@pytest.mark.parametrize(
    ("calls", "left", "where"),
    [
        (1, 0.0024901, (1.0199,)),
        (2, 0.0012853, (0.8705, 1.1964)),
        (3, 0.0007874, (0.7911, 1.0215, 1.3183)),
        (4, 0.0005327, None),
    ],
)
def test_free_strikes_of_the_literature(calls: int, left: float, where: tuple[float, ...] | None) -> None:
    """Four digits of the strikes were found on a grid there; around the least the figure is flat."""
    plan = lp.strikes(FULL, [PERP], UNIT, objective=VALUE, calls=calls)
    assert plan.best.risk == pytest.approx(left, abs=1e-6)
    if where is not None:
        found = sorted(leg.instrument.strike for leg in plan.legs[1:])
        assert found == pytest.approx(where, abs=2e-3)


def test_no_listed_choice_leaves_less() -> None:
    rng = np.random.default_rng(7)
    least = lp.strikes(FULL, [PERP], UNIT, objective=VALUE, puts=1, calls=1).best.risk
    for low, high in np.sort(rng.uniform(0.6, 1.6, (12, 2))):
        listed = [lp.Put(base="ETH", quote="USDC", strike=low), lp.Call(base="ETH", quote="USDC", strike=high)]
        assert lp.hedge(FULL, [PERP, *listed], UNIT, objective=VALUE).best.risk >= least * (1 - 1e-9)


def test_strikes_of_ones_own_are_asked_for_with_care() -> None:
    with pytest.raises(lp.InputError, match="one to 4 options"):
        lp.strikes(FULL, [PERP], UNIT, objective=VALUE)
    with pytest.raises(lp.InputError, match="a model"):
        lp.strikes(FULL, [PERP], UNIT.sample(paths=100, seed=1), objective=VALUE, calls=1)  # type: ignore[arg-type]
    with pytest.raises(lp.InputError, match="a variance"):
        lp.strikes(FULL, [PERP], UNIT, objective=lp.CVaR(lp.Value("USDC")), calls=1)  # type: ignore[arg-type]


# ---- in words


def options(*, premium: bool = False) -> list[lp.Leg]:
    kinds = (lp.Put(base="ETH", quote="USDC", strike=0.9), lp.Call(base="ETH", quote="USDC", strike=1.1))
    quoted = lp.Premium(ask=0.02, bid=0.018) if premium else None
    return [lp.Leg(kind, premium=quoted) for kind in kinds]


def test_the_two_questions_are_told_apart() -> None:
    value, excess = (lp.hedge(FULL, options(), UNIT, objective=o) for o in (VALUE, EXCESS))
    assert value.quantities[1] < 0 < excess.quantities[1]
    assert any("calls sold" in note and 'Excess("USDC")' in note for note in value.notes)
    assert any("bought back" in note and 'Value("USDC")' in note for note in excess.notes)
    beside = lp.hedge(FULL, [PERP, *options()], UNIT, objective=VALUE)
    assert not any("Options alone" in note for note in beside.notes)
    assert min(beside.quantities[1:]) > 0


def test_a_premium_that_chose_nothing_is_said() -> None:
    plan = lp.hedge(FULL, [PERP, *options(premium=True)], UNIT, objective=VALUE)
    paid = sum(q * 0.02 for q in plan.quantities[1:])
    assert plan.premium == pytest.approx(paid, rel=1e-12)
    assert any(note.startswith(f"The {paid:,.6g} USDC paid for options are a constant") for note in plan.notes)
    counted = lp.hedge(FULL, [PERP, *options(premium=True)], UNIT, objective=lp.CVaR(lp.Value("USDC")))
    assert not any("are a constant" in note for note in counted.notes)
    free = lp.hedge(FULL, [PERP, *options()], UNIT, objective=VALUE)
    assert "had for nothing" in str(free)


def test_other_strikes_that_are_as_good_are_named() -> None:
    kinds = [kind(base="ETH", quote="USDC", strike=k) for kind in (lp.Put, lp.Call) for k in (0.9, 1.1)]
    caps = [lp.AtMost(1, of=lp.Put), lp.AtMost(1, of=lp.Call)]
    plan = lp.hedge(FULL, [PERP, *kinds], UNIT, objective=VALUE, constraints=caps)
    assert [leg.instrument.strike for leg in plan.legs[1:]] == [0.9, 1.1]
    assert plan.choice is not None
    assert plan.choice.as_good == (("put 1.1 ETH/USDC", "call 0.9 ETH/USDC"),)
    assert not plan.unique
    assert any(note.startswith("Exchangeable: put 1.1") for note in plan.notes)
    twin = lp.hedge(FULL, [PERP, kinds[1], kinds[2]], UNIT, objective=VALUE)
    assert twin.best.risk == pytest.approx(plan.best.risk, rel=1e-9)


def test_three_trades_make_one_sentence() -> None:
    sentence = lp.hedge(FULL, [PERP, *options()], UNIT, objective=VALUE).sentence()
    assert sentence.startswith("Short 0.50357")
    assert sentence.count(" and long ") == 1


def test_what_the_picture_shows_is_counted_from_the_premium() -> None:
    plan = lp.hedge(FULL, [PERP, *options(premium=True)], UNIT, objective=VALUE)
    ax = plan.plot(prices=np.array([0.5, 1.0, 1.5]))
    total = next(line for line in ax.get_lines() if line.get_label() == "total")
    ends = np.array([0.5, 1.0, 1.5])
    short, put, call = plan.quantities
    paid = 0.02 * (put + call)
    by_hand = (
        np.sqrt(ends) - 1 + short * (ends - 1) + put * np.maximum(0.9 - ends, 0) + call * np.maximum(ends - 1.1, 0)
    )
    assert total.get_ydata() == pytest.approx(by_hand - paid, abs=1e-12)
