"""The PDFs beside the preview: made in the background, and how they are said to stand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from builder.preview import pdfs
from builder.preview.pdfs import PRINTED, Proof, Proofs
from tests.conftest import CHAPTER, WriteCorpus
from tests.printing import needs_pango
from tests.running import PATIENCE, until

pytestmark = pytest.mark.slow


class _Making:
    """Proofs of one corpus, and what is told of them."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.told: Queue[Proof] = Queue()
        self.proofs = Proofs([folder], target, self.told.put, lambda: 1_790_000_000)
        self.proofs.start()

    def next(self, state: str) -> Proof:
        """Return the next one that comes into a state."""
        while (proof := self.told.get(timeout=PATIENCE)).state != state:
            pass
        return proof


@pytest.fixture
def making(write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Making]:
    monkeypatch.setattr(pdfs, "_PAUSE", 0.1)
    making = _Making(write_corpus(), tmp_path / "proofs")
    yield making
    making.proofs.end()


@needs_pango
def test_each_is_made_one_after_the_other_and_none_is_written_elsewhere(
    making: _Making, tmp_path: Path
) -> None:
    making.proofs.want(0)
    assert [making.next("built").name for _ in PRINTED] == list(PRINTED)
    for name in PRINTED:
        path = making.proofs.path(0, name)
        assert path is not None
        assert path.read_bytes().startswith(b"%PDF-")
        assert path.is_relative_to(tmp_path / "proofs")
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == ["01-first.md", "deck.toml"]


@needs_pango
def test_an_error_keeps_the_last_one_and_says_why(making: _Making, tmp_path: Path) -> None:
    making.proofs.want(0)
    making.next("built")
    chapter = tmp_path / "demo" / "01-first.md"
    chapter.write_text(CHAPTER.replace("{#one", "{#one .none"))
    making.proofs.want(0)
    failed = making.next("failed")
    assert failed.reason == "1 error to fix first"
    assert making.proofs.path(0, "cheatsheet")


def test_what_a_machine_cannot_make_is_said_in_a_sentence(
    making: _Making, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Python imports this before anything else: the child has no Pango.
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    making.proofs.want(0)
    failed = making.next("failed")
    assert "PDFs need Pango" in failed.reason
    assert making.proofs.path(0, "cheatsheet") is None


@pytest.mark.skipif(sys.platform == "win32", reason="asks for a process as POSIX does")
def test_the_end_ends_what_is_being_made(
    making: _Making, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    (tmp_path / "weasyprint.py").write_text(
        "import os, pathlib, signal\n"
        f"new = pathlib.Path({str(tmp_path / 'new')!r})\n"
        "new.write_text(str(os.getpid()))\n"
        f"new.rename({str(begun)!r})\n"
        "signal.pause()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    making.proofs.want(0)
    building = making.next("building")
    until(begun.exists)
    making.proofs.end()
    until(lambda: not _is_running(int(begun.read_text())))
    assert making.proofs.path(0, building.name) is None


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
