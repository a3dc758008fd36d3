"""One call for every combination of what may vary in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Self

import numpy as np

from lpgreeks.errors import InputError
from lpgreeks.progress import progress_bar
from lpgreeks.recipes import recorded
from lpgreeks.sweeps.call import posed
from lpgreeks.sweeps.checkpoint import Checkpoint
from lpgreeks.sweeps.record import packed, unpacked
from lpgreeks.sweeps.result import Sweep
from lpgreeks.sweeps.run import Outcome, Run
from lpgreeks.sweeps.workers import Cluster, Processes, Threads, Workers, one_thread_for_algebra

__all__ = ["sweep"]


@recorded
def sweep(
    verb: Callable[..., Any],
    /,
    *arguments: Any,
    checkpoint: str | os.PathLike[str] | None = None,
    workers: int | Processes | None = None,
    cluster: Any = None,
    progress: bool | None = None,
    seed: int | None = None,
    keep: bool = False,
    **keywords: Any,
) -> Sweep:
    """``verb(*arguments, **keywords)`` for every combination of the grids among the arguments.

    A grid (:func:`grid`, :func:`each`) may stand for an argument, or inside a list or a tuple; the last one varies
    fastest. Runs know nothing of one another: they come in the order of the grids, whoever finishes first, and equal
    settings give equal bits on threads, processes and clusters alike. Linear algebra has one thread meanwhile.

    Of each result its figures and series are kept (:class:`Run`), so memory grows with these, not with results;
    :meth:`Sweep.result` computes one again. An error that lpgreeks raises on purpose stands in its row, and the others
    go on.

    Args:
        verb: what is called: :func:`hedge`, any function. With ``workers=Processes()`` or a cluster it must be one
            that other processes can import.
        arguments, keywords: the verb's own.
        checkpoint: a folder, made if missing, that gets a record of every finished setting. The same call resumes
            there after an interrupt, a crash or a kill. A setting is known by the content of everything that goes
            into it: the verb, the version of this library, all arguments. Other sweeps may use the folder too, even
            at the same time.
        workers: threads, all cores unless said; or :class:`Processes`.
        cluster: a ``dask.distributed`` Client whose workers compute instead; arguments travel to each of them once.
        progress: a bar on stderr with the time left: always, never, or (None) on a terminal.
        seed: the verb's ``seed``, the same in every run: settings are compared on the same draws.
        keep: hold whole results too.

    Returns:
        What was kept, by setting.

    Raises:
        InputError: no grid; an argument that is none of the above; with a checkpoint, arguments whose content cannot
            be told.
        TypeError: arguments that the verb does not take.
        DataError: a checkpoint that cannot be read or written; what was finished is kept there.
        RuntimeError: whatever a run raises that is no error of lpgreeks, after the name of its setting.
        KeyboardInterrupt: on Ctrl-C, with one line that says how to go on.
    """
    if seed is not None:
        keywords["seed"] = seed
    generators = [x for x in (*arguments, *keywords.values()) if isinstance(x, np.random.Generator)]
    if generators:
        raise InputError(
            "a seed as a whole number", got="a Generator", remedy="Runs that share one would depend on their order"
        )
    crew: Workers = Cluster(cluster) if cluster is not None else _crew(workers)
    call, settings = posed(verb, arguments, keywords, keep=keep)
    folder = None if checkpoint is None else Checkpoint(checkpoint)
    store = _Store(len(settings), folder, [] if folder is None else settings.keys(call))
    found = len(store.outcomes)
    names = settings.names()
    jobs = {i: (names[i], settings.values(i)) for i in range(len(settings)) if i not in store.outcomes}
    if jobs:
        shown = progress_bar(len(settings), found, call.name, progress, unit="run")
        with store, one_thread_for_algebra(), shown as bar:
            store.bar = bar
            try:
                crew.run(call, jobs, store.finish)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(store.stopped()) from None
    outcomes = [store.outcomes[i] for i in range(len(settings))]
    return Sweep(
        call=call,
        settings=settings,
        runs=tuple(
            Run(
                number=i,
                name=names[i],
                parameters=settings.parameters(i),
                figures=outcome.figures,
                series=outcome.series,
                given=outcome.given,
                error=outcome.error,
            )
            for i, outcome in enumerate(outcomes)
        ),
        results={i: outcome.result for i, outcome in enumerate(outcomes) if outcome.result is not None},
        resumed=found,
        notes=tuple(folder.notes) if folder is not None else (),
    )


class _Store:
    """Outcomes as they come, from any thread, and their records in the checkpoint."""

    def __init__(self, total: int, folder: Checkpoint | None, keys: Sequence[bytes]) -> None:
        self._total, self._folder, self._keys = total, folder, keys
        records = {} if folder is None else folder.read(frozenset(keys))
        self.outcomes = {i: unpacked(records[key]) for i, key in enumerate(keys) if key in records}
        self.bar: Any = None
        self._lock, self._open = Lock(), False

    def __enter__(self) -> Self:
        if self._folder is not None:
            self._folder.open()
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        # Threads that are still at work after an interrupt come too late.
        with self._lock:
            self._open = False
            if self._folder is not None:
                self._folder.close()

    def finish(self, i: int, outcome: Outcome) -> None:
        with self._lock:
            if not self._open:
                return
            if self._folder is not None:
                self._folder.write(self._keys[i], packed(outcome))
            self.outcomes[i] = outcome
            self.bar.update()

    def stopped(self) -> str:
        """What an interrupt leaves, and how to go on."""
        done = f"{len(self.outcomes):,} of {self._total:,} settings"
        if self._folder is None:
            return f"{done} were done, and are lost: checkpoint='runs/' would have kept them"
        return f"{done} are kept: the same call with checkpoint={str(self._folder.folder)!r} goes on from there"


def _crew(workers: int | Processes | None) -> Workers:
    return workers if isinstance(workers, Processes) else Threads(workers)
