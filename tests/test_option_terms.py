"""What venues charge and ask for options: the fee, the margin of a short, the ticks, and the dated figures."""

from __future__ import annotations

import pickle
import tomllib

import pandas as pd
import pytest

import lpgreeks as lp
from lpgreeks.venues.figures import OPTION_NAMES
from lpgreeks.venues.files import read_listed_options, stored_text
from tests.tolerances import ROUNDING


@pytest.fixture
def terms() -> lp.OptionContract:
    return lp.venue("deribit", on="2026-01-05", unconfirmed=True).option("BTC")


# ---- the fee


def test_worked_fees(terms: lp.OptionContract) -> None:
    """1 at 0.0009: 0.0001125, printed as 0.000113; the exchange's own example at 0.0001; 2 at 0.05."""
    assert terms.fee.of(0.0009) == pytest.approx(0.0001125, rel=ROUNDING)
    assert terms.fee.of(0.0001) == pytest.approx(0.0000125, rel=ROUNDING)
    assert terms.fee.of(0.05, quantity=2) == pytest.approx(0.0006, rel=ROUNDING)
    assert terms.fee.of(0.05, quantity=-2) == terms.fee.of(0.05, quantity=2)
    assert terms.fee.of(0.0) == 0.0
    kink = 0.0003 / 0.125
    assert terms.fee.of(kink) == pytest.approx(0.125 * kink, rel=ROUNDING)
    assert terms.delivery_fee.of(0.05) == pytest.approx(0.00015, rel=ROUNDING)
    linear = lp.venue("deribit", on="2026-01-05", unconfirmed=True).option("SOL_USDC")
    assert linear.fee.of(4.0, underlying=150) == pytest.approx(0.075, rel=ROUNDING)
    assert linear.maker_fee.of(4.0, quantity=10, underlying=150) == pytest.approx(0.15, rel=ROUNDING)
    assert linear.fee.of(0.1, underlying=150) == pytest.approx(0.0125, rel=ROUNDING)


def test_fees_that_are_none() -> None:
    for change, message in (
        ({"rate": 3.0}, "rate of an option's fee below 1"),
        ({"cap": 12.5}, "cap of an option's fee below 1"),
        ({"rate": -0.1}, "of 0 or more"),
    ):
        with pytest.raises(lp.InputError, match=message):
            lp.OptionFee(**{"rate": 0.0003, "cap": 0.125} | change)
    fee = lp.OptionFee(rate=0.0003, cap=0.125)
    with pytest.raises(lp.InputError, match="a premium of 0 or more"):
        fee.of(-0.1)
    with pytest.raises(lp.InputError, match="underlying"):
        fee.of(0.1, underlying=0)


def test_legs_pay_the_fee_of_their_settlement(terms: lp.OptionContract) -> None:
    """0.0003 of the coin for what is settled in coins, of its index price for what is settled in dollars."""
    names = {"BTC-30JAN26-90000-C": (0.05, 90_000.0), "SOL_USDC-30JAN26-140-C": (4.0, 150.0)}
    for name, (ask, index) in names.items():
        listed = pd.DataFrame(
            {
                "instrument_name": [name],
                "creation_timestamp": 1_767_585_600_000,
                "bid_price": 0.99 * ask,
                "ask_price": ask,
                "mark_price": ask,
                "mark_iv": 60.0,
                "underlying_price": index,
                "estimated_delivery_price": index,
            }
        )
        inverse = name.startswith("BTC")
        sol = lp.venue("deribit", on="2026-01-05", unconfirmed=True).option("SOL_USDC")
        (leg,) = lp.legs(lp.read_chain(listed), terms=terms if inverse else sol)
        fee = 0.0003 if inverse else 0.0005 * index
        assert leg.premium == lp.Premium(ask=ask + fee, bid=0.99 * ask - fee)


# ---- the margin of a short option


@pytest.mark.parametrize(
    ("strike", "mark", "call", "initial", "maintenance"),
    [
        # At an index of 10,000, by hand: 0.15 less the part out of the money, at least 0.1, and the mark.
        (10_000, 0.05, True, 0.20, 0.125),
        (10_300, 0.04, True, 0.16, 0.115),
        (12_000, 0.01, True, 0.11, 0.085),
        (8_000, 0.22, True, 0.37, 0.295),
        (10_000, 0.05, False, 0.20, 0.125),
        (9_700, 0.04, False, 0.16, 0.115),
        (8_000, 0.01, False, 0.11, 0.085),
        (30_000, 2.0, False, 2.15, 2.15),  # 0.075 of the mark is more than 0.075
        (40_000, 3.0, False, 3.225, 3.225),  # and then more than the initial margin
    ],
)
def test_margins_by_hand(
    terms: lp.OptionContract, strike: float, mark: float, call: bool, initial: float, maintenance: float
) -> None:
    margin = terms.margin
    assert margin.initial_margin(mark=mark, index=10_000, strike=strike, call=call) == pytest.approx(initial)
    assert margin.maintenance_margin(mark=mark, call=call) == pytest.approx(maintenance)


