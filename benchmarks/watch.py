"""Measures `cardpress watch` on what is built already: its start, the page's first question, and saves.

    python -m benchmarks.watch [QUESTIONS]

Each start is a process of its own. Of several, the medians are printed: seconds of the processor, and the
most memory that it had until then.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.corpora import edit, write_corpus
from benchmarks.runs import PROJECT

_ROUNDS = 5
_SAVES = 10
_TOKEN = "t" * 22


def _measure(folder: Path) -> None:
    """Open a session on a corpus, ask for all that a page lists, and save; print what each took."""
    import resource

    from builder.commands.arguments import user_folder
    from builder.preview import session
    from builder.preview.pdfs import Proofs
    from builder.project import project_cache

    class NoProofs(Proofs):
        def want(self, corpus: int) -> None:
            """PDFs are made by processes of their own."""

    vars(session)["Proofs"] = NoProofs
    unit = 1e6 if sys.platform == "darwin" else 1e3
    taken: dict[str, list[float]] = {}

    def note(name: str, begin: float) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        taken[name] = [time.process_time() - begin, used.ru_maxrss / unit]

    cache = project_cache(user_folder(), Path())
    with session.watching(
        [folder], cache=cache, port=None, editor="", clock=time.time, tell=str, token=_TOKEN
    ) as (shown, _, _):
        note("start", 0)
        begin = time.process_time()
        shown.answer("state")
        note("what the page lists", begin)
        saves = []
        for turn in range(_SAVES):
            edit(folder, turn)
            begin = time.process_time()
            shown.follow([folder])
            saves.append(time.process_time() - begin)
        note("a save", 0)
        taken["a save"][0] = median(saves)
    print(json.dumps(taken))


def main(questions: int) -> None:
    """Build a corpus of so many questions, start the preview several times, and print the medians."""
    with TemporaryDirectory() as name:
        desk = Path(name)
        write_corpus(desk / "corpus", questions)
        python = (sys.executable, "-P", "-m")
        environment = {"PYTHONPATH": str(PROJECT), "XDG_CONFIG_HOME": str(desk), "PATH": ""}
        runs: list[dict[str, list[float]]] = []
        for _ in range(_ROUNDS):
            build = (*python, "builder", "build", "corpus", "--only", "apkg")
            subprocess.run(build, cwd=desk, env=environment, capture_output=True, check=True)
            inside = (*python, "benchmarks.watch", "--inside", "corpus")
            told = subprocess.run(inside, cwd=desk, env=environment, stdout=subprocess.PIPE, check=True)
            runs.append(json.loads(told.stdout))
    print(f"| {questions:,} questions | CPU, s | Peak memory, MB |\n| --- | ---: | ---: |")
    for what in runs[0]:
        seconds, memory = (median(run[what][column] for run in runs) for column in (0, 1))
        print(f"| {what} | {seconds:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        _measure(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 10_000)
