"""The cheat-sheet, measured in the PDF itself: sizes, the grid of base lines, feet, gaps and margins."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import Result
from pypdf import PdfReader

from builder.print.cheatsheet import UNIT
from builder.print.short_answers import sentence_ends
from tests.conftest import FLASK, SETTINGS, WriteCorpus
from tests.printing import needs_pango
from tests.programs import needs, program

Run = Callable[..., Result]

pytestmark = [
    pytest.mark.slow,
    needs_pango,
]
MILLIMETRE = 72 / 25.4
BESIDE, ABOVE, BELOW, GUTTER = 7.5, 6.0, 6.0, 4.4
HEAD = 5
LINE = 2 * UNIT


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text: the left of its base line and, from the top of the page, its height; in points."""

    left: float
    base: float
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A page: its size in points, and the texts below its head."""

    width: float
    height: float
    texts: list[Text]

    @property
    def column(self) -> float:
        """Width of a column."""
        return (self.width - (2 * BESIDE + 3 * GUTTER) * MILLIMETRE) / 4

    @property
    def room(self) -> float:
        """Height of a column."""
        units = (self.height - (ABOVE + BELOW) * MILLIMETRE) // UNIT - HEAD
        return units * UNIT

    def columns(self) -> list[list[float]]:
        """Return the base lines in each column that has any, from the top."""
        found: dict[int, set[float]] = {}
        for each in self.texts:
            place = int((each.left / MILLIMETRE - BESIDE + 0.5) // (self.column / MILLIMETRE + GUTTER))
            found.setdefault(place, set()).add(round(each.base, 1))
        return [sorted(found[place]) for place in sorted(found)]


@cache
def _measured(path: Path) -> list[Measured]:
    return [_page(page) for page in PdfReader(path).pages]


def _page(page: Any) -> Measured:
    width, height = float(page.mediabox.width), float(page.mediabox.height)
    texts: list[Text] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        x, y = (tm[4] * cm[n] + tm[5] * cm[n + 2] + cm[n + 4] for n in (0, 1))
        if text.strip():
            texts.append(Text(x, height - y, abs(size * tm[3] * cm[3]), text.strip()))

    page.extract_text(visitor_text=visit)
    top = ABOVE * MILLIMETRE + HEAD * UNIT
    return Measured(width, height, [text for text in texts if text.base > top])


def _words(path: Path) -> Iterator[tuple[int, float, float, float, float]]:
    """Yield the page and the box of every word, in points."""
    command = [program("pdftotext"), "-bbox", str(path), "-"]
    pages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("<page ")[1:]
    box = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">')
    for number, page in enumerate(pages):
        for found in box.findall(page):
            left, top, right, bottom = map(float, found)
            yield number, left, top, right, bottom


def _assert_well_set(path: Path) -> None:
    """Measure what holds for every cheat-sheet."""
    for page in _measured(path):
        assert min(text.size for text in page.texts) >= 6.49
        phases = {round(text.base % UNIT, 2) for text in page.texts}
        assert max(phases) - min(phases) <= 0.03, f"base lines are off the grid: {phases}"
        columns = page.columns()
        feet = [column[-1] for column in columns]
        assert max(feet) - min(feet) <= 0.05 * page.room, feet
        steps = [below - above for column in columns for above, below in pairwise(column)]
        assert max(steps) - LINE <= 0.03 * page.room, max(steps)
        assert not any("continued" in text.text for text in page.texts)
        assert max(feet) <= page.height - BELOW * MILLIMETRE


def _assert_within_margins(path: Path) -> None:
    pages = _measured(path)
    for number, left, top, right, bottom in _words(path):
        page = pages[number]
        step = page.column + GUTTER * MILLIMETRE
        place = (left - BESIDE * MILLIMETRE + 0.5) // step
        begin = BESIDE * MILLIMETRE + place * step
        assert left >= begin - 0.5
        is_below_head = top > ABOVE * MILLIMETRE + HEAD * UNIT
        assert not is_below_head or right <= begin + page.column + 0.5, (number + 1, left, top)
        assert right <= page.width - BESIDE * MILLIMETRE + 0.5
        assert top >= (ABOVE - 2) * MILLIMETRE
        assert bottom <= page.height - (BELOW - 2) * MILLIMETRE


def _said(path: Path) -> str:
    """Return all text, without white space and what only lets a line break."""
    text = "".join(page.extract_text() for page in PdfReader(path).pages)
    return re.sub(r"[\s\u200b]+", "", text)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Print the Flask corpus's sheet with some options."""
    from click.testing import CliRunner

    from builder.cli import main

    folder = tmp_path_factory.mktemp("sheet")
    shutil.copytree(FLASK, folder / "flask")

    @cache
    def made(*options: str) -> Path:
        out = folder / "-".join(("out", *options))
        command = ["cheatsheet", str(folder / "flask"), "--output", str(out), *options]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.output
        return out / "flask-cheatsheet.pdf"

    return made


