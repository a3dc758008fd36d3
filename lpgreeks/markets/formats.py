"""The formats of files: what tells each, who reads it, and what is taken for what no file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lpgreeks.errors import DataError, InputError
from lpgreeks.markets import (
    bin_files,
    books,
    chain_layouts,
    funding_files,
    futures_marks,
    glp_layouts,
    glp_price_files,
    gm_files,
    marks,
    pool_minutes,
    swap_files,
    tickers,
)
from lpgreeks.markets.chain_files import chain_records, read_chains
from lpgreeks.markets.contract_names import contract_name
from lpgreeks.markets.glp_files import read_glp
from lpgreeks.markets.glp_vault_files import read_glp_vault
from lpgreeks.markets.klines import is_klines, read_klines
from lpgreeks.markets.sheets import columns_at, path_of, sheets
from lpgreeks.markets.tables import Columns, read_prices, table_of
from lpgreeks.onchain import OnchainPool

if TYPE_CHECKING:
    import pandas as pd

    from lpgreeks.markets.sheets import Layout

__all__ = ["FileFormat", "FileKind", "Guess", "Reading", "format_of", "reading", "require_known"]


class FileKind(str, Enum):
    """What a file holds."""

    klines = "klines"
    prices = "prices"
    book = "book"
    marks = "marks"
    funding = "funding"
    swaps = "swaps"
    pool_minutes = "pool-minutes"
    chain = "chain"
    tickers = "tickers"
    futures_marks = "futures-marks"
    glp = "glp"
    glp_vault = "glp-vault"
    glp_stats = "glp-stats"
    glp_prices = "glp-prices"
    gm = "gm"
    bins = "bins"


class Guess(NamedTuple):
    """Arguments of a reader that no file says, as a check takes them, and that in words; none of either unless said."""

    words: str = ""
    arguments: Mapping[str, Any] = {}


def _one_part(path: Path) -> list[dict[str, Any]]:  # noqa: ARG001
    return [{}]


class _Needs(NamedTuple):
    """A layout that has no more than its columns."""

    title: str
    needs: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """One kind of file.

    Args:
        kind: which.
        reader: the function that reads it.
        layouts: the ways of writing it, each told by its columns; none for what is told in another way.
        parts: the arguments that choose each part of a file that has several.
        guesses: taken one after another until the reader accepts, where it has to be told more than the path.
        records: the rows of a JSON file as a table, where they lie in an envelope of their own.
    """

    kind: FileKind
    reader: Callable[..., Any]
    layouts: Sequence[Layout] = ()
    parts: Callable[[Path], list[dict[str, Any]]] = _one_part
    guesses: tuple[Guess, ...] = (Guess(),)
    records: Callable[[Path], tuple[pd.DataFrame, str]] | None = None


class Reading(NamedTuple):
    """What a reader made of a file: its results, and what was taken for what no file says."""

    results: tuple[Any, ...]
    taken: tuple[str, ...]


def reading(path: Path, form: FileFormat, given: Mapping[str, Any]) -> Reading:
    """Every part of a file, as its reader has it.

    Raises:
        InputError: an argument that the reader does not have.
        DataError: what the reader says of the first guess, where it accepts none.
    """
    require_known(form, given)
    results: list[Any] = []
    taken: dict[str, None] = {}
    guesses = form.guesses
    for part in form.parts(path):
        found, guess = _accepted(path, form, guesses, part | dict(given))
        # What was right of one part is right of the others.
        guesses = (guess,)
        results += found if isinstance(found, tuple) else (found,)
        if not set(guess.arguments) <= set(given):
            taken[guess.words] = None
    return Reading(tuple(results), tuple(taken))


def require_known(form: FileFormat, given: Mapping[str, Any]) -> None:
    """An error for an argument that the reader does not have."""
    known = [name for name in signature(form.reader).parameters if name not in ("path", "source")]
    if other := [name for name in given if name not in known]:
        raise InputError(
            f"arguments of {form.reader.__name__}",
            got=", ".join(other),
            remedy=f"For {form.kind.value} it has {', '.join(known) or 'none'}",
        )


def _accepted(path: Path, form: FileFormat, guesses: tuple[Guess, ...], said: Mapping[str, Any]) -> tuple[Any, Guess]:
    first: DataError | InputError | None = None
    for guess in guesses:
        try:
            return form.reader(path, **{**guess.arguments, **said}), guess
        except (DataError, InputError) as error:
            first = first or error
    assert first is not None
    raise first


# ---- what no file says

_NAMELESS = Guess("market, as neither rows nor name tell it", {"market": "?/?"})
_MARKET = (Guess(), _NAMELESS)


def _pool(decimals: tuple[int, int], more: Mapping[str, float]) -> Guess:
    first, second = decimals
    pool = OnchainPool(
        token0="token0", token1="token1", decimals0=first, decimals1=second, tick_spacing=1, base="token1"
    )
    words = f"a pool of tokens with {first} and {second} decimals, its fee {pool.tier * 100:g} %"
    return Guess(words + "".join(f", {k} {v:g}" for k, v in more.items()), {"pool": pool, **more})


_POOLS = tuple(
    _pool(decimals, more)
    for more in (dict[str, float](), {"liquidity": 1.0})
    for decimals in ((6, 18), (18, 6), (18, 18), (8, 18), (18, 8), (8, 6), (6, 8))
)


def _venues(path: Path) -> list[dict[str, Any]]:
    """Each venue and asset of a table of several."""
    chosen = next(layout.chosen_by for layout in funding_files.LAYOUTS if layout.chosen_by)
    found: dict[tuple[str, ...], None] = {}
    for sheet in sheets(path):
        if not set(chosen) <= set(sheet.columns):
            return [{}]
        for piece in sheet.pieces(chosen):
            found |= dict.fromkeys(zip(*(piece[c].astype(str) for c in chosen), strict=True))
    return [dict(zip(chosen, values, strict=True)) for values in sorted(found)]


def _coins(path: Path) -> list[dict[str, Any]]:
    """Each coin of a table of contracts."""
    table = tickers.ticker_records(path)[0]
    if "instId" not in table.columns:
        return [{}]
    names = table["instId"].dropna().unique()
    return [{"base": coin} for coin in sorted({contract_name(str(name)).base for name in names})] or [{}]


def _assets(path: Path) -> list[dict[str, Any]]:
    """Each coin of a table of marks."""
    table = table_of(path)[0]
    return [{"base": coin} for coin in table["asset"].dropna().unique()] if "asset" in table.columns else [{}]


FORMATS = (
    FileFormat(kind=FileKind.klines, reader=read_klines, guesses=_MARKET),
    FileFormat(
        kind=FileKind.prices,
        reader=read_prices,
        layouts=(_Needs("table of prices", frozenset({Columns().time, Columns().price})),),
        guesses=(_NAMELESS,),
    ),
    FileFormat(kind=FileKind.book, reader=books.read_book, layouts=books.LAYOUTS, guesses=_MARKET),
    FileFormat(kind=FileKind.marks, reader=marks.read_marks, layouts=(marks.TICKER,), guesses=_MARKET),
    FileFormat(
        kind=FileKind.funding,
        reader=funding_files.read_funding,
        layouts=funding_files.LAYOUTS,
        parts=_venues,
        guesses=_MARKET,
    ),
    FileFormat(kind=FileKind.swaps, reader=swap_files.read_swaps, layouts=swap_files.LAYOUTS, guesses=_POOLS),
    FileFormat(
        kind=FileKind.pool_minutes,
        reader=pool_minutes.read_pool_minutes,
        layouts=pool_minutes.LAYOUTS,
        guesses=_POOLS[:1],
    ),
    FileFormat(kind=FileKind.chain, reader=read_chains, layouts=chain_layouts.LAYOUTS, records=chain_records),
    FileFormat(
        kind=FileKind.tickers,
        reader=tickers.read_tickers,
        layouts=(_Needs("ticker records", frozenset(tickers.NEEDED)),),
        parts=_coins,
        records=tickers.ticker_records,
    ),
    FileFormat(
        kind=FileKind.futures_marks,
        reader=futures_marks.read_futures_marks,
        layouts=(_Needs("marks of futures", frozenset(futures_marks.NEEDED)),),
        parts=_assets,
        guesses=(Guess("no half-spread", {"half_spread": 0.0}),),
    ),
    FileFormat(kind=FileKind.glp, reader=read_glp, layouts=glp_layouts.LAYOUTS),
    FileFormat(
        kind=FileKind.glp_vault,
        reader=read_glp_vault,
        layouts=(_Needs("a GMX v1 vault", frozenset({"tokens", "supply"})),),
    ),
    FileFormat(kind=FileKind.glp_stats, reader=glp_price_files.read_glp_stats, layouts=(glp_price_files.STATS,)),
    FileFormat(kind=FileKind.glp_prices, reader=glp_price_files.read_glp_prices, layouts=(glp_price_files.DAYS,)),
    FileFormat(
        kind=FileKind.gm,
        reader=gm_files.read_gm,
        layouts=gm_files.LAYOUTS,
        guesses=(Guess("a long token without a name", {"base": "long token"}),),
    ),
    FileFormat(
        kind=FileKind.bins,
        reader=bin_files.read_bins,
        layouts=bin_files.LAYOUTS,
        guesses=(Guess("tokens X and Y", {"token_x": "X", "token_y": "Y"}),),
    ),
)


def format_of(path: str | Path, kind: FileKind | None = None) -> FileFormat:
    """The format of a file: of those whose columns it has, the one that asks for most of them.

    Raises:
        DataError: no file there, or none of the formats.
    """
    place = path_of(path)
    if not place.exists():
        raise DataError("an existing file or folder", got=str(place))
    if kind is not None:
        return next(form for form in FORMATS if form.kind is FileKind(kind))
    if is_klines(place):
        return FORMATS[0]
    try:
        columns = columns_at(place)
    except DataError as error:
        if isinstance(error.__cause__, ImportError):  # the remedy is an installation, not another layout
            raise
        raise _unknown(f"{error.got}, which is not {error.expected}") from error
    fitting = [
        (len(layout.needs), -i) for i, form in enumerate(FORMATS) for layout in form.layouts if layout.needs <= columns
    ]
    if not fitting:
        named = ", ".join(sorted(map(repr, columns)))[:300] if all(map(str.isprintable, columns)) else ""
        raise _unknown(f"{named or 'no columns'} in {place.name}")
    return FORMATS[-max(fitting)[1]]


def _unknown(got: str) -> DataError:
    return DataError(
        "a file of a known layout",
        got=got,
        remedy=f"Known are {', '.join(f'{form.kind.value} ({form.reader.__name__})' for form in FORMATS)}; "
        "any other table of prices: read_prices(..., columns=lp.Columns(...))",
    )
