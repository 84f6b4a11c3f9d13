"""Fuzzes targets side by side, counts what comes of it, and saves each distinct finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.connection import wait
from pathlib import Path
from time import monotonic

from tests.fuzzing.attempts import DEFAULT, Finding, Limits, Outcome
from tests.fuzzing.processes import WAITS, Batch, Reduced, Reduction, Tried, Worker
from tests.fuzzing.target import Target, file_of

_TICK = 1.0
"""Seconds between two looks at the clock."""


@dataclass(kw_only=True)
class Tally:
    """What came of one target so far."""

    scheduled: int = 0
    cases: int = 0
    clean: int = 0
    """Cases that were read without an error."""
    failed: int = 0
    seconds: float = 0
    """Of the processor's time."""
    slowest: float = 0
    largest: float = 0
    """Megabytes."""
    saved: list[tuple[Finding, Path]] = field(default_factory=list)
    """Distinct findings, with the files of their smallest cases."""

    def add(self, tried: Tried) -> None:
        """Count a case."""
        outcome = tried.outcome
        self.cases += 1
        self.clean += outcome.is_clean
        self.failed += outcome.finding is not None
        self.seconds += tried.seconds
        self.slowest = max(self.slowest, outcome.seconds)
        self.largest = max(self.largest, outcome.megabytes)


@dataclass(kw_only=True)
class Campaign:
    """A run of the fuzzer: a seed makes the same cases, as many of each target as there is time for."""

    targets: Sequence[Target]
    seed: int
    folder: Path
    """Where findings are saved."""
    processes: int
    limits: Limits = DEFAULT
    minutes: float | None = None
    cases: int | None = None
    """Of each target, where there is no limit of time."""
    tell: Callable[[Mapping[str, Tally]], None] = lambda tallies: None
    """Called now and then."""

    def __post_init__(self) -> None:
        self.tallies = {target.name: Tally() for target in self.targets}
        self._known: set[tuple[str, str]] = set()
        self._to_reduce: list[Reduction] = []
        self._workers: list[Worker] = []

    def run(self) -> None:
        """Fuzz until the time is over, or all cases are tried. Raises `RuntimeError` for its own faults."""
        end = None if self.minutes is None else monotonic() + 60 * self.minutes
        try:
            while True:
                is_over = end is not None and monotonic() > end
                if is_over:
                    self._end_batches()
                while len(self._workers) < self.processes and (job := self._job(is_over=is_over)):
                    self._workers.append(Worker(job))
                if not self._workers:
                    return
                self._listen()
                self.tell(self.tallies)
        finally:
            for worker in self._workers:
                worker.end()

    def _job(self, *, is_over: bool) -> Batch | Reduction | None:
        """Return what is next: the target that has had the least time, but for findings."""
        if self._to_reduce:
            return self._to_reduce.pop(0)
        left = [target for target in self.targets if self._cases_left(target) and not is_over]
        if not left:
            return None
        target = min(left, key=self._share)
        tally = self.tallies[target.name]
        seed = int.from_bytes(sha256(f"{self.seed} {target.name} {tally.scheduled}".encode()).digest()[:8])
        cases = min(target.cases, self._cases_left(target))
        tally.scheduled += cases
        return Batch(target, seed, cases, self.limits)

    def _cases_left(self, target: Target) -> int:
        return target.cases if self.cases is None else self.cases - self.tallies[target.name].scheduled

    def _share(self, target: Target) -> tuple[int, float]:
        running = sum(worker.job.target is target for worker in self._workers)
        return running, self.tallies[target.name].seconds

    def _listen(self) -> None:
        """Wait until a process tells something, or ends, or has been silent for too long."""
        by_pipe = {worker.results: worker for worker in self._workers}
        for pipe in wait([*by_pipe], _TICK):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                message = worker.message()
            except EOFError:
                self._ended(worker)
                continue
            if isinstance(message, Tried):
                self.tallies[worker.job.target.name].add(message)
                if message.outcome.finding:
                    self._found(worker.job, message.data, message.outcome.finding)
            else:  # the last that a reduction tells: however its process ends then, it is not saved again
                self._save(worker.job.target, message)
                self._end(worker)
        for worker in [worker for worker in self._workers if worker.is_silent]:
            self._died(worker, WAITS)

    def _ended(self, worker: Worker) -> None:
        if finding := worker.death():
            self._died(worker, finding)
        else:
            self._end(worker)

    def _died(self, worker: Worker, finding: Finding) -> None:
        job, data = worker.job, worker.last_case()
        self._end(worker)
        if isinstance(job, Reduction):  # the finding is kept as it was met
            self._save(job.target, Reduced(job.data, job.finding, is_alone=False))
        else:
            self.tallies[job.target.name].add(Tried(Outcome(False, 0, 0, finding), data, 0))
            self._found(job, data, finding)

    def _end(self, worker: Worker) -> None:
        self._workers.remove(worker)
        worker.end()

    def _found(self, job: Batch | Reduction, data: bytes, finding: Finding) -> None:
        name = (job.target.name, finding.key)
        if name not in self._known:
            self._known.add(name)
            self._to_reduce.append(Reduction(job.target, data, finding, self.limits))

    def _end_batches(self) -> None:
        for worker in [worker for worker in self._workers if isinstance(worker.job, Batch)]:
            self._end(worker)

    def _save(self, target: Target, reduced: Reduced) -> None:
        """Save a finding: as small as it became, or as it was met where it fails only after other cases."""
        finding = reduced.finding
        if any(finding.key == known.key for known, _ in self.tallies[target.name].saved):
            return  # two that looked different under load, and are one alone
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{target.name}-{sha256(finding.key.encode()).hexdigest()[:8]}{target.suffix}"
        path.write_bytes(reduced.data)
        repeat = f"make fuzz FILE={path}"
        if not reduced.is_alone:
            repeat = f"make fuzz ONLY={target.name} SEED={self.seed}, for alone it does not fail"
        suffix, content = file_of(target, reduced.data)
        path.with_suffix(suffix).write_bytes(content)
        notes = f"{finding.key}\nTo repeat it: {repeat}\n\n{finding.details}"
        path.with_suffix(".notes").write_text(notes, encoding="utf-8", errors="backslashreplace")
        self.tallies[target.name].saved.append((finding, path))