OPTIONS = [(), ("--paper", "Letter"), ("--mono",)]


@pytest.mark.parametrize("options", OPTIONS, ids="".join)
def test_the_core_of_flask_is_on_both_sides_of_one_sheet(
    made: Callable[..., Path], options: tuple[str, ...]
) -> None:
    path = made(*options)
    assert len(_measured(path)) == 2
    _assert_well_set(path)


@needs("pdftotext")
@pytest.mark.parametrize("options", [*OPTIONS, ("--all",)], ids="".join)
def test_nothing_stands_beyond_its_column_or_the_margins(
    made: Callable[..., Path], options: tuple[str, ...]
) -> None:
    _assert_within_margins(made(*options))


def test_all_of_flask_is_as_well_set(made: Callable[..., Path]) -> None:
    path = made("--all")
    assert 6 <= len(_measured(path)) <= 9
    _assert_well_set(path)


def test_a_sheet_of_greys_has_no_colour(made: Callable[..., Path]) -> None:
    fills = re.compile(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:scn|SCN|rg|RG)\b")
    for options, is_grey in ((("--mono",), True), ((), False)):
        pages = [page.get_contents() for page in PdfReader(made(*options)).pages]
        drawn = b"".join(page.get_data() for page in pages if page is not None)
        found = {*fills.findall(drawn)}
        assert found
        assert all(len({*each}) == 1 for each in found) is is_grey


def test_the_letters_of_colours_are_as_dark_as_each_other() -> None:
    """In greys, none is paler than another, and each stands out from white."""
    from builder.checks.contrast import contrast
    from builder.design.styles import read_styles

    css = read_styles().for_print("cheatsheet")
    colours = dict(re.findall(r"^\.(k\d) h2 \.number \{ color: #(\w{6})", css, re.MULTILINE))
    assert len(colours) == 6
    against_white = [contrast(colour, "ffffff") for colour in colours.values()]
    assert min(against_white) >= 7
    assert max(against_white) - min(against_white) <= 0.4


LONG = "One sentence is here. " * 40
BREATH = "### In one breath\n\nIn one breath, it is `this`.\n\n"


def _question(name: str, answer: str, attributes: str = ".core", more: str = "") -> str:
    return f"## Why {name}? {{#{name} {attributes}}}\n\n{answer}\n\n{more}"


