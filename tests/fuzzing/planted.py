"""Faults that are planted, for the tests of the fuzzer: `python -m tests.fuzzing.planted FOLDER WORD…`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.fuzzing.attempts import Limits
from tests.fuzzing.campaign import Campaign
from tests.fuzzing.mutations import mutated_texts
from tests.fuzzing.target import Target, promise

_LIMITS = Limits(seconds=0.2, megabytes=50)
_IMPATIENT = Limits(seconds=0.2, megabytes=50, patience=3)


def _try(path: Path, folder: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    if "raise" in text:
        raise KeyError(text)
    if "endless" in text:
        while True:
            pass
    if "deaf" in text:
        sum(range(10**12))  # a loop of the interpreter's own, in which no signal is heard
    if "wait" in text:
        signal.pause()
    if "memory" in text:
        bytes(text.encode()[:1] * 100_000_000)
    if "crash" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "leave" in text:
        os._exit(3)
    promise("broken" not in text, "promises: one is broken")
    return "error" not in text


def main(folder: str, *words: str) -> None:
    """Fuzz what has faults, and print what comes of it."""
    planted = Target(
        name="planted",
        suffix=".txt",
        inputs=lambda: mutated_texts(("One.\nTwo.\n",), (*words, "error", "fine")),
        try_input=_try,
        cases=50,
    )
    campaign = Campaign(
        targets=[planted],
        seed=1,
        folder=Path(folder),
        processes=2,
        limits=_IMPATIENT if "wait" in words else _LIMITS,
        cases=150,
    )
    campaign.run()
    tally = campaign.tallies["planted"]
    print(tally.cases, tally.clean, tally.failed)
    for finding, path in tally.saved:
        print(f"{finding.key}: {path.read_bytes()!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
