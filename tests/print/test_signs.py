"""Parts of a line on paper are separated by signs of their language."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from builder.print.engine.choose import choose_press
from builder.print.layout.tables import TableRoom, fit_tables
from builder.print.short_answers import answers
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import WriteCorpus
from tests.printing import Noting, deck_of, needs_pango, print_output

SETTINGS = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nlanguage = "{}"\n'
PARTS = "![A part](a.png)\n\n- {{c1::x}} 10% 10% 20% 20%\n- {{c2::y}} 50% 50% 20% 20%\n"
CHOICE = "- [x] x\n- [x] y\n- [ ] z\n"
COLUMNS = 30
TABLE = "\n".join(f"|{'|'.join(each * COLUMNS)}|" for each in (["heading"], ["---"], ["a-very-long-meaning"]))
LANGUAGES = [("en", "; ", ": "), ("ar", "؛ ", ": "), ("ja", "；", "：")]


def _png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (60, 60), "red").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("language", "semicolon", "_"), LANGUAGES)
@pytest.mark.parametrize("is_own", [False, True])
def test_names_and_options_in_one_line(
    write_corpus: WriteCorpus, language: str, semicolon: str, _: str, is_own: bool
) -> None:
    own = f' lang="{language}"' if is_own else ""
    text = f"# T\n\n## A? {{#a .occlusion{own}}}\n\n{PARTS}\n## B? {{#b .choice{own}}}\n\n{CHOICE}"
    settings = SETTINGS.format("en" if is_own else language)
    deck = deck_of(write_corpus({"deck.toml": settings, "01-first.md": text, "a.png": _png()}))
    parts, choice = (note for _, note in deck.notes())
    names = f"<b>1</b>&#160;x{semicolon}<b>2</b>&#160;y"
    assert parts.brief == f"<p>{names}</p>"
    assert names in parts.solved
    assert answers(choice, language)[0] == f"<p>x{semicolon}y</p>"


@pytest.mark.parametrize(("language", "semicolon", "colon"), LANGUAGES)
def test_a_table_that_is_printed_row_by_row(language: str, semicolon: str, colon: str) -> None:
    rows = "".join(f"<tr>{f'<td>{cell * 9}</td>' * 9}</tr>" for cell in "ab")
    room = TableRoom(width=20, size=8, least=8, language=language)
    shown = fit_tables(f'<div class="table"><table>{rows}</table></div>', room)
    assert re.findall(rf"<li>(?:<b>a{{9}}</b>{colon}b{{9}}(?:{semicolon}|</li>)){{9}}</ul>", shown)


@pytest.mark.slow
@needs_pango
@pytest.mark.parametrize(("language", "semicolon", "colon"), LANGUAGES)
@pytest.mark.parametrize("output", ["cheatsheet", "studysheet", "handbook", "flashcards"])
@pytest.mark.parametrize("is_own", [False, True])
def test_each_output_has_them(
    write_corpus: WriteCorpus,
    tmp_path: Path,
    language: str,
    semicolon: str,
    colon: str,
    output: str,
    is_own: bool,
) -> None:
    own = f' lang="{language}"' if is_own else ""
    text = f"# T\n\n## A? {{#a{own}}}\n\n{TABLE}\n"
    settings = SETTINGS.format("en" if is_own else language)
    deck = deck_of(write_corpus({"deck.toml": settings, "01-first.md": text}))
    press = Noting(choose_press)
    print_output(output, deck, tmp_path / "a.pdf", Cache(tmp_path / "cache", LIMIT), press)
    listed = f"<b>heading</b>{colon}a-very-long-meaning{semicolon}<b>"
    assert any(listed in piece.html for piece in press.laid_out)
