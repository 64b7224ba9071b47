"""How the time of each function that input from the network reaches grows with its input.

    python -m benchmarks.growth [--few] [--function NAME …] [--generator NAME …]

benchmarks/growth_parts names the functions, and more than 60 generators of input that is hard to
read. Each function reads 10, 100 and 1,000 KB of each input, in a process of its own with a limit
on its CPU time. The exponent is that of CPU time between 100 and 1,000 KB: 1 is linear, 2
quadratic. It is a fault if it is above 1.3 or if 1,000 KB take more than 2 seconds; a suspected
fault is measured three times, and the least time counts. Times too short to matter have no
exponent. `--few` takes every seventh pair and 300 KB at most, which may take 2 seconds in all.

The last line is one object of JSON: ``functions``, ``generators``, ``pairs``, ``faults``, the
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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table

from benchmarks.growth_parts.functions import FUNCTIONS
from benchmarks.growth_parts.generators import GENERATORS, SENTENCE

SIZES: Final = (10_000, 100_000, 1_000_000)
FEW_SIZES: Final = (10_000, 30_000, 300_000)
"""Characters of the inputs."""

EVERY: Final = 7
"""With ``--few``, one pair of so many is measured."""

MAX_EXPONENT: Final = 1.3
MAX_SECONDS_PER_MB: Final = 2.0

NOTICEABLE_SECONDS: Final = 0.1
"""Minimum CPU seconds for the largest input from which on an exponent is computed."""

CPU_LIMIT_SECONDS: Final = 10
"""CPU seconds after which a process is killed."""

ATTEMPTS: Final = 3

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one function took for one input: CPU seconds by size, or why it took none."""

    pair: Pair
    seconds: dict[int, float]
    failure: str = ""

    @property
    def per_mb(self) -> float:
        """CPU seconds per MB of the largest input; of a smaller one than 1 MB, all its seconds."""
        if self.failure or not self.seconds:
            return math.inf
        size = max(self.seconds)
        return self.seconds[size] * SIZES[-1] / max(size, SIZES[-1])

    @property
    def exponent(self) -> float:
        """The exponent between the two largest inputs; 0 if the times are too short."""
        if self.failure or len(self.seconds) < len(SIZES):
            return math.inf
        (small, least), (large, most) = sorted(self.seconds.items())[-2:]
        if most < NOTICEABLE_SECONDS:
            return 0.0
        return math.log(most / max(least, 1e-4)) / math.log(large / small)

    @property
    def is_fault(self) -> bool:
        """Whether it is above a limit."""
        return self.per_mb > MAX_SECONDS_PER_MB or self.exponent > MAX_EXPONENT


def measure(pair: Pair, sizes: Sequence[int], out: Connection) -> None:
    """Measure one function with one input in this process, and send the times."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_SECONDS, CPU_LIMIT_SECONDS))
    name, source = pair
    function, generator = FUNCTIONS[name], GENERATORS[source]
    seconds: dict[int, float] = {}
    try:
        function(SENTENCE)  # loads what is loaded once
        for size in sizes:
            text = generator(size)
            for attempt in range(ATTEMPTS):
                gc.collect()
                started = time.process_time()
                function(text)
                spent = time.process_time() - started
                seconds[size] = min(spent, seconds.get(size, spent))
                known = Cost(pair, seconds)
                if size == sizes[-1]:
                    if not known.is_fault:
                        break
                elif attempt:
                    # Small inputs are measured twice: a slow first time would hide growth.
                    break
            out.send((size, seconds[size]))
    except Exception as error:  # noqa: BLE001 - whatever it raises is a fault
        out.send(f"{type(error).__name__}: {error}"[:200])
    out.close()


def started(pair: Pair, sizes: Sequence[int]) -> tuple[ForkProcess, Connection]:
    """A process that measures a pair, and what it sends by."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(pair, sizes, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def result(pair: Pair, process: ForkProcess, sent: Connection) -> Cost:
    """What a process sent before it ended."""
    seconds: dict[int, float] = {}
    failure = ""
    while True:
        try:
            said = sent.recv()
        except EOFError:
            break
        if isinstance(said, str):
            failure = said
        else:
            seconds[said[0]] = said[1]
    process.join()
    if process.exitcode:
        failure = f"killed after {CPU_LIMIT_SECONDS} s of CPU at {len(seconds)} sizes"
    return Cost(pair, seconds, failure)


def costs(pairs: Sequence[Pair], sizes: Sequence[int], workers: int) -> Iterator[Cost]:
    """Measure pairs, a few at a time."""
    waiting = list(reversed(pairs))
    running: dict[int, tuple[Pair, ForkProcess, Connection]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            pair = waiting.pop()
            process, sent = started(pair, sizes)
            running[process.sentinel] = pair, process, sent
        for sentinel in wait(list(running)):
            assert isinstance(sentinel, int)
            yield result(*running.pop(sentinel))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", action="store_true", help="a part of it, for .ci/run")
    parser.add_argument("--function", action="append", choices=FUNCTIONS, metavar="NAME")
    parser.add_argument("--generator", action="append", choices=GENERATORS, metavar="NAME")
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
    gc.freeze()
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
    """The worst input of each function."""
    table = Table("function", "slowest input", "s/MB", "steepest input", "exponent")
    for name in dict.fromkeys(cost.pair[0] for cost in found):
        own = [cost for cost in found if cost.pair[0] == name]
        slow = max(own, key=lambda cost: cost.per_mb)
        steep = max(own, key=lambda cost: cost.exponent)
        row = (slow.pair[1], f"{slow.per_mb:.2f}", steep.pair[1], f"{steep.exponent:.2f}")
        table.add_row(name, *row)
    return table


if __name__ == "__main__":
    main()
