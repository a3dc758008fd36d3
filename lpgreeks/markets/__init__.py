"""What was quoted: readers of the files that people have, and the data check.

A reader parses, checks and refuses; it fills nothing, and of prices it drops and sorts nothing. Ticks and swaps are put
in the exchange's or the chain's own order. What that moves or leaves out, and what is guessed (a header, a unit of
time, a market from a file's name), is said in the notes and in the data check.
"""

from __future__ import annotations

from lpgreeks.markets.bin_files import read_bins
from lpgreeks.markets.books import read_book
from lpgreeks.markets.chain import Chain
from lpgreeks.markets.chain_check import ChainReport
from lpgreeks.markets.chain_files import read_chain, read_chains
from lpgreeks.markets.check import DataReport, Finding
from lpgreeks.markets.contract_names import ContractName, contract_name
from lpgreeks.markets.contract_quotes import ContractQuotes
from lpgreeks.markets.convert import Converted, convert_file
from lpgreeks.markets.file_check import FilePart, FileReport, check_file
from lpgreeks.markets.formats import FileKind
from lpgreeks.markets.funding_files import read_funding
from lpgreeks.markets.futures_marks import read_futures_marks
from lpgreeks.markets.glp_files import read_glp
from lpgreeks.markets.glp_layouts import GlpScale
from lpgreeks.markets.glp_price_files import read_glp_prices, read_glp_stats
from lpgreeks.markets.glp_vault_files import read_glp_vault
from lpgreeks.markets.gm_files import read_gm
from lpgreeks.markets.klines import check_klines, read_klines
from lpgreeks.markets.marks import read_marks
from lpgreeks.markets.option_names import OptionName, option_name
from lpgreeks.markets.parity import ParityForward
from lpgreeks.markets.pool_minutes import read_pool_minutes
from lpgreeks.markets.smile import Smile, smile
from lpgreeks.markets.streams import FundingRates, GasPrices, PoolHistory, Quotes
from lpgreeks.markets.swap_files import read_swaps
from lpgreeks.markets.symbols import market_of_name
from lpgreeks.markets.tables import Columns, check_prices, read_prices
from lpgreeks.markets.tape import Tape
from lpgreeks.markets.tickers import read_tickers

__all__ = [
    "Chain",
    "ChainReport",
    "Columns",
    "ContractName",
    "ContractQuotes",
    "Converted",
    "DataReport",
    "FileKind",
    "FilePart",
    "FileReport",
    "Finding",
    "FundingRates",
    "GasPrices",
    "GlpScale",
    "OptionName",
    "ParityForward",
    "PoolHistory",
    "Quotes",
    "Smile",
    "Tape",
    "check_file",
    "check_klines",
    "check_prices",
    "contract_name",
    "convert_file",
    "market_of_name",
    "option_name",
    "read_bins",
    "read_book",
    "read_chain",
    "read_chains",
    "read_funding",
    "read_futures_marks",
    "read_glp",
    "read_glp_prices",
    "read_glp_stats",
    "read_glp_vault",
    "read_gm",
    "read_klines",
    "read_marks",
    "read_pool_minutes",
    "read_prices",
    "read_swaps",
    "read_tickers",
    "smile",
]
