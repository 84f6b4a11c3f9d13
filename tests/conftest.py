"""What the tests share: golden files, corpora written for a test, and the real Anki."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings

from tests.learner import Anki
from tests.sampling import left_out

if TYPE_CHECKING:
    from anki.collection import Collection

# How fast the machine is, is not what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

PROJECT = Path(__file__).parent.parent
# Tests use the project's cache, and keep out of the user's own configuration.
os.environ["XDG_CONFIG_HOME"] = str(PROJECT / ".cache" / "config")
FLASK = PROJECT / "content" / "flask"
CASES = Path(__file__).parent / "cases"
LOOK = Path(__file__).parent / "look"
"""A corpus with every kind of card."""

SETTINGS = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo deck"\n'
CHAPTER = """\
# First chapter

An introduction.

## What is one? {#one .junior tags="numbers"}

The **first** number.

## What is two? {#two .mid}

The second, `1 + 1`.

### What is half of two? {#half-of-two}

One.
"""

OLDER_ANKI = PROJECT / ".venv" / "older-anki" / "bin" / "python"

WriteCorpus = Callable[..., Path]


@pytest.fixture
def write_corpus(tmp_path: Path) -> WriteCorpus:
    """Write a corpus folder: deck.toml, a chapter, and whatever other files a test names."""

    def write(files: dict[str, str | bytes] | None = None, *, name: str = "demo") -> Path:
        folder = tmp_path / name
        wanted: dict[str, str | bytes] = {"deck.toml": SETTINGS, "01-first.md": CHAPTER, **(files or {})}
        for path, text in wanted.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(text.encode() if isinstance(text, str) else text)
        return folder

    return write


def copy_project(folder: Path) -> Path:
    """Copy the files of the project that make needs, with a small corpus; return the corpus's folder."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-test.txt"):
        shutil.copy2(PROJECT / name, folder)
    for name in ("builder", "styles"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    corpus = folder / "content" / "demo"
    corpus.mkdir(parents=True)
    (corpus / "deck.toml").write_text(SETTINGS)
    (corpus / "01-first.md").write_text(CHAPTER)
    return corpus


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    """Open an empty collection of the real Anki."""
    anki = pytest.importorskip("anki.collection", reason="the real Anki is not installed (PyPI: anki)")
    opened: Collection = anki.Collection(str(tmp_path / "collection.anki2"))
    yield opened
    opened.close()


def print_page(html: str, path: Path, *, is_set: bool = False) -> None:
    """Print a page of HTML with no style of ours, by itself or as a piece that is set first."""
    from builder.corpus.model import Settings
    from builder.print.engine.choose import choose_press
    from builder.print.engine.press import Page
    from builder.print.engine.weasyprint import Design
    from builder.runtime.cache import Cache

    settings = Settings(id="demo", title="Demo", deck="Demo")
    design = Design(settings=settings, css="", style="", page="", media=(), large=())
    press = choose_press(design=design, cache=Cache(path.parent / "cache", 10**6))
    pieces = [(piece, 0.0, 0.0) for piece in press.lay_out([html], 100)] if is_set else []
    press.print([Page("<div>" if is_set else f"<div>{html}", pieces)], path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a cardpress command line at a fixed time."""
    from builder.cli import main

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")

    def run(*arguments: object, typed: str | None = None) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="session")
def flask_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the Flask corpus and the package built of it: copy what you change."""
    from builder.cli import main

    folder = tmp_path_factory.mktemp("release")
    shutil.copytree(FLASK, folder / "flask")
    command = ["build", str(folder / "flask"), "--output", str(folder), "--only", "apkg"]
    # Later than the lock, which an author may not have built yet.
    result = CliRunner().invoke(main, command, env={"SOURCE_DATE_EPOCH": "1900000000"})
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session", params=["newest", "older"])
def anki(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anki]:
    """Return each Anki that matters: the newest, and one that dates what it imports differently."""
    is_older = request.param == "older"
    if is_older and not OLDER_ANKI.exists():
        pytest.skip("the older Anki is not installed (make test tries to, once)")
    if not is_older and not find_spec("anki"):
        pytest.skip("the real Anki is not installed (PyPI: anki)")
    anki = Anki(OLDER_ANKI if is_older else Path(sys.executable), tmp_path_factory.mktemp("anki"))
    yield anki
    anki.close()


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, as somebody."""
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def assert_golden(actual: str, path: Path) -> None:
    """Compare with an expected result, or rewrite it where UPDATE_GOLDEN is set."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(actual, encoding="utf-8")
    assert path.exists(), f"{path.name} is missing: run `make golden` and review the diff"
    assert actual == path.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _stay_in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where a library logs a warning: the program gave it something that it does not understand."""
    yield
    logged = [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in logged] == []


SLOWEST = (
    "test_histories.py",
    "test_growth.py",
    "test_cheatsheet.py",
    "test_hostile_corpora.py",
    "test_interrupt.py",
    "test_fuzzing.py",
    "test_tasks.py",
    "test_fragments.py",
    "test_studysheet.py",
    "test_what_check_promises.py",
    "test_adopted_histories.py",
    "test_page.py",
    "test_corpora.py",
    "test_make.py",
    "test_occlusion.py",
    "test_portable.py",
)
"""Files that take long, the longest first: what comes last should be short, so that no core waits."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and leave cases of slow tests out if only some are wanted."""
    ranks = {name: rank for rank, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(SLOWEST)))
    if out := left_out(items):
        config.hook.pytest_deselected(items=list(out))
        items[:] = [item for item in items if item not in out]
