"""The command line: `python -m tests.fuzzing`, or `make fuzz`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from time import monotonic

from builder.runtime.workers import cores
from tests.fuzzing.attempts import Limits
from tests.fuzzing.campaign import Campaign, Tally
from tests.fuzzing.processes import try_alone
from tests.fuzzing.targets import TARGETS

FOLDER = Path(".cache") / "fuzz"
_EVERY = 15.0
"""Seconds between two lines of progress."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, or repeat one case; return the exit status."""
    options = _parser().parse_args(arguments)
    if options.file:
        return repeat(options.file)
    names = options.only.split(",") if options.only else [*TARGETS]
    if unknown := [name for name in names if name not in TARGETS]:
        print(f"there is no target {unknown[0]!r}; the targets are: {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    seed = SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    print(f"To repeat it: make fuzz SEED={seed}{f' ONLY={options.only}' if options.only else ''}", flush=True)
    campaign = Campaign(
        targets=[TARGETS[name] for name in names],
        seed=seed,
        folder=options.folder,
        processes=options.processes or cores(),
        minutes=None if options.cases else options.minutes,
        cases=options.cases,
        tell=Progress().tell,
    )
    for target in campaign.targets:
        target.inputs()  # what seeds need is made once, before there are other processes
    with suppress(KeyboardInterrupt):  # what was found so far is told
        campaign.run()
    for line in table(campaign.tallies):
        print(line)
    return 1 if any(tally.saved for tally in campaign.tallies.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2, help="how long (default: 2)")
    parser.add_argument("--cases", type=int, help="of each target, instead of a time")
    parser.add_argument("--seed", type=int, help="repeats a run's cases")
    parser.add_argument("--only", help=f"targets, joined by commas: {', '.join(TARGETS)}")
    parser.add_argument("--processes", type=int, help="side by side (default: one for each core)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"for findings (default: {FOLDER})")
    parser.add_argument(
        "--file", type=Path, help="repeats the case in this file, whose name begins with its target's"
    )
    return parser


def repeat(path: Path) -> int:
    """Try the case in a file again, and print what comes of it."""
    target = TARGETS[path.name.partition("-")[0]]
    with TemporaryDirectory() as folder:
        outcome = try_alone(target, path.read_bytes(), Path(folder), Limits())
    print(f"{outcome.seconds:.1f} s of the processor's time, {outcome.megabytes:.0f} MB")
    if outcome.finding is None:
        print("No finding")
        return 0
    print(f"{outcome.finding.details}{outcome.finding.key}")
    return 1


class Progress:
    """Prints now and then how many cases were tried."""

    def __init__(self) -> None:
        self._start = self._told = monotonic()

    def tell(self, tallies: Mapping[str, Tally]) -> None:
        """Print a line, if the last one is some time ago."""
        now = monotonic()
        if now - self._told < _EVERY:
            return
        self._told = now
        minutes, seconds = divmod(int(now - self._start), 60)
        counts = ", ".join(f"{name} {tally.cases:,}" for name, tally in tallies.items())
        findings = sum(len(tally.saved) for tally in tallies.values())
        print(f"{minutes}:{seconds:02} {counts}; findings {findings}", flush=True)


def table(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Yield the lines of a table of what came of each target, and of the findings."""
    yield f"{'':10}{'cases':>10}{'clean':>10}{'failed':>10}{'findings':>10}{'slowest':>10}{'largest':>10}"
    for name, tally in tallies.items():
        counts = "".join(
            f"{count:10,}" for count in (tally.cases, tally.clean, tally.failed, len(tally.saved))
        )
        yield f"{name:10}{counts}{tally.slowest:8.1f} s{tally.largest:7.0f} MB"
    for tally in tallies.values():
        for finding, path in tally.saved:
            yield f"{path}: {finding.key}"


if __name__ == "__main__":
    sys.exit(main())
