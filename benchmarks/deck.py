"""Compares the deck with the plain way to one (`plain_deck.py`): whole processes in turn, medians.

    python -m benchmarks.deck [--rounds 3] [--sizes 100,1000,10000] [--write docs/performance.md]

Every round runs each case once; ratios are of the processor's user time to that of the plain script in the
same round, for the machine's own speed drifts.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.corpora import edit, write_corpus
from benchmarks.runs import PROJECT, Run, medians, timed

CASES = ("plain", "cold", "one edit", "nothing changed", "check, cold", "check, warm")
_BEGIN, _END = "<!-- benchmark: written by make bench WRITE=1 -->", "<!-- /benchmark -->"


@dataclass(frozen=True, slots=True)
class Measured:
    """The runs of every case at one size, round by round."""

    questions: int
    runs: Mapping[str, Sequence[Run]]
    package: int
    """Bytes of the deck."""

    def ratio(self, case: str) -> float:
        """Return a case's part of the plain way's user time: the median of the rounds' ratios."""
        pairs = zip(self.runs[case], self.runs["plain"], strict=True)
        return median(run.user / plain.user for run, plain in pairs)

    def wall_ratio(self, case: str) -> float:
        """Return the same of the time by the clock, which other work on the machine lengthens."""
        pairs = zip(self.runs[case], self.runs["plain"], strict=True)
        return median(run.wall / plain.wall for run, plain in pairs)


@dataclass
class _Bench:
    """A corpus of one size, and the commands to time on it."""

    folder: Path
    questions: int
    turn: int = 0
    runs: dict[str, list[Run]] = field(default_factory=lambda: {case: [] for case in CASES})

    @property
    def corpus(self) -> Path:
        return self.folder / f"questions-{self.questions}"

    def round(self) -> None:
        """Run every case once."""
        ours = (sys.executable, "-m", "builder")
        build = (*ours, "build", self.corpus, "--only", "apkg", "--output", self.folder)
        check = (*ours, "check", self.corpus)
        plain = (sys.executable, PROJECT / "benchmarks" / "plain_deck.py")
        self.time("plain", (*plain, self.corpus, self.folder / "plain.apkg"))
        self.forget()
        self.time("check, cold", check)
        self.time("check, warm", check)
        self.forget()
        self.time("cold", build)
        self.turn += 1
        edit(self.corpus, self.turn)
        self.time("one edit", build)
        self.time("nothing changed", build)

    def time(self, case: str, command: Sequence[str | Path]) -> None:
        self.runs[case].append(timed(command, self.folder))

    def forget(self) -> None:
        shutil.rmtree(self.folder / ".cache", ignore_errors=True)


def measure(questions: int, rounds: int) -> Measured:
    """Time every case at one size."""
    with TemporaryDirectory() as name:
        bench = _Bench(Path(name), questions)
        write_corpus(bench.corpus, questions)
        for _ in range(rounds):
            bench.round()
        package = (bench.folder / f"{bench.corpus.name}.apkg").stat().st_size
        return Measured(questions, bench.runs, package)


def help_over_python(rounds: int) -> float:
    """Return how much more of the processor `cardpress --help` takes than a bare interpreter, in seconds."""
    runs: dict[str, list[Run]] = {"help": [], "bare": []}
    for _ in range(rounds):
        runs["bare"].append(timed((sys.executable, "-c", "pass"), PROJECT))
        runs["help"].append(timed((sys.executable, "-m", "builder", "--help"), PROJECT))
    taken = {name: median(run.user + run.system for run in found) for name, found in runs.items()}
    return taken["help"] - taken["bare"]


def growth(measured: Sequence[Measured], case: str) -> float:
    """Return the exponent of growth between the two largest sizes: 1 is a straight line."""
    small, large = (medians(found.runs[case]).user for found in measured[-2:])
    return log(large / small) / log(measured[-1].questions / measured[-2].questions)


def table(measured: Sequence[Measured], help_seconds: float) -> str:
    """Return the result as Markdown."""
    lines = [
        "| Questions | Case | User CPU, s | Wall, s | Peak memory, MB | CPU, to plain | Wall, to plain |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for found in measured:
        for case in CASES:
            run = medians(found.runs[case])
            lines.append(
                f"| {found.questions:,} | {case} | {run.user:.2f} | {run.wall:.2f} | {run.memory:.0f}"
                f" | {found.ratio(case):.3f} | {found.wall_ratio(case):.3f} |"
            )
    per = ", ".join(f"{found.package / found.questions / 1000:.2f}" for found in measured)
    lines += ["", f"- Package, MB per 1,000 questions: {per}."]
    if len(measured) > 1:
        exponents = ", ".join(
            f"{case} {growth(measured, case):.2f}" for case in ("plain", "cold", "one edit")
        )
        lines.append(f"- Growth exponent between the two largest sizes: {exponents}.")
    lines.append(f"- `cardpress --help`: {help_seconds * 1000:.0f} ms of CPU more than a bare interpreter.")
    lines.append(
        f"- {platform.python_implementation()} {platform.python_version()}, {platform.system()}"
        f" {platform.machine()}; medians of {len(measured[0].runs['plain'])} rounds."
    )
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Put a table into a document, between its marks."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}", encoding="utf-8")


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--write", type=Path, metavar="FILE")
    options = parser.parse_args()
    measured = [measure(size, options.rounds) for size in map(int, options.sizes.split(","))]
    text = table(measured, help_over_python(5 * options.rounds))
    print(text)
    if options.write:
        write(options.write, text)


if __name__ == "__main__":
    main()
