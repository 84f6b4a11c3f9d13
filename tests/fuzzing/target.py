"""What is fuzzed: a reader, the inputs that it gets, and what must hold for any input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis.strategies import SearchStrategy


class BrokenPromise(Exception):  # noqa: N818  (not an error of the fuzzer's: it found one)
    """Something that must hold for any input does not; findings of one `name` are the same."""

    def __init__(self, name: str, details: object = "") -> None:
        super().__init__(name, details)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One kind of input."""

    name: str
    suffix: str
    """Of a case's file."""
    inputs: Callable[[], SearchStrategy[bytes]]
    """Makes the strategy; called before any case is tried, in the process that starts all others."""
    try_input: Callable[[Path, Path], bool]
    """Try a file, in a folder that a process keeps for all of them; return whether nothing is wrong with it.

    What it raises is a finding.
    """
    made: Callable[[bytes], tuple[str, bytes]] | None = None
    """Make the file that a case describes, its suffix and its content; without it, the case is the file."""
    cases: int = 200
    """Of a batch, which one process tries."""


def promise(holds: bool, name: str, details: object = "") -> None:
    """Raise `BrokenPromise` unless something holds."""
    if not holds:
        raise BrokenPromise(name, details)


def file_of(target: Target, case: bytes) -> tuple[str, bytes]:
    """Return the suffix and the content of the file that is tried."""
    return target.made(case) if target.made else (target.suffix, case)
