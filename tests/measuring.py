"""Measures that are a program's and not its machine's: ratios of CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """Return how many times as much CPU time work of twice a size takes.

    About 2 where it grows like the size, about 4 where like its square. `work` prepares what is measured. Of
    several times in turn the least counts: whatever else a machine does only adds.
    """
    one, two = work(size), work(2 * size)
    times = [(_cpu(one), _cpu(two)) for _ in range(5)]
    return min(twice for _, twice in times) / min(once for once, _ in times)


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
