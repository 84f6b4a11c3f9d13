"""`cardpress build --watch` and `--open`: outputs at every save, and a deck that is handed to Anki."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.commands import opening
from builder.print.engine import weasyprint
from tests.conftest import CHAPTER, PROJECT, SETTINGS, WriteCorpus
from tests.running import PATIENCE

Run = Callable[..., Result]
Save = Callable[[], set[Path]]


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have saves follow the first build, one after another, and then Ctrl-C."""

    def follow(*all_saves: Save) -> None:
        def saves(folders: Iterable[Path]) -> Iterator[set[Path]]:
            yield set()
            for save in all_saves:
                yield save()
            raise KeyboardInterrupt

        monkeypatch.setattr("builder.preview.watcher.saves", saves)

    return follow


def _saved(path: Path, text: str) -> Save:
    def save() -> set[Path]:
        path.write_text(text, encoding="utf-8")
        return {path}

    return save


def _prompts(package: Path) -> list[str]:
    return [note.fields["Prompt"] for note in read_package(package, "demo").notes.values()]


def test_it_builds_at_once_and_after_every_save(
    run: Run, write_corpus: WriteCorpus, after: Callable[..., None], tmp_path: Path
) -> None:
    folder = write_corpus()
    after(_saved(folder / "01-first.md", CHAPTER.replace("What is one?", "What is first?")))
    result = run("build", folder, "--only", "apkg", "--output", tmp_path / "out", "--watch")
    assert result.exit_code == 0
    assert result.stdout.count("demo.apkg: 3 notes, 3 cards") == 2
    assert "\n01-first.md: saved\n" in result.stdout
    assert result.stdout.count("waiting for a save; Ctrl-C ends it\n") == 2
    assert "What is first?" in " ".join(_prompts(tmp_path / "out" / "demo.apkg"))


def test_what_is_wrong_is_listed_at_each_save_and_waits_for_the_next(
    run: Run, write_corpus: WriteCorpus, after: Callable[..., None], tmp_path: Path
) -> None:
    folder = write_corpus()
    chapter = folder / "01-first.md"
    after(
        _saved(chapter, CHAPTER + "\n## No id?\n\nNone.\n"),
        _saved(folder / "deck.toml", "id ="),
        _saved(folder / "deck.toml", SETTINGS),
        _saved(chapter, CHAPTER + "\n```klingon\nx\n```\n"),
    )
    result = run("build", folder, "--only", "apkg", "--output", tmp_path / "out", "--watch")
    assert result.exit_code == 0
    assert result.stderr.count("[missing-id]") == 3
    assert "[bad-toml]" in result.stderr
    assert "[unknown-language]" in result.stderr, "advice too"
    assert result.stdout.count("demo.apkg: 3 notes") == 2


def test_an_error_that_is_not_in_a_chapter_waits_too(
    run: Run, write_corpus: WriteCorpus, after: Callable[..., None], tmp_path: Path
) -> None:
    folder = write_corpus()
    after(_saved(folder / "01-first.md", CHAPTER.replace('tags="numbers"', 'tags="digits"')))
    (tmp_path / "out" / "demo-digits.apkg").mkdir(parents=True)
    options = ("--tag", "digits", "--output", tmp_path / "out")
    result = run("build", folder, *options, "--watch")
    assert result.exit_code == 0
    first, second = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert "digits" in first
    assert "demo-digits.apkg" in second


