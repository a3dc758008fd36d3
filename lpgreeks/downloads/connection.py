"""How a server is talked to: time-outs, tries, and how long to wait between them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from lpgreeks.display import Noun
from lpgreeks.downloads.folder import without_extra
from lpgreeks.errors import DataError, require_positive, require_whole

if TYPE_CHECKING:
    import httpx

__all__ = ["Connection", "PassingError"]

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may be another one in a moment."""


class PassingError(Exception):
    """A try that failed and may succeed later: why, and after how many seconds the server says."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, kw_only=True, repr=False)
class Connection(Noun):
    """How a server is talked to.

    Args:
        url: the base address, of a mirror for example; that of the variable ``LPGREEKS_BINANCE_URL`` or
            ``LPGREEKS_DERIBIT_URL`` unless said, else the exchange's own.
        timeout: seconds without a byte after which a try has failed.
        tries: in a row, none of which brought a byte.
        backoff: seconds before the second try, doubled before each further one.
        longest_wait: seconds, at most, before any try, whatever a server asks for.
        progress: a bar on stderr: always, never, or, by None, on a terminal.
    """

    url: str = ""
    timeout: float = 30.0
    tries: int = 5
    backoff: float = 1.0
    longest_wait: float = 120.0
    progress: bool | None = None

    def __post_init__(self) -> None:
        for name in ("timeout", "backoff", "longest_wait"):
            object.__setattr__(self, name, require_positive(name, getattr(self, name), unit="seconds"))
        require_whole("tries", self.tries, at_least=1)

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """A client for several requests.

        Raises:
            DataError: httpx is not installed.
        """
        httpx = _httpx()
        headers = {"user-agent": "lpgreeks", "accept-encoding": "identity"}
        with httpx.Client(timeout=self.timeout, follow_redirects=True, headers=headers) as client:
            yield client

    @contextmanager
    def stream(self, client: httpx.Client, url: str, headers: dict[str, str] | None = None) -> Iterator[httpx.Response]:
        """One answer, whose content is still to come.

        Raises:
            PassingError: the server is busy, slow or gone.
            DataError: no such address, or an answer that will not change.
        """
        httpx = _httpx()
        try:
            with client.stream("GET", url, headers=headers) as response:
                if response.status_code in _PASSING:
                    raise PassingError(
                        f"status {response.status_code}", _asked(response.headers.get("retry-after", ""))
                    )
                yield response
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise DataError("an address like https://data.binance.vision", got=f"{url}: {error}") from error
        except httpx.RequestError as error:
            raise PassingError(str(error) or type(error).__name__) from error

    def wait(self, tried: int, asked: float | None) -> float:
        """Seconds before the next try: what the server asked for, else twice as long each time."""
        return min(self.backoff * 2.0 ** (tried - 1) if asked is None else asked, self.longest_wait)

    def given_up(self, url: str, last: PassingError) -> DataError:
        """What to say after the last try."""
        return DataError(
            f"an answer within {self.tries} tries of {self.timeout:g} s",
            got=f"{last} from {url}",
            remedy="What came is kept: the same command goes on from there",
        )


def _httpx() -> Any:
    try:
        import httpx
    except ImportError as error:
        raise without_extra("httpx, which fetches files") from error
    return httpx


def _asked(header: str) -> float | None:
    """Seconds of a Retry-After: a number, or a date; None where there is none."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
