"""Measure how the CPU time of the functions that network input reaches grows with their input.

    python -m benchmarks.growth [--few] [--all] [--function NAME …] [--generator NAME …]

benchmarks/growth_parts lists the functions, and more than 60 generators of input that is hard to
read. Each function reads 10, 100 and 1,000 KB of each input, in a child process with a limit on its
CPU time. Python collects garbage as rarely as in the commands.

The exponent compares the CPU times for 100 and 1,000 KB: 1 is linear, 2 quadratic. An exponent
above 1.3, or more than 2 seconds for 1,000 KB, is a fault. A suspected fault is measured six times,
and the least time counts. Times below 0.25 s have no exponent. `--few` measures every seventh pair
with at most 300 KB, which may take 2 seconds.

The last line is a JSON object: ``functions``, ``generators``, ``pairs``, ``faults``, the
``slowest`` pair in seconds per MB, the largest ``exponent``, and ``seconds`` of CPU. The exit code
is 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import math
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table

from benchmarks.growth_parts.functions import FUNCTIONS
from benchmarks.growth_parts.generators import GENERATORS, SENTENCE
from scheduler.children.page_limit import collect_garbage_rarely

SIZES: Final = (10_000, 100_000, 1_000_000)
FEW_SIZES: Final = (10_000, 30_000, 300_000)
"""Characters of the inputs."""

EVERY: Final = 7
"""`--few` measures one pair of this many."""

MAX_EXPONENT: Final = 1.3
MAX_SECONDS_PER_MB: Final = 2.0

NOTICEABLE_SECONDS: Final = 0.25
"""Minimum CPU seconds for the largest input of which an exponent is computed.

A linear function may take 2.5 times as long for each character once its input is larger than the
caches of the processor. Such a step alone would be an exponent of 1.4.
"""

CPU_LIMIT_SECONDS: Final = 10
"""CPU seconds of one call after which its process is killed."""

ATTEMPTS: Final = 6
"""Calls with each input of a pair that may be a fault."""

BATCH_PAIRS: Final = 20
"""Pairs that one child process measures: starting a child takes longer than most calls."""

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """The CPU seconds of a function by the size of its input, or the reason why it failed."""

    pair: Pair
    seconds: dict[int, float] = field(default_factory=dict)
    failure: str = ""

    @property
    def per_mb(self) -> float:
        """CPU seconds per MB of the largest input; all its seconds if it is smaller than 1 MB."""
        if self.failure or not self.seconds:
            return math.inf
        size = max(self.seconds)
        return self.seconds[size] * SIZES[-1] / max(size, SIZES[-1])

    @property
    def exponent(self) -> float:
        """The exponent between the two largest inputs; 0 if the times are too short.

        A smaller input may cost more than a larger one, which a limit ends early. Then its time is
        that of both.
        """
        if self.failure or len(self.seconds) < len(SIZES):
            return math.inf
        *smaller, (large, most) = sorted(self.seconds.items())
        small, least = smaller[-1][0], max(seconds for _, seconds in smaller)
        if most < NOTICEABLE_SECONDS:
            return 0.0
        return math.log(most / max(least, 1e-4)) / math.log(large / small)

    @property
    def is_fault(self) -> bool:
        """Whether the cost is above a limit."""
        return self.per_mb > MAX_SECONDS_PER_MB or self.exponent > MAX_EXPONENT


def measure_batch(batch: Sequence[Pair], sizes: Sequence[int], out: Connection) -> None:
    """Measure pairs in this process, and send the cost of each."""
    for pair in batch:
        try:
            out.send(measured(pair, sizes))
        except Exception as error:  # noqa: BLE001 - any exception of the function is a fault
            out.send(Cost(pair, {}, f"{type(error).__name__}: {error}"[:200]))
    out.close()


@cache
def text_of(generator: str, size: int) -> str:
    """An input, cached: all processes share the inputs that are made before they start."""
    return GENERATORS[generator](size)


def measured(pair: Pair, sizes: Sequence[int]) -> Cost:
    """Measure one function with one generator.

    The times of small inputs are measured again if the exponent depends on them: a slow first call
    would hide growth.
    """
    name, source = pair
    function = FUNCTIONS[name]
    found = Cost(pair)

    def call(*some: int) -> None:
        for size in some:
            text = text_of(source, size)
            seconds = seconds_of(lambda text=text: function(text))  # type: ignore[misc]
            found.seconds[size] = min(seconds, found.seconds.get(size, seconds))

    call(*sizes)
    if found.seconds[sizes[-1]] >= NOTICEABLE_SECONDS:
        call(sizes[-2])
    for _ in range(1, ATTEMPTS):
        if found.is_fault:
            call(*sizes[-2:])
    return found


def seconds_of(call: Callable[[], object]) -> float:
    """CPU seconds of a call; the process is killed if they exceed the limit.

    The clock is the thread's: under a limit, Linux updates the process clock only once per tick
    (4 ms), which hides most of a short call and looks like growth.
    """
    gc.collect()
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit = math.ceil(time.process_time()) + CPU_LIMIT_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    started = time.thread_time()
    call()
    return time.thread_time() - started


def start(batch: Sequence[Pair], sizes: Sequence[int]) -> tuple[ForkProcess, Connection]:
    """Start a process that measures pairs; the connection receives their costs."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=measure_batch, args=(batch, sizes, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def received(sent: Connection) -> Iterator[Cost]:
    """The costs that a process sent before it ended."""
    try:
        while True:
            yield sent.recv()
    except EOFError:
        return