def test_a_fault_is_told_and_waits_too(
    run: Run,
    write_corpus: WriteCorpus,
    after: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    folder = write_corpus()
    after(_saved(folder / "01-first.md", CHAPTER))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("builder.commands.build.make", fail)
    result = run("build", folder, "--watch")
    assert result.exit_code == 0
    assert result.stderr.count("this is a fault of cardpress (RuntimeError: broken)") == 2


def test_what_it_writes_itself_is_no_save(
    run: Run, write_corpus: WriteCorpus, after: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus()
    monkeypatch.chdir(folder)
    made = ("deck.lock", "dist/demo.apkg", "dist/notes.md", ".cache/cardpress/0a/entry")
    after(*(lambda name=name: {folder / name} for name in made))
    result = run("build", "--only", "apkg", "--watch")
    assert result.stdout.count("demo.apkg: 3 notes") == 1
    assert ": saved" not in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_save_is_noticed_and_it_ends_quietly(
    write_corpus: WriteCorpus, tmp_path: Path, how: signal.Signals
) -> None:
    folder = write_corpus()
    command = ["build", str(folder), "--only", "apkg", "--output", str(tmp_path / "out"), "--watch"]
    with subprocess.Popen(
        [sys.executable, "-m", "builder", *command],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            lines = iter(process.stdout)
            _until("waiting for a save", lines)
            new = folder / ".new"
            new.write_text(CHAPTER.replace("What is one?", "What is first?"))
            new.replace(folder / "01-first.md")
            _until("01-first.md: saved", lines)
            _until("waiting for a save", lines)
            process.send_signal(how)
            assert "".join(lines).strip() == ""
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    assert "What is first?" in " ".join(_prompts(tmp_path / "out" / "demo.apkg"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {".gitignore", "demo.apkg"}


def _until(words: str, lines: Iterator[str]) -> None:
    for line in lines:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")


def test_renumbering_is_not_repeated(run: Run, write_corpus: WriteCorpus) -> None:
    result = run("build", write_corpus(), "--renumber", "--watch")
    assert result.exit_code == 2
    assert "without --watch" in result.stderr


@pytest.fixture
def opener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a program that opens files on the path, alone; it writes down what it was given."""

    def put(status: int = 0) -> Path:
        folder, log = tmp_path / "programs", tmp_path / "opened"
        folder.mkdir(exist_ok=True)
        script = folder / ("open" if sys.platform == "darwin" else "xdg-open")
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{log}"\nexit {status}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return log

    return put


def test_open_hands_the_deck_to_the_system(
    run: Run, write_corpus: WriteCorpus, opener: Callable[..., Path], tmp_path: Path
) -> None:
    log, folder = opener(), write_corpus({"01-first.md": CHAPTER.replace("#one", "#one .core")})
    result = run("build", folder, "--only", "core", "--only", "apkg", "--output", tmp_path / "out", "--open")
    assert result.exit_code == 0, result.output
    assert log.read_text() == f"{tmp_path / 'out' / 'demo.apkg'}\n", "the whole, and not its core"


def test_of_a_part_it_opens_the_part(
    run: Run, write_corpus: WriteCorpus, opener: Callable[..., Path], tmp_path: Path
) -> None:
    log = opener()
    run("build", write_corpus(), "--level", "mid", "--output", tmp_path / "out", "--open")
    assert log.read_text() == f"{tmp_path / 'out' / 'demo-mid.apkg'}\n"


def test_with_watch_it_opens_the_deck_once(
    run: Run,
    write_corpus: WriteCorpus,
    opener: Callable[..., Path],
    after: Callable[..., None],
    tmp_path: Path,
) -> None:
    log, folder = opener(), write_corpus({"01-first.md": "# T\n\n## No id?\n\nNone.\n"})
    after(_saved(folder / "01-first.md", CHAPTER), _saved(folder / "01-first.md", CHAPTER + "\nMore.\n"))
    run("build", folder, "--only", "apkg", "--output", tmp_path / "out", "--open", "--watch")
    assert log.read_text() == f"{tmp_path / 'out' / 'demo.apkg'}\n"


def test_an_opener_that_fails_is_named_with_what_to_do(
    run: Run, write_corpus: WriteCorpus, opener: Callable[..., Path], tmp_path: Path
) -> None:
    opener(status=3)
    result = run("build", write_corpus(), "--only", "apkg", "--output", tmp_path / "out", "--open")
    assert result.exit_code == 1
    assert "ended with status 3): install Anki, or import it there with File, Import" in result.stderr
    assert (tmp_path / "out" / "demo.apkg").exists()


def test_where_there_is_no_opener_it_says_so(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("build", write_corpus(), "--only", "apkg", "--output", tmp_path / "out", "--open")
    assert result.exit_code == 1
    assert "No such file or directory" in result.stderr
    assert "install Anki" in result.stderr


def test_an_opener_that_goes_on_is_the_program_itself(
    tmp_path: Path, opener: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = opener()
    script = next((tmp_path / "programs").iterdir())
    script.write_text(f"{script.read_text().replace('exit 0', '')}exec sleep 1\n")
    monkeypatch.setattr(opening, "_PATIENCE", 0.01)
    opening.open_in_anki(tmp_path / "demo.apkg")
    assert not log.exists() or log.read_text() == f"{tmp_path / 'demo.apkg'}\n"


def test_a_pdf_that_cannot_be_made_is_named_beside_it(
    run: Run,
    write_corpus: WriteCorpus,
    opener: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opener(status=4)
    monkeypatch.setattr(weasyprint, "unavailable", lambda: "PDFs need Pango")
    only = ("--only", "apkg", "--only", "handbook")
    result = run("build", write_corpus(), *only, "--output", tmp_path / "out", "--open")
    assert result.exit_code == 1
    assert "no demo-handbook.pdf: PDFs need Pango; the system cannot open" in result.stderr


def test_without_a_deck_there_is_nothing_to_open(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    result = run("build", write_corpus(), "--only", "handbook", "--open")
    assert result.exit_code == 2
    assert "add --only apkg" in result.stderr