def test_margins_that_are_none() -> None:
    with pytest.raises(lp.InputError, match="an initial_floor of at most initial"):
        lp.ShortOptionMargin(initial=0.1, initial_floor=0.15, maintenance=0.075)
    with pytest.raises(lp.InputError, match="maintenance from 0 up to 1"):
        lp.ShortOptionMargin(initial=0.15, initial_floor=0.1, maintenance=7.5)
    margin = lp.ShortOptionMargin(initial=0.15, initial_floor=0.1, maintenance=0.075)
    with pytest.raises(lp.InputError, match="a mark of 0 or more"):
        margin.maintenance_margin(mark=-1, call=True)
    with pytest.raises(lp.InputError, match="index"):
        margin.initial_margin(mark=0.1, index=0, strike=1, call=True)


# ---- ticks


def test_ticks_grow_with_the_premium(terms: lp.OptionContract) -> None:
    assert [terms.tick.at(x) for x in (0.0, 0.0001, 0.005, 0.0051, 0.2)] == [0.0001] * 3 + [0.0005] * 2
    assert lp.PriceSteps(tick=0.5).at(1e6) == 0.5
    for above in (((0.1, 0.5), (0.05, 1.0)), ((0.1, 0.0001),)):
        with pytest.raises(lp.InputError, match="prices and ticks that ascend"):
            lp.PriceSteps(tick=0.0001, above=above)


# ---- the dated figures


def test_every_figure_of_options_has_a_source_and_a_flag() -> None:
    content = tomllib.loads(stored_text("deribit"))["options"]
    options = lp.venue("deribit", on="2026-01-05").options
    assert [o.symbol for o in options] == ["BTC", "ETH", "SOL_USDC", "XRP_USDC"] == list(content)
    for terms in options:
        assert terms.coin_settled == (terms.settled_in == terms.base) == ("_" not in terms.symbol)
        assert len(terms.figures) == sum(len(v) for v in content[terms.symbol].values() if isinstance(v, list))
        for figure in terms.figures:
            assert figure.source.startswith("https://")
            assert figure.flags_on(terms.on)  # no page of the exchange bears a date
            assert figure.note
    assert all(isinstance(getattr(lp.OptionContract, name), property) for name in OPTION_NAMES)


def test_second_hand_margins_are_used_on_request_only(terms: lp.OptionContract) -> None:
    strict = lp.venue("deribit", on="2026-01-05").option("ETH")
    with pytest.raises(lp.DataError, match=r"a confirmed margin of ETH at deribit.*only unconfirmed") as caught:
        _ = strict.margin
    assert "contract.supplied(margin=ShortOptionMargin(" in caught.value.remedy
    assert "margin" in terms.flags
    assert "unconfirmed" in terms.flags["margin"]
    assert (terms.lot, terms.size) == (0.1, 1.0)
    own = strict.supplied(fee=lp.OptionFee(rate=0.0002, cap=0.1))
    assert own.fee.rate == 0.0002
    with pytest.raises(lp.InputError, match="figures among size, lot, tick, fee, maker_fee, delivery_fee, margin"):
        strict.supplied(funding_hours=8.0)


def test_options_of_a_venue() -> None:
    venue = lp.venue("deribit", on="2026-01-05", unconfirmed=True)
    text = str(venue)
    assert "deribit BTC, options settled in BTC, on 2026-01-05" in text
    assert "fee 0.0003 of the underlying, at most 0.125 of the premium" in text
    assert "tick 0.0001, 0.0005 above 0.005" in text
    assert {"BTC", "SOL_USDC", "BTC-PERPETUAL"} <= set(venue.table()["contract"])
    assert repr(venue.option("ETH")) == "<OptionContract: deribit ETH on 2026-01-05>"
    again = pickle.loads(pickle.dumps(venue.option("ETH")))
    assert again == venue.option("ETH")
    assert hash(again) == hash(venue.option("ETH"))
    with pytest.raises(lp.InputError, match="options at deribit; got 'DOGE'; it has BTC, ETH, SOL_USDC, XRP_USDC"):
        venue.option("DOGE")
    with pytest.raises(lp.InputError, match="it has none"):
        lp.venue("okx", on="2024-01-01").option("BTC")


def test_a_malformed_entry_is_refused() -> None:
    head = '[options.X]\nbase = "BTC"\nquote = "USD"\n'
    source = 'source = "https://x"\nnote = "-"\n'
    settled = head + "coin_settled = true\n"
    for text, message in (
        (head, "coin_settled of X in my.toml"),
        (settled + "[[options.X.funding_hours]]\nvalue = 8\n" + source, "got funding_hours"),
        (settled + "[[options.X.fee]]\nrate = 3.0\ncap = 0.1\n" + source, "fee of X in my.toml"),
        (settled + "[[options.X.tick]]\ntick = 0.1\nabove = [[1, 0.1]]\n" + source, "tick of X in my.toml"),
    ):
        with pytest.raises(lp.DataError, match=message):
            read_listed_options(text, file="my.toml")
