"""Tries cases in processes of their own: many in one, or one alone, whatever becomes of the process."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded

from tests.fuzzing.attempts import Finding, Limits, Outcome, attempt, memory, set_nets
from tests.fuzzing.minimise import minimised
from tests.fuzzing.target import Target

_CURRENT = "current-case"
_ATTEMPTS, _SECONDS = 400, 60
"""What making a case smaller may take, of the processor's time."""


WAITS = Finding("hang: waits for what does not come")


@dataclass(frozen=True, slots=True)
class Tried:
    """A case that was tried."""

    outcome: Outcome
    data: bytes
    """The case, if there is something to say about it."""
    seconds: float
    """Of the processor's time, with what it took to make the case."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """A finding with its smallest case."""

    data: bytes
    finding: Finding
    is_alone: bool = True
    """Whether it fails in a process that tried nothing else."""


Message = Tried | Reduced
"""What a process tells; the traceback of a fault of the fuzzer's own is told as a text."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The job of trying so many cases; a seed chooses them."""

    target: Target
    seed: int
    cases: int
    limits: Limits

    def run(self, folder: Path, results: Connection) -> None:
        """Tell of each case, `Tried`."""
        set_nets(self.limits)
        before = memory()
        start, has_hung = process_time(), False

        def try_one(data: bytes) -> None:
            nonlocal start, has_hung
            if has_hung:  # others are likely to, and cost more than they tell
                return
            (folder / _CURRENT).write_bytes(data)
            outcome = attempt(self.target, data, folder, self.limits, before)
            now = process_time()
            results.send(Tried(outcome, data if outcome.finding else b"", now - start))
            start = now
            has_hung = outcome.finding is not None and outcome.finding.is_hang

        for_all_cases = settings(
            max_examples=self.cases,
            phases=(Phase.generate,),
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        seeded(self.seed)(for_all_cases(given(self.target.inputs())(try_one)))()


@dataclass(frozen=True, slots=True)
class Reduction:
    """The job of finding the smallest case that fails as one did."""

    target: Target
    data: bytes
    finding: Finding
    limits: Limits

    def run(self, folder: Path, results: Connection) -> None:
        """Tell of the smallest case, `Reduced`."""
        first = try_alone(self.target, self.data, folder, self.limits).finding
        if first is None:
            results.send(Reduced(self.data, self.finding, is_alone=False))
            return
        smallest = Reduced(self.data, first)
        end, attempts = process_time() + _SECONDS, 0

        def fails_alike(candidate: bytes) -> bool:
            nonlocal smallest, attempts, end
            if attempts >= _ATTEMPTS or process_time() > end:
                return False
            attempts += 1
            outcome = try_alone(self.target, candidate, folder, self.limits)
            end -= outcome.seconds  # of another process
            if outcome.finding is None or outcome.finding.cause != first.cause:
                return False
            smallest = Reduced(candidate, outcome.finding)
            return True

        minimised(self.data, fails_alike, by_characters=self.target.made is None)
        results.send(smallest)


class Worker:
    """A process that does a job, with a folder for its files."""

    def __init__(self, job: Batch | Reduction) -> None:
        self.job = job
        self.heard = monotonic()
        """When it told something last."""
        self._folder = TemporaryDirectory(prefix="cardpress-fuzz-", ignore_cleanup_errors=True)
        self._process, self.results = _start(job.run, Path(self._folder.name))

    @property
    def is_silent(self) -> bool:
        """Whether it has told nothing for longer than any case takes."""
        # Attempts to make a case smaller have an end of their own.
        return isinstance(self.job, Batch) and monotonic() - self.heard > self.job.limits.patience

    def message(self) -> Message:
        """Return what it tells.

        Raises `EOFError` where it has ended, `RuntimeError` for a fault of the fuzzer's own.
        """
        self.heard = monotonic()
        message = self.results.recv()
        if isinstance(message, str):
            raise RuntimeError(message)
        assert isinstance(message, Tried | Reduced)
        return message

    def last_case(self) -> bytes:
        """Return the case that it tried last."""
        path = Path(self._folder.name) / _CURRENT
        return path.read_bytes() if path.exists() else b""

    def death(self) -> Finding | None:
        """Wait until it has ended, and say what it died of."""
        self._process.join()
        return _death(self._process)

    def end(self) -> None:
        """End it, whatever it does, and delete its files."""
        self._process.kill()
        self._process.join()
        self.results.close()
        self._folder.cleanup()


def try_alone(target: Target, data: bytes, folder: Path, limits: Limits) -> Outcome:
    """Try a case in a process of its own."""

    def run(folder: Path, results: Connection) -> None:
        set_nets(limits)
        results.send(attempt(target, data, folder, limits, memory()))

    process, results = _start(run, folder)
    try:
        if not results.poll(limits.patience):
            return Outcome(False, limits.seconds, 0, WAITS)
        outcome = results.recv()
        if isinstance(outcome, str):
            raise RuntimeError(outcome)
        assert isinstance(outcome, Outcome)
        return outcome
    except EOFError:
        process.join()
        finding = _death(process) or Finding("ended without a word")
        return Outcome(False, limits.seconds if finding.is_hang else 0, 0, finding)
    finally:
        process.kill()
        process.join()
        results.close()


def _death(process: BaseProcess) -> Finding | None:
    """Say what a process died of."""
    if not process.exitcode or -process.exitcode in (signal.SIGINT, signal.SIGTERM):
        return None  # by itself, or because somebody ended the run
    if process.exitcode > 0:
        return Finding(f"left the program with status {process.exitcode}")
    name = signal.Signals(-process.exitcode).name
    return Finding("hang in a library's own code" if name == "SIGXCPU" else f"killed by {name}")


def _start(job: Callable[[Path, Connection], None], folder: Path) -> tuple[BaseProcess, Connection]:
    """Start a copy of this process, which has imported everything; it has no threads."""
    context = get_context("fork")
    results, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(job, folder, theirs))
    process.start()
    theirs.close()
    return process, results


def _run(job: Callable[[Path, Connection], None], folder: Path, results: Connection) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    try:
        job(folder, results)
    except BrokenPipeError:  # whoever started it is gone
        os._exit(0)
    except BaseException:
        results.send(traceback.format_exc())
    os._exit(0)
