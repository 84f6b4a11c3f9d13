"""The PDFs in the preview: made after a save, each by a cardpress process in the background.

They are in a temporary folder, never in dist/. An old one stays until it is replaced.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition, Thread
from typing import Literal

from builder.pipeline.compile import settings_of
from builder.pipeline.outputs import OUTPUTS, outputs_of
from builder.runtime.signals import end_group

PRINTED = {name: output for name, output in OUTPUTS.items() if output.is_printed and output.is_of_all}
"""Outputs that are shown beside the cards, in the order of making them."""
_PAUSE = 1.5
"""Seconds without a save before PDFs are made."""
_PATIENCE = 5
"""Seconds to wait for a build to end."""
_NICE = 10
"""Niceness of the builds, so that cards come first."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A PDF of a corpus, and its state."""

    corpus: int
    """Index of its corpus among the watched ones."""
    name: str
    state: Literal["waiting", "building", "built", "failed"] = "waiting"
    reason: str = ""
    """Reason why it failed."""
    made_of: int = 0
    """Number of the save that it shows; 0 before the first PDF."""
    at: float = 0
    """Time when it was made, in seconds since the epoch."""


@dataclass
class Proofs:
    """Makes PDFs in a thread of its own, one after the other."""

    folders: Sequence[Path]
    target: Path
    tell: Callable[[Proof], None]
    clock: Callable[[], float]
    fault: Callable[[Exception], str] = str
    """Called with an unexpected exception; returns the reason to show."""
    _proofs: dict[tuple[int, str], Proof] = field(default_factory=dict)
    _wanted: dict[int, int] = field(default_factory=dict)
    _condition: Condition = field(default_factory=Condition)
    _process: subprocess.Popen[str] | None = None
    _thread: Thread | None = None
    _is_ended: bool = False

    def __post_init__(self) -> None:
        self._proofs = {
            (corpus, name): Proof(corpus, name) for corpus in range(len(self.folders)) for name in PRINTED
        }

    def start(self) -> None:
        """Start the thread, which makes requested PDFs from now on."""
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop the thread, and the build that it waits for."""
        with self._condition:
            self._is_ended = True
            if self._process:
                end_group(self._process)
            self._condition.notify()
        if self._thread:
            self._thread.join(_PATIENCE)
            if self._thread.is_alive() and self._process:
                self._process.kill()  # its thread ends with the program

    def want(self, corpus: int) -> None:
        """Ask for new PDFs of a corpus, because it has changed."""
        with self._condition:
            self._wanted[corpus] = self._wanted.get(corpus, 0) + 1
            self._condition.notify()

    def all(self) -> list[Proof]:
        """List all PDFs, with their states."""
        with self._condition:
            return list(self._proofs.values())

    def path(self, corpus: int, name: str) -> Path | None:
        """Return the file of a PDF that was made; None if there is none."""
        proof = self._proofs.get((corpus, name))
        found = sorted((self.target / str(corpus)).glob(f"*{OUTPUTS[name].suffix}")) if proof else []
        return found[-1] if found else None

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_ended or self._next() is not None)
                while not self._is_ended and self._condition.wait(_PAUSE):
                    pass  # another save
                proof = self._next()
                if self._is_ended or proof is None:
                    return
                save = self._wanted[proof.corpus]
            self._put(replace(proof, state="building"))
            try:
                reason = self._make(proof)
            except OSError as error:  # no more processes, or no memory for one
                reason = str(error.strerror)
            except Exception as error:
                reason = self.fault(error)
            if self._is_ended:
                return
            made = replace(proof, state="failed", reason=reason, made_of=save)
            self._put(made if reason else replace(made, state="built", at=self.clock()))

    def _next(self) -> Proof | None:
        """Return the PDF of the oldest save, if that is not the last save."""
        old = [proof for proof in self._proofs.values() if proof.made_of < self._wanted.get(proof.corpus, 0)]
        return min(old, key=lambda proof: proof.made_of, default=None)

    def _put(self, proof: Proof) -> None:
        with self._condition:
            self._proofs[proof.corpus, proof.name] = proof
        self.tell(proof)

    def _make(self, proof: Proof) -> str:
        """Make a PDF; return the reason if it was not made, otherwise an empty text."""
        settings, _ = settings_of(self.folders[proof.corpus])
        if proof.name not in outputs_of(settings):
            return "its deck.toml names other outputs"
        # -P: a folder "builder" in the author's working folder is not this program.
        command = [sys.executable, "-P", "-m", "builder", "build", str(self.folders[proof.corpus])]
        command += ["--only", proof.name, "--output", str(self.target / str(proof.corpus))]
        with self._condition:
            if self._is_ended:
                return ""
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C must reach only this process, which then ends the build
            )
        if sys.platform != "win32":
            with suppress(OSError):  # it has ended
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
        _, errors = self._process.communicate()
        return "" if self._process.returncode == 0 else _reason(errors)


_ERRORS = re.compile(r"[\d,]+ errors?\b")
"""Beginning of the line that counts findings."""


def _reason(errors: str) -> str:
    """Return the sentence that says why a build failed."""
    last = next((line for line in reversed(errors.splitlines()) if line), "it ended without a message")
    if found := _ERRORS.match(last):
        return f"{found[0]} to fix first"
    return last.removeprefix("Error: ")
