"""What a venue asks for and charges: dated facts as data, each with its source, its date and a flag."""

from __future__ import annotations

from lpgreeks.venues.contracts import Contract, Venue, venue, venue_names
from lpgreeks.venues.figures import Figure

__all__ = ["Contract", "Figure", "Venue", "venue", "venue_names"]