@pytest.fixture
def sheet_of(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> Callable[..., tuple[Path, Result]]:
    def sheet_of(text: str, *options: str, **files: str) -> tuple[Path, Result]:
        others = {name.replace("_", "."): content for name, content in files.items()}
        folder = write_corpus({"01-first.md": f"# First\n\n{text}", **others})
        result = run("cheatsheet", folder, "--output", tmp_path / "out", *options)
        assert result.exit_code == 0, result.output
        return tmp_path / "out" / "demo-cheatsheet.pdf", result

    return sheet_of


def test_one_breath_is_printed_or_a_lead_that_says_more(sheet_of: Callable[..., tuple[Path, Result]]) -> None:
    short = _question("a", "The lead alone.", more=BREATH)
    long = _question(
        "b", "A long lead of many words. It says more than one breath does. So it is.", more=BREATH
    )
    path, _ = sheet_of(short + long)
    said = _said(path)
    assert said.count("Inonebreath,itisthis.") == 1
    assert "Theleadalone" not in said
    assert "saysmorethanonebreathdoes.Soitis." in said


def test_a_question_without_one_breath_has_whole_sentences_of_its_lead(
    sheet_of: Callable[..., tuple[Path, Result]],
) -> None:
    path, _ = sheet_of(_question("a", f"{LONG}\n\n<!-- more -->\n\nDetails."))
    said = _said(path)
    assert said.count("Onesentenceishere.") == 15, "no more than 60 words"
    assert said.endswith("here.")
    assert "Details" not in said


def test_the_core_is_printed_where_there_is_one_and_all_else_on_request(
    sheet_of: Callable[..., tuple[Path, Result]],
) -> None:
    text = _question("core", "So.") + _question("other", "Thus.", attributes=".junior")
    assert "Whyother?" not in _said(sheet_of(text)[0])
    assert "1of2questions" in _said(sheet_of(text)[0])
    assert "Whyother?" in _said(sheet_of(text, "--all")[0])
    assert "Whycore?" not in _said(sheet_of(text, "--level", "junior")[0])
    assert "Whyother?" in _said(sheet_of(text.replace(".core", ""))[0]), "where there is no core"


def test_what_finds_no_room_is_named_and_is_of_the_lowest_rank(
    sheet_of: Callable[..., tuple[Path, Result]],
) -> None:
    text = "".join(
        _question(f"q-{n}", "It is so, for this reason and for another.", f"core={1 + (n == 7)}")
        for n in range(150)
    )
    path, result = sheet_of(text, "--pages", "1")
    (warning,) = [line for line in result.stderr.splitlines() if "[left-out]" in line]
    named = re.findall(r"q-\d+\b", warning)
    said = _said(path)
    assert len(_measured(path)) == 1
    assert named[0] == "q-7" or "q-7" in named
    assert all(f"Why{name}?" not in said for name in named)
    assert len(named) + len(re.findall(r"Whyq-\d+\?", said)) == 150
    assert f"{150 - len(named)} questions on 1 page" in result.stdout + result.stderr


def test_two_tables_may_answer_one_question(sheet_of: Callable[..., tuple[Path, Result]]) -> None:
    more = TABLE.replace("# Reference\n\n", "").replace("{#codes answers=b", '{#others answers="b a"')
    path, _ = sheet_of(_question("a", "So.") + _question("b", "Thus."), reference_md=TABLE + more)
    said = _said(path)
    assert "Codes1.2" in said
    assert "Codes1.2,1.1" in said


TABLE = "# Reference\n\n## Codes {#codes answers=b rank=1}\n\n| | |\n|---|---|\n| 200 | done |\n\nA note.\n"


def test_a_table_is_printed_in_place_of_what_it_answers(
    sheet_of: Callable[..., tuple[Path, Result]],
) -> None:
    path, result = sheet_of(_question("a", "So.") + _question("b", "Thus."), reference_md=TABLE)
    said = _said(path)
    assert "200done" in said
    assert "Anote." in said
    assert "Codes1.2" in said
    assert "Whyb?" not in said
    assert {"a", "b"} <= {*PdfReader(path).named_destinations}
    assert "2 questions and 1 table on 1 page" in result.stdout + result.stderr


def test_the_bookmark_of_a_table_has_its_number(sheet_of: Callable[..., tuple[Path, Result]]) -> None:
    path, _ = sheet_of(_question("a", "So.") + _question("b", "Thus."), reference_md=TABLE)
    titles = [str(part["/Title"]) for part in PdfReader(path).outline if isinstance(part, dict)]
    assert "Codes 1.2" in [title.replace("\u200b", "") for title in titles]


def test_of_a_part_of_a_corpus_only_its_own_tables_are_printed(
    sheet_of: Callable[..., tuple[Path, Result]],
) -> None:
    text = _question("a", "So.", ".junior") + _question("b", "Thus.", ".senior")
    for level, is_there in (("junior", False), ("senior", True)):
        path, _ = sheet_of(text, "--level", level, reference_md=TABLE)
        assert ("200done" in _said(path)) is is_there


def test_a_table_that_finds_no_room_is_named(sheet_of: Callable[..., tuple[Path, Result]]) -> None:
    rows = "\n".join(f"| key {n} | meaning |" for n in range(40))
    tables = "".join(
        f"## Table {n} {{#table-{n} rank={1 + n % 3}}}\n\n| | |\n|---|---|\n{rows}\n\n" for n in range(3)
    )
    text = "".join(_question(f"q-{n}", LONG) for n in range(40))
    path, result = sheet_of(text, "--pages", "1", reference_md=f"# R\n\n{tables}")
    said = _said(path)
    assert "Table0" in said
    assert "Table1" not in said
    assert "(no room for table-1, table-2)" in result.stdout + result.stderr


WORDS = ("answer", "builder", "cookie", "database", "extension", "factory", "handler", "request", "template")


def _generated(seed: int) -> dict[str, str]:
    """Return chapters with questions and answers of many lengths, and a reference.md."""
    random = Random(seed)

    def words(least: int, most: int) -> str:
        return " ".join(random.choices(WORDS, k=random.randint(least, most)))

    def sentence() -> str:
        return f"{words(4, 18).capitalize()} `{random.choice(WORDS)}()` {words(1, 4)}."

    files = {}
    for chapter in range(1, random.randint(3, 12)):
        questions = "".join(
            f"## What is {words(1, 9)} {chapter}-{n}? {{#q-{chapter}-{n}}}\n\n"
            + " ".join(sentence() for _ in range(random.randint(1, 6)))
            + "\n\n"
            + (f"### In one breath\n\n{sentence()}\n\n" if random.random() < 0.5 else "")
            for n in range(random.randint(1, 14))
        )
        files[f"{chapter:02}-first.md"] = f"# {words(1, 3).title()}\n\n{questions}"
    tables = "".join(
        f"## {words(1, 3).title()} {n} {{#table-{n}}}\n\n| | |\n|---|---|\n"
        + "".join(f"| `{words(1, 2)}` | {words(1, 6)} |\n" for _ in range(random.randint(2, 14)))
        + (f"\n{sentence()}\n\n" if random.random() < 0.5 else "\n")
        for n in range(random.randint(0, 5))
    )
    return files | ({"reference.md": f"# Reference\n\n{tables}"} if tables else {})


@needs("pdftotext")
@pytest.mark.parametrize("seed", range(4))
def test_any_corpus_is_well_set(run: Run, write_corpus: WriteCorpus, tmp_path: Path, seed: int) -> None:
    folder = write_corpus(dict(_generated(seed)))
    result = run("cheatsheet", folder, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "[left-out]" not in result.stderr
    path = tmp_path / "out" / "demo-cheatsheet.pdf"
    _assert_well_set(path)
    _assert_within_margins(path)


def test_no_content_keeps_a_sheet_from_being_made(sheet_of: Callable[..., tuple[Path, Result]]) -> None:
    code = "\n".join(f"value_{n} = {n}" for n in range(200))
    path, result = sheet_of(
        _question("tall", f"```python\n{code}\n```")
        + _question("list", "- one\n- two")
        + _question("wide", f"`{'x' * 300}` and {'y' * 300}.")
        + _question("table", "| a | b |\n|---|---|\n| 1 | 2 |")
        + _question("formula", "$$\n\\frac{a}{b}\n$$")
        + _question("choice", "- [ ] no\n- [x] yes\n\n  Since.", ".core .choice")
        + _question("announced", "It is:\n\n- one\n- two"),
    )
    assert "1.1 tall" in result.stderr
    said = _said(path)
    assert "x" * 300 in said
    assert "Whytall?" not in said
    for answer in ("one", "Since", "Itis:"):
        assert answer in said


def test_a_long_title_and_many_authors_do_not_meet(sheet_of: Callable[..., tuple[Path, Result]]) -> None:
    settings = SETTINGS.replace('"Demo"', f'"{"Demonstration " * 12}"', 1) + (
        f'authors = {["Somebody of the authors"] * 12}\ndescription = "{"words " * 90}"\n'
    )
    path, _ = sheet_of(_question("a", "So."), deck_toml=settings)
    _assert_within_margins(path)


@pytest.mark.parametrize(("version", "end"), [("", r"\d{4}-\d\d-\d\d"), ("1.0.0", r"version1\.0\.0")])
def test_where_the_day_has_no_room_beside_a_version_it_is_left_out(
    sheet_of: Callable[..., tuple[Path, Result]], version: str, end: str
) -> None:
    settings = (
        f'{SETTINGS}authors = ["The cardpress authors"]\nlicence = "CC BY 4.0"\nversion = "{version}"\n'
    )
    path, _ = sheet_of(_question("a", "So."), deck_toml=settings)
    assert re.search(rf"Thecardpressauthors·CCBY4\.0·{end}(?![·…])", _said(path))


def test_a_long_chapter_title_is_cut_to_its_bar(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    chapter = f"# {'Long words ' * 20}\n\n{_question('a', 'So.')}"
    run("cheatsheet", write_corpus({"01-first.md": chapter}), "--output", tmp_path)
    path = tmp_path / "demo-cheatsheet.pdf"
    _assert_within_margins(path)
    (title,) = [each.text for each in _measured(path)[0].texts if each.text.startswith("Long")]
    assert title.endswith("…")
    assert title.count("Long") > 2


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("Use e.g. Flask. Or not.", ["Use e.g. Flask.", "Or not."]),
        ("In <strong>bold. Still</strong> it is. <code>g</code> too.", None),
        ("Version 3.1 is out. see there.", ["Version 3.1 is out. see there."]),
        ("It ends in <code>x.</code> Then more.", ["It ends in <code>x.</code>", "Then more."]),
        ("2と6。UTF-8では3バイト。", ["2と6。", "UTF-8では3バイト。"]),
        (
            "「はい。」と言う。<strong>次。</strong>終わり！？",
            ["「はい。」と言う。", "<strong>次。</strong>", "終わり！？"],
        ),
        ("他说：“好。”然后走了。对吗？对。", ["他说：“好。”然后走了。", "对吗？", "对。"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
    ],
)
def test_sentences_are_cut_whole(text: str, cut: list[str] | None) -> None:
    expected = cut or ["In <strong>bold. Still</strong> it is.", "<code>g</code> too."]
    ends = [0, *sentence_ends(text), len(text)]
    assert [text[start:end].strip() for start, end in pairwise(ends)] == expected
