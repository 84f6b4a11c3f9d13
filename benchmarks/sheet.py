"""Compares the study sheet with the plain way to it (`plain_sheet.py`): whole processes in turn, medians.

    python -m benchmarks.sheet [--rounds 3] [--questions 1000] [--write docs/performance.md]

Of the shipped corpus, or of a generated one. Ratios are of the processor's user time to that of the plain way
in the same round; of an edit, to our own cold build.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.corpora import write_corpus
from benchmarks.runs import PROJECT, Run, medians, timed

CASES = ("plain", "cold, one core", "cold, all cores", "one edit", "nothing changed")
_BEGIN, _END = "<!-- sheet: written by make bench WRITE=1 -->", "<!-- /sheet -->"


def measure(questions: int, rounds: int) -> dict[str, list[Run]]:
    """Time every case, round by round: of the shipped corpus where no number of questions is given."""
    runs: dict[str, list[Run]] = {case: [] for case in CASES}
    with TemporaryDirectory() as name:
        folder = Path(name)
        corpus = folder / (f"questions-{questions}" if questions else "flask")
        if questions:
            write_corpus(corpus, questions)
        else:
            shutil.copytree(PROJECT / "content" / "flask", corpus)
        ours = (sys.executable, "-m", "builder", "studysheet", corpus, "--output", folder)
        for turn in range(rounds):
            plain = (sys.executable, "-m", "benchmarks.plain_sheet", corpus, folder / "plain.pdf")
            runs["plain"].append(timed(plain, folder))
            cores = os.sched_getaffinity(0)
            shutil.rmtree(folder / ".cache", ignore_errors=True)
            os.sched_setaffinity(0, {min(cores)})
            runs["cold, one core"].append(timed(ours, folder))
            os.sched_setaffinity(0, cores)
            shutil.rmtree(folder / ".cache")
            runs["cold, all cores"].append(timed(ours, folder))
            _edit(corpus, turn)
            runs["one edit"].append(timed(ours, folder))
            runs["nothing changed"].append(timed(ours, folder))
    return runs


def _edit(corpus: Path, turn: int) -> None:
    """Add a word to the first answer of a chapter, of another one at each turn."""
    chapters = sorted(corpus.glob("[0-9]*.md"))
    chapter = chapters[turn % len(chapters)]
    before, heading, rest = chapter.read_text(encoding="utf-8").partition("\n\n## ")
    prompt, end, answer = rest.partition("\n\n")
    chapter.write_text(f"{before}{heading}{prompt}{end}Well: {answer}", encoding="utf-8")


def ratio(runs: dict[str, list[Run]], case: str, to: str, what: str = "user") -> float:
    """Return what a case takes, as a part of what another one takes: the median of the rounds' ratios."""
    pairs = zip(runs[case], runs[to], strict=True)
    return float(median(getattr(one, what) / getattr(other, what) for one, other in pairs))


def table(runs: dict[str, list[Run]]) -> str:
    """Return a table of the medians, and the ratios."""
    lines = ["| | User time | To the plain way | Wall | To the plain way | Peak memory |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for case in CASES:
        middle = medians(runs[case])
        lines.append(
            f"| {case} | {middle.user:.2f} s | {ratio(runs, case, 'plain'):.3f} | {middle.wall:.2f} s |"
            f" {ratio(runs, case, 'plain', 'wall'):.3f} | {middle.memory:.0f} MB |"
        )
    edited = ratio(runs, "one edit", "cold, one core")
    return "\n".join((*lines, "", f"An edit takes {edited:.3f} of the cold build's user time on one core."))


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=0)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args(arguments)
    text = table(measure(options.questions, options.rounds))
    print(text)
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(_BEGIN)
        _, _, after = rest.partition(_END)
        options.write.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
