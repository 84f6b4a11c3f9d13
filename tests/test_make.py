"""make, as the README has it: what it makes, and what it leaves alone."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PROJECT, SETTINGS, copy_project
from tests.printing import needs_pango

VENV = PROJECT / ".venv"
Make = Callable[..., str]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (VENV / "tests-ready").exists(), reason="not run from make's own environment"),
    needs_pango,
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the project with a small corpus, which shares this one's environment."""
    corpus = copy_project(tmp_path)
    (corpus / "02-second.md").write_text("# Second\n\n## Three? {#three}\n\nYes.\n")
    return tmp_path


@pytest.fixture
def make(project: Path) -> Make:
    def make(*arguments: str) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        # The environment is borrowed, so it is taken as it is.
        kept = [f"--old-file={VENV / stamp}" for stamp in ("ready", "tests-ready", "pango")]
        command = ["make", f"VENV={VENV}", *kept, *arguments]
        result = subprocess.run(command, cwd=project, capture_output=True, text=True, env=environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return make


def test_make_makes_every_output_and_then_has_nothing_to_do(project: Path, make: Make) -> None:
    before = _cpu_of_children()
    made = make("-j2")
    building = _cpu_of_children() - before
    assert "demo.apkg: 4 notes, 4 cards" in made
    assert "demo-studysheet.pdf: 1 page" in made
    outputs = ("-cheatsheet.pdf", "-flashcards.pdf", "-handbook.pdf", "-studysheet.pdf", ".apkg")
    assert sorted(path.name for path in (project / "dist").glob("demo*")) == [
        f"demo{name}" for name in outputs
    ]
    before = _cpu_of_children()
    assert "Nothing to be done" in make()
    assert _cpu_of_children() - before < 0.05 * building


def test_a_deck_of_the_core_is_made_as_soon_as_there_is_a_core(project: Path, make: Make) -> None:
    assert "core" not in make()
    chapter = project / "content" / "demo" / "02-second.md"
    chapter.write_text(chapter.read_text().replace("{#three}", "{#three .core}"))
    assert "demo-core.apkg: 1 note, 1 card" in make()
    assert "Nothing to be done" in make()
    chapter.unlink()
    assert "core" not in make(), "the last question of the core went with its chapter"
    assert "Nothing to be done" in make()
    lock = (project / "content" / "demo" / "deck.lock").read_text()
    assert lock.count("\nnote ") == 4


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize(
    "name", ["content/demo/01-first.md", "styles/card.css", "builder/design/html/basic-back.html"]
)
def test_an_edit_makes_what_depends_on_it(project: Path, make: Make, name: str) -> None:
    make()
    os.utime(project / name)
    assert "demo.apkg: " in make()
    assert "Nothing to be done" in make()


def test_a_deleted_chapter_is_noticed(project: Path, make: Make) -> None:
    make()
    (project / "content" / "demo" / "02-second.md").unlink()
    assert "demo.apkg: 3 notes" in make()


def test_a_corpus_that_only_wants_a_deck_gets_no_more(project: Path, make: Make) -> None:
    make()
    settings = project / "content" / "demo" / "deck.toml"
    settings.write_text(SETTINGS + 'outputs = ["apkg"]\n')
    for path in (project / "dist").iterdir():
        path.unlink()
    assert "demo.apkg: " in make()
    assert [path.name for path in (project / "dist").glob("demo*")] == ["demo.apkg"]
    settings.write_text(SETTINGS + 'outputs = ["handbook"]\n')
    (project / "dist" / "demo.apkg").unlink()
    assert "demo-handbook.pdf: " in make()
    assert [path.name for path in (project / "dist").glob("demo*")] == ["demo-handbook.pdf"]
    assert "Nothing to be done" in make()


def test_fonts_are_installed_for_the_scripts_that_are_printed_and_for_no_others(
    project: Path, make: Make
) -> None:
    make("dist/demo.apkg")
    assert "fontpkg" not in make("--dry-run", "dist/demo-cheatsheet.pdf")
    chapter = project / "content" / "demo" / "02-second.md"
    chapter.write_text(chapter.read_text().replace("Yes.", "\u05db\u05df."))
    make("dist/demo.apkg")
    planned = make("--dry-run", "dist/demo-cheatsheet.pdf")
    assert "install -c requirements-test.txt fontpkg-heebo" in planned
    assert "fontpkg-ibm-plex-sans-arabic" not in planned
    (project / "content" / "demo" / "deck.toml").write_text(SETTINGS + 'outputs = ["apkg"]\n')
    assert "fontpkg" not in make("--dry-run", "dist/demo.apkg")


def test_help_lists_the_targets(make: Make) -> None:
    listed = make("help").splitlines()
    assert listed[0].startswith("all ")
    assert any(line.startswith("test ") for line in listed)
