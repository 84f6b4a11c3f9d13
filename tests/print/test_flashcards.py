"""The cards to cut out, read from the PDF: by the places of its words."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from click.testing import Result
from pypdf import PdfReader

from builder.corpus.papers import STOCKS
from builder.print.layout.imposition import INSET, Cell, mirrored
from tests.conftest import LOOK, SETTINGS, WriteCorpus, git
from tests.printing import needs_pango
from tests.programs import needs, program

Run = Callable[..., Result]

pytestmark = [
    pytest.mark.slow,
    needs_pango,
    needs("pdftotext"),
]
_WORD = re.compile(
    r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', re.DOTALL
)
_MM = 25.4 / 72
ELEVEN = "# Numbers\n\n" + "".join(
    f'## What is the number called {n}, and where does it come from? {{#n-{n} .mid tags="t{n % 2}"}}\n\n'
    f"It is number {n}.\n\n```python\nvalue_{n} = {n}\nif value_{n}:\n    print(value_{n})\n```\n\n"
    for n in range(11)
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word and the box around it, in millimetres from the page's left and top."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def _words(pdf: Path) -> list[list[Word]]:
    """Return the words of each page."""
    command = [program("pdftotext"), "-bbox", str(pdf), "-"]
    html = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [
        [Word(unescape(text), *(float(edge) * _MM for edge in edges)) for *edges, text in _WORD.findall(page)]
        for page in html.split("<page ")[1:]
    ]


@pytest.fixture
def cards(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> Callable[..., Path]:
    def cards(*options: object, **files: str) -> Path:
        folder = write_corpus({"01-first.md": ELEVEN, **files})
        result = run("flashcards", folder, "--output", tmp_path / "out", *options)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        return tmp_path / "out" / "demo-flashcards.pdf"

    return cards


def _cells_of_numbers(words: list[Word], stock: str) -> dict[str, Cell]:
    """Return in which cell each card's number stands: 1.7."""
    (left, top), (width, height) = STOCKS[stock].origin, STOCKS[stock].card
    return {
        word.text: Cell(int((word.left - left) // width), int((word.top - top) // height))
        for word in words
        if re.fullmatch(r"\d+\.\d+\w?", word.text)
    }


@pytest.mark.parametrize("turn", ["long", "short"])
@pytest.mark.parametrize("stock", STOCKS)
def test_front_and_back_lie_in_matching_cells(cards: Callable[..., Path], stock: str, turn: str) -> None:
    pages = _words(cards("--stock", stock, "--turn", turn))
    seen = 0
    for front, back in zip(pages[::2], pages[1::2], strict=True):
        fronts, backs = _cells_of_numbers(front, stock), _cells_of_numbers(back, stock)
        assert fronts.keys() == backs.keys()
        seen += len(fronts)
        for number, cell in fronts.items():
            assert backs[number] == mirrored(cell, STOCKS[stock], turn), number  # type: ignore[arg-type]
    assert seen == 11


def test_folded_cards_stand_beside_each_other(cards: Callable[..., Path]) -> None:
    pages = _words(cards("--turn", "fold"))
    assert len(pages) == 3
    for page in pages:
        places: dict[str, list[Word]] = {}
        for word in page:
            if re.fullmatch(r"\d+\.\d+", word.text):
                places.setdefault(word.text, []).append(word)
        for front, back in places.values():
            assert back.left - front.left == pytest.approx(105, abs=0.2)
            assert back.top == pytest.approx(front.top, abs=0.1)


LONG = """\
# Long

## What does `create_engine(pool="AsyncAdaptedQueuePool")` return? {#long .mid}

`db.session.scalar(select(func.count()).select_from(Book).where(Book.genre_id==1))` counts.
"""


@pytest.mark.parametrize("stock", STOCKS)
def test_nothing_is_printed_within_six_millimetres_of_a_cut(cards: Callable[..., Path], stock: str) -> None:
    (left, top), (width, height) = STOCKS[stock].origin, STOCKS[stock].card
    hair = 0.8  # a box is as tall as its font, not as its letters
    for page in _words(cards("--stock", stock, **{"02-long.md": LONG})):
        assert page
        for word in page:
            for low, high, origin, size in (
                (word.left, word.right, left, width),
                (word.top, word.bottom, top, height),
            ):
                cell = (low + high) / 2 - origin
                start = origin + cell // size * size
                assert low >= start + INSET - hair, word
                assert high <= start + size - INSET + hair, word


def test_code_within_a_line_is_small_rather_than_broken(cards: Callable[..., Path]) -> None:
    front, _ = _words(cards("--stock", "A4", "--chapter", "2", **{"02-long.md": LONG}))
    assert 'create_engine(pool="AsyncAdaptedQueuePool")' in [word.text for word in front]


def test_chapter_number_and_level_stand_on_both_sides(cards: Callable[..., Path]) -> None:
    for page in _words(cards()):
        texts = [word.text for word in page]
        cells = len([text for text in texts if re.fullmatch(r"1\.\d+", text)])
        assert texts.count("Numbers") == texts.count("mid") == cells


def test_code_keeps_its_lines_and_their_indentation(cards: Callable[..., Path]) -> None:
    for page in _words(cards())[1::2]:
        for word in page:
            if word.text.startswith("print("):
                indented = (
                    word.left
                    - next(
                        other
                        for other in page
                        if other.top < word.top
                        and other.text == "if"
                        and abs(other.left - word.left) < 40
                        and word.top - other.top < 5
                    ).left
                )
                assert 2 < indented < 12


def test_a_side_is_printed_once_and_on_its_own_page(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    options = "".join(f"- [{'x' if n == 2 else ' '}] choice{n}\n" for n in range(11))
    questions = "".join(f"## Which is right here, {q}? {{#q{q} .choice}}\n\n{options}\n" for q in range(16))
    run("flashcards", write_corpus({"01-first.md": f"# T\n\n{questions}"}), "--output", tmp_path)
    pages = _words(tmp_path / "demo-flashcards.pdf")
    assert [[word.text for word in page].count("choice10") for page in pages] == [8, 8, 8, 8]
    for page in pages:
        assert len(_cells_of_numbers(page, "A4")) == 8


def test_an_offset_moves_the_backs_alone(cards: Callable[..., Path]) -> None:
    straight, moved = _words(cards()), _words(cards("--offset", "1.5,-2"))
    assert straight[::2] == moved[::2]
    for before, after in zip(straight[1], moved[1], strict=True):
        assert (after.left - before.left, after.top - before.top) == pytest.approx((1.5, -2), abs=0.02)


@pytest.mark.parametrize("value", ["1", "1,2,3", "a,b", "9,0"])
def test_an_offset_that_is_none_is_named(run: Run, write_corpus: WriteCorpus, value: str) -> None:
    result = run("flashcards", write_corpus(), "--offset", value)
    assert result.exit_code == 2
    assert repr(value) in result.stderr


def test_a_page_shows_the_offset_that_a_printer_needs(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    """Behind, right is left: what is seen too far right must be moved to the right there."""
    for turn, right, below in (("long", "+2", "-2"), ("short", "-2", "+2")):
        result = run("flashcards", write_corpus(), "--calibrate", "--turn", turn, "--output", tmp_path)
        assert result.exit_code == 0, result.output
        scales, cross = _words(tmp_path / "demo-calibration.pdf")
        marks = {word.text: word for word in scales if abs(word.left - 105) < 12 and abs(word.top - 148) < 12}
        places = [(word.text, round(word.left + word.right) / 2 - 105, word.top) for word in scales]
        on_the_right = [text for text, x, y in places if text[1:] == "2" and 1 < x < 3.2 and y > 148.5]
        beneath = [text for text, x, y in places if text[1:] == "2" and abs(y - 150) < 1.2 and x > 1]
        assert marks
        assert right in on_the_right
        assert below in beneath
        assert cross == []


def test_only_what_is_selected_is_printed(cards: Callable[..., Path]) -> None:
    def numbers(*options: object) -> set[str]:
        second = '# Second\n\n## What? {#what .senior core="2"}\n\nThat.\n'
        pages = _words(cards(*options, **{"02-second.md": second}))
        return {word.text for page in pages for word in page if re.fullmatch(r"\d+\.\d+", word.text)}

    for name in ("2", "02", "second", "Second", "SECOND", "02-second", "02-second.md"):
        assert numbers("--chapter", name) == {"2.1"}, name
    assert numbers("--level", "senior") == numbers("--core") == {"2.1"}
    assert numbers("--level", "senior", "--core", "--chapter", "2") == {"2.1"}
    assert numbers("--tag", "t1") == {f"1.{n}" for n in (2, 4, 6, 8, 10)}
    assert numbers("--tag", "t1", "--tag", "t0", "--chapter", "1") == {f"1.{n}" for n in range(1, 12)}


def test_a_selection_of_nothing_is_named(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    result = run("flashcards", write_corpus(), "--level", "senior", "--output", tmp_path)
    assert result.exit_code == 1
    assert "there is no card to print" in result.stderr
    assert not list(tmp_path.glob("*.pdf"))
    assert run("flashcards", write_corpus(), "--level", "expert").exit_code == 2


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--chapter", "9", "'demo' has no chapter '9': there are: first"),
        ("--chapter", "frist", "did you mean 'first'?"),
        ("--tag", "number", "'demo' has no tag 'number': did you mean 'numbers'?"),
    ],
)
def test_a_name_of_which_there_is_nothing_is_named(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, option: str, name: str, said: str
) -> None:
    result = run("flashcards", write_corpus(), option, name, "--output", tmp_path)
    assert result.exit_code == 1
    assert said in result.stderr
    assert not list(tmp_path.glob("*.pdf"))


def test_after_an_edit_only_the_changed_cards_are_printed_again(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus({"01-first.md": ELEVEN})
    run("build", folder, "--output", tmp_path / "old", "--only", "apkg")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        git(folder, *arguments)
    text = ELEVEN.replace("It is number 3.", "It is the number 3.")
    (folder / "01-first.md").write_text(text + "## What is new? {#new}\n\nThis.\n")
    for against in ("HEAD", tmp_path / "old" / "demo.apkg"):
        result = run("flashcards", folder, "--changed-since", against, "--output", tmp_path / "out")
        assert result.exit_code == 0, result.output
        front, _ = _words(tmp_path / "out" / "demo-flashcards.pdf")
        assert sorted(word.text for word in front if re.fullmatch(r"\d+\.\d+", word.text)) == ["1.12", "1.4"]


def test_a_side_that_does_not_fit_is_named_with_its_line_and_goes_on(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    text = (
        f"# T\n\n## Why so long? {{#long}}\n\n{'Many words follow each other. ' * 60}The end.\n\n"
        f"## Why so wide? {{#wide}}\n\n```python\n{'x' * 80}\n```\n\n## Why not? {{#good}}\n\nIt fits.\n"
    )
    folder = write_corpus({"01-first.md": text})
    result = run("flashcards", folder, "--output", tmp_path)
    assert result.exit_code == 0
    assert re.search(
        r"01-first\.md:3:1: warning: the back of its flashcard .* too tall: it continues, and takes 2 cards",
        result.stderr,
    )
    assert re.search(
        r"01-first\.md:7:1: warning: .* line of code that is \d+ characters too wide: it is broken",
        result.stderr,
    )
    assert "4 cards on 1 sheet" in result.stdout
    front, back = (page.extract_text() for page in PdfReader(tmp_path / "demo-flashcards.pdf").pages)
    assert front.count("Why so long?") == 2
    assert "1.1 · 2/2" in front
    assert back.count("Many") == 60
    assert "The end." in back
    assert back.count("x") >= 80
    short = text.replace("## Why so wide?", "### On paper\n\nIt repeats itself.\n\n## Why so wide?")
    (folder / "01-first.md").write_text(short)
    result = run("flashcards", folder, "--output", tmp_path)
    assert "too tall" not in result.stderr
    assert "3 cards on 1 sheet" in result.stdout


def test_a_shorter_answer_for_paper_is_on_the_cut_out_card_alone(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    from builder.anki.read import read_package

    folder = write_corpus(
        {"01-first.md": "# T\n\n## Why? {#why}\n\nAt length.\n\n### On paper\n\nBriefly.\n"}
    )
    run("build", folder, "--output", tmp_path)
    (note,) = read_package(tmp_path / "demo.apkg", "demo").notes.values()
    assert "Briefly" not in "".join(note.fields.values())
    texts = {
        name: "".join(page.extract_text() for page in PdfReader(tmp_path / f"demo-{name}.pdf").pages)
        for name in ("flashcards", "studysheet", "handbook")
    }
    assert "Briefly" in texts["flashcards"]
    assert "At length" not in texts["flashcards"]
    assert all(
        "At length" in texts[name] and "Briefly" not in texts[name] for name in ("studysheet", "handbook")
    )


def test_a_gap_is_empty_on_the_front_as_wide_as_what_fills_it_behind(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    text = (
        "# T\n\n## After a request {#gap .cloze}\n\nall of {{c1::the application context::what}} is gone.\n\n"
        "```python\nwith app.{{c2::app_context()}}: pass\n```\n\nAnd ${{c3::n^2}} + 1$ is left.\n"
    )
    run("flashcards", write_corpus({"01-first.md": text}), "--output", tmp_path)
    front, back = _words(tmp_path / "demo-flashcards.pdf")
    asked, answered = (" ".join(word.text for word in page) for page in (front, back))
    assert "application" not in asked
    assert "app_context" not in asked
    assert "[what]" in asked
    assert "the application context is gone." in answered
    assert "app_context()" in answered
    # The mirrored card's words stand where they stood on the front, but for its column.
    (before,) = (word.left for word in front if word.text == "pass")
    (behind,) = (word.left for word in back if word.text == "pass")
    assert behind - before == pytest.approx(105, abs=1.5)


def test_every_kind_of_card_prints(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in LOOK.glob("*.[ms][dv]*")}
    long_line = b', description="There is no such book in the shop"'
    chapter = files["01-cards.md"].replace(long_line, b"").replace(b' allow="code-too-wide"', b"")
    folder = write_corpus(
        {**files, "01-first.md": "# First\n", "02-cards.md": chapter, "01-cards.md": "# C\n"}
    )
    (folder / "01-cards.md").unlink()
    result = run("flashcards", folder, "--output", tmp_path)
    assert result.stderr == ""
    assert "9 cards on 2 sheets" in result.stdout
    texts = (page.extract_text() for page in PdfReader(tmp_path / "demo-flashcards.pdf").pages)
    front, back, *others = texts
    assert len(others) == 2, "another sheet"
    for words in ("What does the picture show?", "301", "Which function builds a URL", "before_request"):
        assert words in front
    for words in (
        "2 str",
        "url_for",
        "302\u00a0✓",
        "Permanent: browsers remember it.",
        "Registers a function",
        "the first one",
    ):
        assert words in back
        assert words not in front


def test_cards_on_one_column_cannot_be_folded(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    settings = f'{SETTINGS}\n[print]\nstock = "3x5-letter"\nturn = "fold"\n'
    folder = write_corpus({"deck.toml": settings})
    result = run("flashcards", folder, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert "deck.toml:7:1: warning: 'turn' is 'fold', but cards on '3x5-letter' have no room" in result.stderr
    assert len(PdfReader(tmp_path / "demo-flashcards.pdf").pages) == 2, "fronts and backs"
    result = run("flashcards", folder, "--turn", "fold", "--output", tmp_path)
    assert result.exit_code == 1
    assert "'3x5-letter' cannot be folded" in result.stderr


SHORT = """\
# Short

## CSRF (cross-site request forgery) {#csrf .reversed .mid}

The attack in which another web page makes a browser act on a site in its user's name, since the cross-site
request has the site's cookies along with it.

## Which status code does Flask-WTF's `CSRFProtect` send when the token is missing? {#status}

400 (Bad Request).

## What does this print? {#prints}

```python
print(1)
```

---

1
"""


@pytest.mark.parametrize("stock", STOCKS)
def test_a_short_side_is_a_block_in_the_middle_of_its_card(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, stock: str
) -> None:
    folder = write_corpus({"01-first.md": SHORT})
    run("flashcards", folder, "--stock", stock, "--output", tmp_path)
    (left, top), (width, height) = STOCKS[stock].origin, STOCKS[stock].card
    sides: dict[tuple[int, int, int], list[Word]] = {}
    for number, page in enumerate(_words(tmp_path / "demo-flashcards.pdf")):
        for word in page:
            column, row = int((word.left - left) // width), int((word.top - top) // height)
            x, y = left + column * width, top + row * height
            if word.top > y + INSET + 4:
                place = Word(word.text, word.left - x, word.top - y, word.right - x, word.bottom - y)
                sides.setdefault((number, column, row), []).append(place)
    texts = {" ".join(word.text for word in words): words for words in sides.values()}
    assert len(texts) == 6
    for text, words in texts.items():
        if "print(1)" in text:
            assert min(word.left for word in words) == pytest.approx(INSET, abs=0.5), "as it was"
            continue
        edges = [(word.left, word.top, word.right, word.bottom) for word in words]
        lefts, tops, rights, bottoms = zip(*edges, strict=True)
        assert (min(lefts) + max(rights)) / 2 == pytest.approx(width / 2, abs=1), text
        assert (min(tops) + max(bottoms)) / 2 == pytest.approx((height + 5) / 2, abs=1.5), text
        for line in {round(top, 1) for top in tops}:
            ends = [(word.left, word.right) for word in words if abs(word.top - line) < 1]
            middle = (min(start for start, _ in ends) + max(end for _, end in ends)) / 2
            assert middle == pytest.approx(width / 2, abs=1), text
    assert any("cross-site" in text.split() for text in texts)
    sizes = {text[:4]: words[0].bottom - words[0].top for text, words in texts.items()}
    assert sizes["400 "] > sizes["Whic"] > sizes["The "], "the shorter, the larger"


def test_large_print_has_no_small_text_and_loses_nothing(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus({"01-first.md": ELEVEN})
    result = run("flashcards", folder, "--large-print", "--output", tmp_path / "option")
    assert result.exit_code == 0, result.output
    pages = _words(tmp_path / "option" / "demo-flashcards.pdf")
    words = [word for page in pages for word in page]
    assert min(word.bottom - word.top for word in words) > 9 * _MM, "code has at least nine points"
    texts = " ".join(word.text for word in words)
    for n in range(11):
        assert f"It is number {n}." in texts
        assert f"print(value_{n})" in texts
    (folder / "deck.toml").write_text(f"{SETTINGS}\n[print]\nlarge-print = true\n")
    run("flashcards", folder, "--output", tmp_path / "settings")
    option, settings = (
        (tmp_path / name / "demo-flashcards.pdf").read_bytes() for name in ("option", "settings")
    )
    assert option == settings


def test_without_code_leaves_blocks_out_of_answers_alone(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    text = (
        f"{SHORT}\n## How? {{#how}}\n\nLike this.\n\n```python\nleft_out = 1\n```\n\n"
        "## And how else? {#else}\n\n```python\nthe_answer = 1\n```\n\n"
        "## It is set by {#gap .cloze}\n\nThis line.\n\n```python\n{{c1::a_gap}} = 1\n```\n\n"
        "<!-- more -->\n\n```python\ndetail = 2\n```\n"
    )
    folder = write_corpus({"01-first.md": text})
    run("flashcards", folder, "--without-code", "--output", tmp_path)
    run("studysheet", folder, "--handbook", "--without-code", "--output", tmp_path)
    for name in ("flashcards", "handbook"):
        pages = PdfReader(tmp_path / f"demo-{name}.pdf").pages
        words = "".join(page.extract_text() for page in pages)
        for kept in ("Like this.", "the_answer", "a_gap", "print(1)"):
            assert kept in words, name
        for left_out in ("left_out", "detail"):
            assert left_out not in words, name
    (folder / "deck.toml").write_text(f"{SETTINGS}\n[print]\nwithout-code = 1\n")
    result = run("check", folder)
    assert "deck.toml:6:1: error: 'without-code' is 1" in result.output
    assert "it must be one of: true, false" in result.output


def test_deck_toml_says_what_cards_are_printed_on(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    settings = f'{SETTINGS}\n[print]\nstock = "3x5"\n'
    run("flashcards", write_corpus({"deck.toml": settings}), "--output", tmp_path)
    page = PdfReader(tmp_path / "demo-flashcards.pdf").pages[0]
    assert (page.mediabox.width, page.mediabox.height) == (360, 216)
