"""How the work for a text grows with its length: measured in CPU time, which other programs do not change."""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log

from tests.constructs import Construct

MOST = 1.35
"""The exponent of growth beyond which work grows faster than n·log n, with room for noise: quadratic is 2."""
_ATTEMPTS = 4
_TOO_SHORT = 0.05
"""Seconds of CPU time below which the clock and the caches decide: that much is no hang."""


class HangError(AssertionError):
    """Work that did not end."""


def assert_it_grows_slowly(
    work: Callable[[str], object],
    construct: Construct,
    small: int = 4_000,
    large: int = 32_000,
    limit: float = 60,
) -> None:
    """Compare the work for a short text and a long one, of which only the best of several attempts count.

    Each attempt is ended after a limit, in seconds of CPU time, which is for what hangs alone.
    """
    texts = construct(small), construct(large)
    best = [float("inf"), float("inf")]
    for _ in range(_ATTEMPTS):
        for index, text in enumerate(texts):
            best[index] = min(best[index], _cost(work, text, limit))
        exponent = log(max(best[1], _TOO_SHORT) / max(best[0], _TOO_SHORT / large * small)) / log(
            large / small
        )
        if exponent <= MOST or best[1] <= _TOO_SHORT:
            return
    raise AssertionError(
        f"{small} characters take {best[0]:.3f} s, {large} take {best[1]:.3f} s: growth of n^{exponent:.2f}"
    )


def _cost(work: Callable[[str], object], text: str, limit: float) -> float:
    with _ended_after(limit, len(text)):
        start = time.process_time()
        work(text)
        return time.process_time() - start


@contextmanager
def _ended_after(limit: float, length: int) -> Iterator[None]:
    """End what takes more CPU time than a limit; Python's collector rests meanwhile, as in a build."""

    def end(*_: object) -> None:
        raise HangError(f"{length} characters take more than {limit} s of CPU time")

    former = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    gc.disable()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)
        gc.enable()
