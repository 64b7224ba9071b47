"""Run work on several processor cores in forked processes, and return the results in order."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Final, TypeVar

from data.errors import CommuniqueError

Job = TypeVar("Job")
Result = TypeVar("Result")

FORK: Final = multiprocessing.get_context("fork")
"""Method of starting child processes. Forked children share the memory of this process, so that
large tables are not copied."""

KILLED_MESSAGE: Final = (
    "a process that did a part of the work was killed, perhaps because memory ran out; run the "
    "command again"
)


class ChildLost(CommuniqueError):
    """A child process ended before its work was done."""


def core_count() -> int:
    """Return the number of processor cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def map_forked(
    work: Callable[[Job], Result], jobs: Sequence[Job], processes: int
) -> Iterator[Result]:
    """Yield ``work(job)`` for each job in order, computed in several child processes.

    ``processes`` is the maximum number of child processes. Results are pickled. Other changes that
    ``work`` makes are lost with the child. Raises ChildLost if a child ends early.
    """
    pipes: list[Connection] = []
    children = []
    try:
        for _ in range(processes):
            ours, theirs = FORK.Pipe()
            pipes.append(ours)
            child = FORK.Process(target=_serve, args=(work, jobs, theirs, [*pipes]), daemon=True)
            child.start()
            children.append(child)
            theirs.close()
        yield from _results(pipes, len(jobs))
    finally:
        for pipe in pipes:
            pipe.close()
        for child in children:
            child.kill()
            child.join()


def _results(pipes: Sequence[Connection], count: int) -> Iterator[Result]:
    """Assign jobs to idle children by number, and yield the results in order."""
    done: dict[int, Result] = {}
    rest = iter(range(count))
    try:
        for pipe, number in zip(pipes, rest, strict=False):
            pipe.send(number)
        for number in range(count):
            while number not in done:
                ready: Any = wait(pipes)
                for pipe in ready:
                    which, result = pipe.recv()
                    done[which] = result
                    if (following := next(rest, None)) is not None:
                        pipe.send(following)
            yield done.pop(number)
    except (EOFError, OSError) as error:
        raise ChildLost(KILLED_MESSAGE) from error


def _serve(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    pipe: Connection,
    parents: Sequence[Connection],
) -> None:
    """Run jobs in a child process until the parent closes its end of the pipe or dies."""
    # A copy of the parent's end would keep the pipe open after the parent's death.
    for one in parents:
        one.close()
    # Ctrl+C reaches the whole process group. The parent then ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            number = pipe.recv()
            pipe.send((number, work(jobs[number])))
    except (EOFError, OSError):
        return
