"""Pages of a language that is written from right to left begin at the right."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from builder.print.engine.choose import choose_press
from builder.runtime.cache import NO_CACHE
from tests.conftest import WriteCorpus
from tests.printing import deck_of, images_of, needs_pango, print_output
from tests.programs import needs, program

pytestmark = [pytest.mark.slow, needs_pango]

QUESTIONS = "\n".join(f"## Word {number}? {{#w{number}}}\n\n- One.\n\n`code`\n" for number in range(3))


@pytest.mark.parametrize("name", ["studysheet", "handbook"])
@pytest.mark.parametrize(("language", "first"), [("en", "left"), ("he", "right")])
def test_text_stands_at_the_side_where_reading_begins(
    write_corpus: WriteCorpus, tmp_path: Path, name: str, language: str, first: str
) -> None:
    deck_toml = f'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nlanguage = "{language}"\n'
    folder = write_corpus({"deck.toml": deck_toml, "01-first.md": f"# T\n\n{QUESTIONS}"})
    print_output(name, deck_of(folder), tmp_path / "any.pdf", NO_CACHE, choose_press)
    page = images_of(tmp_path / "any.pdf")[-1].convert("L").point(lambda shade: 255 if shade < 128 else 0)
    half = page.width // 2
    sides = {
        "left": page.crop((0, 0, half, page.height)).histogram()[255],
        "right": page.crop((half, 0, page.width, page.height)).histogram()[255],
    }
    assert max(sides, key=lambda side: sides[side]) == first


@needs("pdftotext")
@pytest.mark.parametrize("name", ["cheatsheet", "studysheet", "handbook", "flashcards"])
@pytest.mark.parametrize(("corpus", "question", "first"), [("en", "he", "right"), ("he", "en", "left")])
def test_a_question_in_another_language_has_its_own_direction(
    write_corpus: WriteCorpus, tmp_path: Path, name: str, corpus: str, question: str, first: str
) -> None:
    deck_toml = f'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nlanguage = "{corpus}"\n'
    text = "# T\n\n## Word? {{#word{}}}\n\n- One.\n- Two.\n"
    starts: list[float] = []
    for number, said in enumerate((f' lang="{corpus}"', f' lang="{question}"')):
        folder = write_corpus({"deck.toml": deck_toml, "01-first.md": text.format(said)}, name=str(number))
        path = tmp_path / f"{number}.pdf"
        print_output(name, deck_of(folder), path, NO_CACHE, choose_press)
        starts.append(_start_of("One", path))
    assert (starts[0] < starts[1]) == (first == "right")


def _start_of(word: str, path: Path) -> float:
    """Return the distance of a word from the left of its page."""
    command = [program("pdftotext"), "-bbox", str(path), "-"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(rf'xMin="([\d.]+)"[^>]*>[^<]*{word}', words)
    return float(found[-1])
