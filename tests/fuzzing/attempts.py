"""Tries one case under limits of processor time and memory."""

from __future__ import annotations

import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from types import FrameType, TracebackType

from tests.fuzzing.target import BrokenPromise, Target, file_of

PROJECT = Path(__file__).parents[2]
_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a case may take."""

    seconds: float = 10
    """Of the processor's time, so that the verdict does not depend on other work on the machine."""
    megabytes: float = 300
    patience: float = 600
    """Seconds by the clock: what is silent for so long waits for what never comes."""


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a case."""

    key: str
    """One line; the same for findings of one cause, as far as can be told."""
    details: str = ""
    """The traceback."""

    @property
    def is_hang(self) -> bool:
        """Whether it took too long."""
        return self.key.startswith("hang")

    @property
    def cause(self) -> str:
        """What findings have in common where it does not matter in which place their time ran out."""
        return "hang" if self.is_hang else self.key


@dataclass(frozen=True, slots=True)
class Outcome:
    """What trying a case came to."""

    is_clean: bool
    """Whether it was read without an error."""
    seconds: float
    megabytes: float
    """How much more memory the process had at its peak than when it began to try cases."""
    finding: Finding | None = None


class _Hang(BaseException):
    """The case has had its time. Not an `Exception`: no handler in the program may take it."""


def attempt(target: Target, case: bytes, folder: Path, limits: Limits, before: float) -> Outcome:
    """Try a case in this process, which had `before` megabytes of memory when it began to try cases."""
    suffix, content = file_of(target, case)
    path = folder / f"any{suffix}"
    path.write_bytes(content)
    if target.made:
        before = memory()  # what making it took does not count
    _forget_peak()
    start = process_time()
    is_clean, finding = False, None
    try:
        with _limited(limits.seconds):
            is_clean = target.try_input(path, folder)
    except BrokenPromise as error:
        finding = Finding(error.name, "".join(traceback.format_exception(error)))
    except _Hang as error:
        finding = Finding(
            _key("hang", error.__traceback__, is_deep=False), "".join(traceback.format_exception(error))
        )
    except MemoryError as error:
        finding = Finding("memory", "".join(traceback.format_exception(error, limit=-20)))
    except (Exception, SystemExit) as error:
        finding = Finding(
            _key(type(error).__name__, error.__traceback__), "".join(traceback.format_exception(error))
        )
    seconds, megabytes = process_time() - start, peak_memory() - before
    if finding is None and megabytes > limits.megabytes:
        finding = Finding("memory", f"{megabytes:.0f} MB where {limits.megabytes:g} MB are allowed")
    return Outcome(is_clean, seconds, megabytes, finding)


def set_nets(limits: Limits) -> None:
    """Let the system end this process where Python cannot: in a library's code, or for want of memory."""
    _, hardest = resource.getrlimit(resource.RLIMIT_AS)
    net = int((_address_space() + 4 * limits.megabytes + 700) * 1e6)
    if sys.platform == "linux":  # elsewhere it does not hold
        resource.setrlimit(resource.RLIMIT_AS, (net, hardest))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise `_Hang` in what takes more of the processor's time; end the process if that is not heard."""

    def end(number: int, frame: FrameType | None) -> None:
        raise _Hang

    previous = signal.signal(signal.SIGPROF, end)
    _, hardest = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(process_time() + 2 * seconds) + 1, hardest))
    signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        resource.setrlimit(resource.RLIMIT_CPU, (hardest, hardest))


def _key(what: str, trace: TracebackType | None, *, is_deep: bool = True) -> str:
    """Say what was raised and where: in which function of ours, and below it.

    A hang is found anywhere below what hangs: the function that was called from here stands for it.
    """
    frames = traceback.extract_tb(trace)
    ours = [frame for frame in frames if frame.filename.startswith(str(PROJECT / "builder"))]
    chosen = [*ours[-1:], *frames[-1:]] if is_deep else [*ours[:1], *ours[-1:]]
    places = (f"{_short(frame.filename)}:{frame.name}" for frame in chosen)
    return " ".join((what, *dict.fromkeys(places)))


def _short(file: str) -> str:
    path = Path(file)
    return path.relative_to(PROJECT).as_posix() if path.is_relative_to(PROJECT / "builder") else path.name


def memory() -> float:
    """Return how many megabytes this process has."""
    return _status("VmRSS:", peak_memory)


def peak_memory() -> float:
    """Return how many megabytes this process has had at most, since that was forgotten where it can be."""
    return _status("VmHWM:", _peak_by_system)


def _peak_by_system() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1e6 if sys.platform == "darwin" else 1e3)


def _address_space() -> float:
    return _status("VmSize:", lambda: 0.0)


def _status(name: str, other: Callable[[], float]) -> float:
    with suppress(OSError):
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1e3
    return other()


def _forget_peak() -> None:
    with suppress(OSError):  # Linux alone can
        _FORGET.write_text("5", encoding="ascii")