def costs(pairs: Sequence[Pair], sizes: Sequence[int], workers: int) -> Iterator[Cost]:
    """Measure pairs in several processes.

    After a process is killed, the pair that it measured has a failure, and the rest of its batch is
    measured by another process.
    """
    rest = iter(pairs)
    waiting = [*iter(lambda: tuple(islice(rest, BATCH_PAIRS)), ())][::-1]
    running: dict[int, tuple[tuple[Pair, ...], ForkProcess, Connection]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            batch = waiting.pop()
            process, sent = start(batch, sizes)
            running[process.sentinel] = batch, process, sent
        for sentinel in wait(list(running)):
            assert isinstance(sentinel, int)
            batch, process, sent = running.pop(sentinel)
            found = [*received(sent)]
            yield from found
            process.join()
            if left := batch[len(found) :]:
                failure = f"killed after {CPU_LIMIT_SECONDS} s of CPU (code {process.exitcode})"
                yield Cost(left[0], {}, failure)
                waiting += [left[1:]] if left[1:] else []


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", action="store_true", help="measure a small share, for .ci/run")
    parser.add_argument("--function", action="extend", nargs="+", choices=FUNCTIONS, metavar="NAME")
    parser.add_argument(
        "--generator", action="extend", nargs="+", choices=GENERATORS, metavar="NAME"
    )
    parser.add_argument("--all", action="store_true", help="print all pairs, not only faults")
    chosen = parser.parse_args()
    logging.disable()
    every = [
        (function, generator)
        for function in chosen.function or FUNCTIONS
        for generator in chosen.generator or GENERATORS
    ]
    pairs = every[::EVERY] if chosen.few else every
    sizes = FEW_SIZES if chosen.few else SIZES
    for name in chosen.function or FUNCTIONS:
        FUNCTIONS[name](SENTENCE)
    for source in {source for _, source in pairs}:
        for size in sizes:
            text_of(source, size)
    collect_garbage_rarely()
    found: list[Cost] = []
    for cost in costs(pairs, sizes, workers=os.cpu_count() or 1):
        found.append(cost)
        if cost.is_fault or chosen.all:
            times = ", ".join(f"{seconds:.2f}" for seconds in cost.seconds.values())
            print(
                f"{cost.pair}: {times} s, exponent {cost.exponent:.2f} {cost.failure}", flush=True
            )
    faults = [cost for cost in found if cost.is_fault]
    Console(width=110).print(table_of(found))
    whole = [cost for cost in found if not cost.failure]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = {
        "functions": len({cost.pair[0] for cost in found}),
        "generators": len({cost.pair[1] for cost in found}),
        "pairs": len(found),
        "faults": [cost.pair for cost in faults],
        "slowest": round(max((cost.per_mb for cost in whole), default=0.0), 2),
        "exponent": round(max((cost.exponent for cost in whole), default=0.0), 2),
        "seconds": round(used.ru_utime + used.ru_stime),
    }
    print(json.dumps(summary))
    sys.exit(bool(faults))


def table_of(found: Sequence[Cost]) -> Table:
    """The worst inputs of each function, and the CPU seconds of its largest inputs together."""
    table = Table("function", "slowest input", "s/MB", "steepest input", "exponent", "seconds")
    for name in dict.fromkeys(cost.pair[0] for cost in found):
        own = [cost for cost in found if cost.pair[0] == name]
        slow = max(own, key=lambda cost: cost.per_mb)
        steep = max(own, key=lambda cost: cost.exponent)
        row = (slow.pair[1], f"{slow.per_mb:.2f}", steep.pair[1], f"{steep.exponent:.2f}")
        largest = sum(max(cost.seconds.values(), default=0.0) for cost in own)
        table.add_row(name, *row, f"{largest:.0f}")
    return table


if __name__ == "__main__":
    main()
