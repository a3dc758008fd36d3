"""Who computes the runs of a sweep: threads, processes of this machine, or a cluster."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeAlias

from lpgreeks.display import Noun
from lpgreeks.errors import InputError, LPGreeksError, require_whole
from lpgreeks.sweeps.call import Call
from lpgreeks.sweeps.run import Outcome

__all__ = ["Cluster", "Finish", "Jobs", "Processes", "Threads", "Workers", "one_thread_for_algebra"]

Jobs: TypeAlias = Mapping[int, tuple[str, Sequence[Any]]]
"""By number: the name of a setting, and what fills the slots of the call."""

Finish: TypeAlias = Callable[[int, Outcome], None]
"""What is done with each outcome as soon as it is there."""


class Workers(Protocol):
    """Whoever computes some runs, in any order."""

    def run(self, call: Call, jobs: Jobs, finish: Finish) -> None:
        """Compute every job and hand each outcome to ``finish`` at once."""


@dataclass(frozen=True)
class Threads:
    """Threads of this process: arguments are shared, not copied.

    Args:
        count: how many; all cores unless said.
    """

    count: int | None = None

    def __post_init__(self) -> None:
        _require_count(self.count)

    def run(self, call: Call, jobs: Jobs, finish: Finish) -> None:
        from joblib import Parallel, delayed

        # Each thread finishes its own run: what is done is kept even where the main thread is interrupted.
        def one(i: int, name: str, values: Sequence[Any]) -> None:
            finish(i, call.outcome(name, values))

        Parallel(n_jobs=_jobs(self.count, jobs), require="sharedmem")(delayed(one)(i, *job) for i, job in jobs.items())


@dataclass(frozen=True)
class Processes(Noun):
    """Processes of this machine, for verbs that hold Python's lock: ``sweep(..., workers=Processes())``.

    Arguments are copied to each process, but for large arrays, which are mapped.

    Args:
        count: how many; all cores unless said.
    """

    count: int | None = None

    def __post_init__(self) -> None:
        _require_count(self.count)

    def run(self, call: Call, jobs: Jobs, finish: Finish) -> None:
        """Compute every job and hand each outcome to ``finish`` at once."""
        from joblib import Parallel, delayed, parallel_config

        failed: list[Exception] = []
        # After a failure nothing more is begun, and what has begun comes in: joblib would tear its processes down.
        todo = (delayed(_told)(call, i, *job) for i, job in jobs.items() if not failed)
        with parallel_config(backend="loky", inner_max_num_threads=1):
            # One at a time: a batch that is lost in a kill would be lost whole.
            crew = Parallel(n_jobs=_jobs(self.count, jobs), batch_size=1, return_as="generator_unordered")
            for i, outcome in crew(todo):
                try:
                    if isinstance(outcome, RuntimeError):
                        raise outcome
                    finish(i, outcome)
                except (RuntimeError, LPGreeksError) as error:
                    failed.append(error)
        if failed:
            raise failed[0]


@dataclass(frozen=True)
class Cluster:
    """The workers of a ``dask.distributed`` cluster.

    Args:
        client: the cluster's client.
    """

    client: Any

    def __post_init__(self) -> None:
        if not (hasattr(self.client, "scatter") and hasattr(self.client, "submit")):
            raise InputError("cluster as a dask.distributed Client", got=f"{self.client!r:.60}")

    def run(self, call: Call, jobs: Jobs, finish: Finish) -> None:
        from distributed import as_completed

        # Everything travels once, to every worker; a task is a number.
        shared = self.client.scatter((call, jobs), broadcast=True, hash=False)
        tasks = [self.client.submit(_scattered, shared, i, pure=False) for i in jobs]
        try:
            for task in as_completed(tasks):
                finish(*task.result())
                task.release()
        finally:
            self.client.cancel(tasks)


def _jobs(count: int | None, jobs: Jobs) -> int:
    """For joblib, to which -1 is every core: more than there are settings would only be started and waited for."""
    return -1 if count is None else min(count, len(jobs))


def _require_count(count: int | None) -> None:
    if count is not None:
        require_whole("the number of workers", count, at_least=1)


def _told(call: Call, i: int, name: str, values: Sequence[Any]) -> tuple[int, Outcome | RuntimeError]:
    """The outcome, or what was raised, with the place where that was as a note: no traceback leaves its process."""
    try:
        return i, call.outcome(name, values)
    except RuntimeError as error:
        error.add_note("".join(traceback.format_exception(error)))
        return i, error


def _scattered(shared: tuple[Call, Jobs], i: int) -> tuple[int, Outcome]:
    call, jobs = shared
    _one_thread_from_now_on()
    return i, call.outcome(*jobs[i])


@contextmanager
def one_thread_for_algebra() -> Iterator[None]:
    """Linear algebra on one thread: sums in parts differ in their last bit with the number of parts."""
    # SciPy's is a library of its own, which would be passed over if it were loaded later.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


@cache
def _one_thread_from_now_on() -> None:
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
