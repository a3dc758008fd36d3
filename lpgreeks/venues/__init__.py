"""What a venue asks for and charges: dated facts as data, each with its source, its date and a flag."""

from __future__ import annotations

from lpgreeks.venues.contracts import Contract, Venue, venue, venue_names
from lpgreeks.venues.figures import Figure
from lpgreeks.venues.options import OptionContract
from lpgreeks.venues.steps import PriceSteps

__all__ = ["Contract", "Figure", "OptionContract", "PriceSteps", "Venue", "venue", "venue_names"]
