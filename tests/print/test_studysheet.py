"""The sheet, read from the PDF itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image
from pypdf import PdfReader

from tests.conftest import FLASK, PROJECT, SETTINGS, WriteCorpus
from tests.oracle import written
from tests.printing import deck_of, needs_pango
from tests.programs import needs, path_of, program

Run = Callable[..., Result]
BuildSheet = Callable[..., Path]

pytestmark = [
    pytest.mark.slow,
    needs_pango,
]


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Flask corpus's sheet, built by the command."""
    folder = tmp_path_factory.mktemp("sheet")
    shutil.copytree(FLASK, folder / "flask")
    _build(folder)
    return folder / "flask-studysheet.pdf"


@pytest.fixture
def build_sheet(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> BuildSheet:
    def build_sheet(files: dict[str, str | bytes]) -> Path:
        result = run("build", write_corpus(files), "--output", tmp_path / "out", "--only", "studysheet")
        assert result.exit_code == 0, result.output
        return tmp_path / "out" / "demo-studysheet.pdf"

    return build_sheet


def _build(folder: Path, **environment: str) -> None:
    command = [sys.executable, "-m", "builder", "build", str(folder / "flask"), "--only", "studysheet"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1795000000", **environment}
    subprocess.run([*command, "--output", str(folder)], cwd=PROJECT, check=True, env=environment)


def _text(sheet: Path) -> str:
    """Return the text layer without its white space: columns and lines break words anywhere."""
    if not path_of("pdftotext"):
        return _squeeze("".join(page.extract_text() for page in PdfReader(sheet).pages))
    # In the order of the content, not of the places on the page.
    command = [program("pdftotext"), "-raw", str(sheet), "-"]
    return _squeeze(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@cache
def _reader(sheet: Path) -> PdfReader:
    """Read a sheet once: its objects are kept for the tests that follow."""
    return PdfReader(sheet)


@cache
def _page_texts(sheet: Path) -> list[str]:
    return [page.extract_text() for page in _reader(sheet).pages]


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _bookmarks(sheet: Path) -> list[tuple[int, str]]:
    def walk(entries: list[Any], level: int) -> Iterator[tuple[int, str]]:
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, level + 1)
            else:
                yield level, str(entry.title)

    return list(walk(_reader(sheet).outline, 1))


def _questions() -> list[Any]:
    return [
        question
        for path in sorted(FLASK.glob("[0-9]*.md"))
        for question in written(path)
        if not question.is_drill
    ]


def test_every_question_stands_in_the_text_layer_in_order(sheet: Path) -> None:
    text, place = _text(sheet), 0
    for question in _questions():
        heading = _squeeze(question.parts["prompt"].words)
        place = text.find(heading, place)
        assert place >= 0, question.id


def test_no_line_of_code_is_cut_off_or_left_out(sheet: Path) -> None:
    text = _text(sheet)
    lines = 0
    for question in _questions():
        for part in ("context", "answer"):
            for block in question.parts[part].code if part in question.parts else ():
                for line in block.splitlines():
                    lines += 1
                    assert _squeeze(line) in text, f"{question.id}: {line}"
    assert lines > 200


def test_drills_and_details_are_not_printed(sheet: Path) -> None:
    text = _text(sheet)
    chapter = (FLASK / "06-contexts.md").read_text(encoding="utf-8")
    for words in ("Common claims, corrected", "Which Flask method registers an error handler without"):
        assert words in chapter
        assert _squeeze(words) not in text


def test_bookmarks_lead_to_chapters_and_questions(sheet: Path) -> None:
    bookmarks = _bookmarks(sheet)
    chapters = [
        path.read_text(encoding="utf-8").splitlines()[0][2:] for path in sorted(FLASK.glob("[0-9]*.md"))
    ]
    titles = [title for level, title in bookmarks if level == 1]
    assert [title.partition(" ")[2].strip() for title in titles[1:-1]] == chapters
    assert [titles[0], titles[-1]] == ["Contents", "Names"]
    assert sum(level == 2 for level, _ in bookmarks) == len(_questions())


def test_pages_are_a4_landscape(sheet: Path) -> None:
    pages = _reader(sheet).pages
    assert {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in pages} == {
        (842, 595)
    }


def test_every_page_names_the_sheet_its_number_and_its_questions(sheet: Path) -> None:
    texts = _page_texts(sheet)
    for number, text in enumerate(texts, 1):
        assert "Flask interview" in text
        assert f"{number} / {len(texts)}" in text
        assert re.search(r"\d+\.\d+ – \d+\.\d+|^Contents|^Names|Contents$|Names$", text, re.MULTILINE)
        owner = r"The cardpress authors · CC BY 4\.0 · version \d\.\d\.\d · \d{4}-\d\d-\d\d"
        assert re.search(owner, text), "whose it is, how it may be used, and of when"


@needs("pdftotext")
def test_six_lines_at_least_go_on_in_another_column_and_no_heading_is_alone(sheet: Path) -> None:
    """Measured in the PDF itself, on all pages of questions."""
    pages = [page for page in _pages(sheet) if re.search(r"\d – \d", page.head)]
    assert len(pages) > 20
    continued = 0
    for column in (column for page in pages for column in page.columns):
        texts = [text for _, text in column]
        goes_on = texts[0].endswith("continued")
        headings = [n for n, text in enumerate(texts) if re.match(r"\d+\.\d+ +\w", text) and n >= goes_on]
        assert not headings or headings[-1] < len(texts) - 3, f"a heading is stranded: {texts[-3:]}"
        if goes_on:
            continued += 1
            assert [*headings, len(texts)][0] > 6, f"hardly anything goes on: {texts[:7]}"
    assert continued > 5


@needs("pdftotext")
def test_columns_leave_little_white(sheet: Path) -> None:
    """A column ends where the page's lowest does, or as its last question does: on average, near its foot."""
    pages = [page for page in _pages(sheet) if re.search(r"\d – \d", page.head)]
    ends = [[column[-1][0] for column in page.columns] for page in pages[:-1]]
    white = [max(page) - end for page in ends for end in page]
    column_height = (210 - 22) / 25.4 * 72
    assert sum(white) / len(white) <= 0.08 * column_height
    assert max(white) <= 0.35 * column_height


@dataclass(frozen=True, slots=True)
class Page:
    """A page's head, and its columns' lines: how far down each ends, in points, and its text."""

    head: str
    columns: list[list[tuple[float, str]]]


_LINE = re.compile(
    r'<line xMin="([\d.]+)" yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">(.*?)</line>', re.DOTALL
)


def _pages(sheet: Path) -> Iterator[Page]:
    command = [program("pdftotext"), "-bbox-layout", str(sheet), "-"]
    html = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for page in html.split("<page ")[1:]:
        head = ""
        columns: list[list[tuple[float, str]]] = [[], [], []]
        for left, top, bottom, words in _LINE.findall(page):
            text = " ".join(unescape(word) for word in re.findall(r">([^<]+)</word>", words))
            if float(bottom) < 34 and not text.endswith("continued"):
                head += f"{text} "
            elif float(top) < 567:  # above the foot
                columns[int((float(left) - 15) // 270)].append((float(bottom), text))
        yield Page(head, [sorted(column) for column in columns if column])


def test_contents_and_index_lead_to_the_questions(sheet: Path) -> None:
    reader, texts = _reader(sheet), _page_texts(sheet)
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}  # type: ignore[union-attr]
    destinations = reader.named_destinations
    entries = " ".join("".join(_contents(texts)).split()).replace("- ", "-")
    for question in _questions():
        page = pages[destinations[question.id].page.idnum]  # type: ignore[union-attr]
        heading = re.escape(" ".join(question.parts["prompt"].words.split()))
        entry = re.search(rf"{heading}[ .]* (\d+) ", f"{entries} ")
        assert entry, question.id
        assert int(entry[1]) == page, question.id
    assert "Contents" in texts[0]
    assert "url_for" in texts[-1] + texts[-2]
    links = [
        annotation.get_object()
        for page in (reader.pages[0], reader.pages[-1])
        for annotation in page.annotations or []
    ]
    assert {str(link["/Dest"]) for link in links if "/Dest" in link} <= {*destinations}


@needs("pdftotext")
def test_no_page_number_of_the_contents_stands_on_a_line_without_words(sheet: Path) -> None:
    lines = [text for page in _pages(sheet) for column in page.columns for _, text in column]
    dotted = [line for line in lines if ". . ." in line]
    assert len(dotted) > 200
    assert [line for line in dotted if not re.search(r"[A-Za-z]", line)] == []


def _contents(texts: list[str]) -> Iterator[str]:
    for text in texts:
        if ". . ." not in text:
            return
        yield text + "\n"


def _index_of(write_corpus: WriteCorpus, text: str) -> list[str]:
    from builder.print.layout.contents_and_index import index

    return [piece.html for piece in index(deck_of(write_corpus({"01-first.md": f"# T\n\n{text}"})))]


def test_a_name_of_many_questions_can_go_on_in_the_next_column_of_the_index(
    write_corpus: WriteCorpus,
) -> None:
    questions = (f"## Why {n}? {{#q-{n} tags=same}}\n\nSo `url_for` {n}.\n" for n in range(1, 201))
    pieces = _index_of(write_corpus, "\n".join(questions))
    assert max(html.count("<a ") for html in pieces) < 80, "a column holds several hundred"
    links = re.findall(r">(1\.\d+)<", "".join(pieces))
    assert links == [f"1.{n}" for n in range(1, 201)]


def test_the_index_has_names_of_interfaces_and_no_files_methods_words_or_tags(
    write_corpus: WriteCorpus,
) -> None:
    named = ("url_for", "app.config", "request.json", "SECRET_KEY", "redirect()", "MethodView", "@app.route")
    others = ("GET", "HTML", "list.html", "app.py", "app_", "x", "plain", "10_000")
    answer = " ".join(f"`{name}`" for name in (*named, *others))
    html = "".join(_index_of(write_corpus, f"## Why? {{#why tags=views}}\n\n{answer}\n"))
    found = {re.sub("<[^>]+>", "", name) for name in re.findall(r"<code>.*?</code>", html)}
    assert found == {name.removesuffix("()").removeprefix("@") for name in named}
    assert "views" not in html


def test_the_index_has_no_names_of_the_corpus_s_own_examples(write_corpus: WriteCorpus) -> None:
    code = """
from flask_login import login_required

class CustomerOrder: ...
class MethodView: ...
def make_book(): ...
def login_required(view): ...

orders = Blueprint("orders", __name__)
app.config.from_prefixed_env("SHOP")
"""
    own = ("CustomerOrder.query", "make_book()", "orders.detail", "SHOP_DB")
    others = ("login_required", "app.config", "SECRET_KEY")
    answer = " ".join(f"`{name}`" for name in (*own, *others))
    text = f"## Why? {{#why}}\n\n{answer}\n\n<!-- more -->\n\n```python{code}```\n"
    html = "".join(_index_of(write_corpus, text))
    found = {re.sub("<[^>]+>", "", name) for name in re.findall(r"<code>.*?</code>", html)}
    assert found == {*others}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@app.get('/')", "def show():"),
        ("def show():  # one", "    return 1"),
        ("books = [  # all", "    1,"),
        ("    1,", "    2,"),
        ("books = 1 + \\", "    2"),
    ],
)
def test_code_is_not_cut_after_what_leads_to_the_next_line(before: str, after: str) -> None:
    from builder.markdown.highlight import highlight
    from builder.print.layout.split import cut_block

    lines = ["a = 1", "b = 2", "c = 3", "d = 4", before, after, "e = 5", "f = 6", "g = 7"]
    runs = cut_block(
        f'<pre class="code"><code>{highlight(chr(10).join(lines), "python")}</code></pre>', is_finest=False
    )
    texts = [unescape(re.sub("<[^>]+>", "", run)) for run in runs]
    assert len(texts) > 1
    assert any(f"{before}\n{after}" in text for text in texts)


@pytest.mark.parametrize(
    ("paper", "columns", "size"),
    [
        ("A4", 3, (842, 595)),
        ("A4", 2, (595, 842)),
        ("Letter", 3, (792, 612)),
        ("Letter", 2, (612, 792)),
    ],
)
def test_a_column_holds_68_characters_of_code_on_every_paper(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, paper: str, columns: int, size: tuple[int, int]
) -> None:
    line = "x = '" + "m" * 62 + "'"
    assert len(line) == 68
    folder = write_corpus({"01-first.md": f"# T\n\n## Why? {{#why}}\n\n```python\n{line}\n{line}y\n```\n"})
    run("studysheet", folder, "--paper", paper, "--columns", columns, "--output", tmp_path)
    (page,) = PdfReader(tmp_path / "demo-studysheet.pdf").pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == size
    lines = page.extract_text().splitlines()
    assert line in lines
    if columns == 3:
        assert f"{line}y" not in lines, "one more does not fit, and wraps"


def test_a_code_line_wider_than_a_column_wraps(build_sheet: BuildSheet) -> None:
    line = "x = " + " + ".join(f"number_{n}" for n in range(60))
    sheet = build_sheet({"01-first.md": f"# T\n\n## Why? {{#why}}\n\n```python\n{line}\n```\n"})
    assert _squeeze(line) in _text(sheet)
    assert len(PdfReader(sheet).pages) == 1


def test_code_and_tables_taller_than_a_column_go_on_in_the_next(build_sheet: BuildSheet) -> None:
    code = "\n".join(f"value_{n} = {n}" for n in range(300))
    rows = "\n".join(f"| row {n} | cell {n} |" for n in range(100))
    text = f"# T\n\n## Why? {{#why}}\n\n```python\n{code}\n```\n\n| a | b |\n|---|---|\n{rows}\n"
    words = _text(build_sheet({"01-first.md": text}))
    assert all(f"value_{n}={n}" in words for n in range(300))
    assert all(f"row{n}cell{n}" in words for n in range(100))
    assert "1.1continued" in words


def test_letter_paper_is_letter_paper(build_sheet: BuildSheet) -> None:
    settings = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\n[print]\npaper = "Letter"\n'
    (page,) = PdfReader(build_sheet({"deck.toml": settings})).pages
    assert (page.mediabox.width, page.mediabox.height) == (792, 612)


def test_images_are_printed(build_sheet: BuildSheet) -> None:
    image = (PROJECT / "tests" / "cases" / "media" / "blue.png").read_bytes()
    text = "# T\n\n## Why? {#why}\n\n![a blue box](media/blue.png)\n"
    sheet = build_sheet({"01-first.md": text, "media/blue.png": image})
    assert len(PdfReader(sheet).pages[0].images) == 1


def test_a_page_number_stays_on_its_line_beside_many_authors(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    settings = f'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nauthors = {["Somebody of the authors"] * 12}\n'
    result = run("build", write_corpus({"deck.toml": settings}), "--output", tmp_path, "--only", "handbook")
    assert result.exit_code == 0, result.output
    assert "1 / 2" in PdfReader(tmp_path / "demo-handbook.pdf").pages[0].extract_text()


@pytest.mark.parametrize("output", ["studysheet", "handbook"])
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_an_image_taller_than_a_column_is_printed_smaller(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, output: str, paper: str
) -> None:
    image = BytesIO()
    Image.new("RGB", (200, 3000)).save(image, "PNG")
    folder = write_corpus(
        {
            "deck.toml": f'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\n[print]\npaper = "{paper}"\n',
            "01-first.md": "# T\n\n## Why? {#why}\n\nWords before it:\n\n![a phone](phone.png)\n",
            "phone.png": image.getvalue(),
        }
    )
    result = run("build", folder, "--output", tmp_path, "--only", output)
    assert result.exit_code == 0, result.output
    assert len(PdfReader(tmp_path / f"demo-{output}.pdf").pages[-1].images) == 1


def test_quotation_marks_and_apostrophes_can_be_searched(build_sheet: BuildSheet) -> None:
    sheet = build_sheet({"01-first.md": "# T\n\n## Why? {#why}\n\nIt’s “so”, and ‘so’ it is.\n"})
    assert "It’s “so”, and ‘so’ it is." in PdfReader(sheet).pages[0].extract_text()


def test_formulas_are_drawn_in_the_contents_too(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"01-first.md": "# T\n\n## What is $\\frac{a}{b}$? {#why}\n\nA part.\n"})
    result = run("build", folder, "--output", tmp_path, "--only", "handbook")
    assert result.exit_code == 0, result.output
    assert not any("\\" in page.extract_text() for page in PdfReader(tmp_path / "demo-handbook.pdf").pages)


def test_wide_tables_and_long_words_stay_on_the_page(build_sheet: BuildSheet) -> None:
    head = "| " + " | ".join(f"header{n}_long_identifier" for n in range(12)) + " |"
    filler = "\n\n".join(f"Paragraph {n}." for n in range(160))
    table = f"{head}\n|{'---|' * 12}\n{head}\n"
    text = f"# T\n\n## A? {{#a}}\n\n{filler}\n\n{table}\nhttps://example.org/{'u' * 480}\n"
    words = _text(build_sheet({"01-first.md": text}))
    assert all(words.count(f"header{n}_long_identifier") == 2 for n in range(12))
    assert "u" * 480 in words


def test_an_introduction_is_printed_even_where_no_question_follows(build_sheet: BuildSheet) -> None:
    words = _text(build_sheet({"02-later.md": "# Later\n\nTo be written *soon*.\n"}))
    assert "2LaterTobewrittensoon." in words


def test_long_lists_introductions_and_prompts_go_on_in_the_next_column(build_sheet: BuildSheet) -> None:
    items = "\n".join(f"- item {n}\n  - within {n}" for n in range(150))
    numbers = "\n".join(f"{n}. number {n}" for n in range(5, 155))
    paragraphs = "\n\n".join(f"Paragraph {n}." for n in range(90))
    code = "\n".join(f"line_{n} = {n}" for n in range(130))
    text = (
        f"# T\n\n{paragraphs}\n\n## Which? {{#foot}}\n\n```python\n{code}\n```\n\n---\n\n"
        f"{items}\n\n***\n\n{numbers}\n"
    )
    words = _text(build_sheet({"01-first.md": text}))
    assert [n for n in range(150) if f"item{n}" not in words or f"within{n}" not in words] == []
    assert [n for n in range(5, 155) if f"number{n}" not in words or f"{n}." not in words] == []
    assert all(f"Paragraph{n}." in words for n in range(90))
    assert all(f"line_{n}={n}" in words for n in range(130))


def test_a_list_with_a_table_is_printed_once(build_sheet: BuildSheet) -> None:
    filler = "\n\n".join(f"Paragraph {n}." for n in range(70))
    rows = "\n".join(f"  | row {n} |" for n in range(30))
    text = f"# T\n\n## Why? {{#why}}\n\n{filler}\n\n- first words\n\n  | a |\n  |---|\n{rows}\n- last words\n"
    words = _text(build_sheet({"01-first.md": text}))
    assert words.count("firstwords") == words.count("lastwords") == 1
    assert all(f"row{n}" in words for n in range(30))


_MATRIX = "\\begin{matrix}" + "\\\\".join(f"a_{{{n}}}" for n in range(70)) + "\\end{matrix}"


@pytest.mark.parametrize("output", ["studysheet", "handbook"])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("word " * 3000, 3000),
        ("**" + "word " * 2900 + "word** ", 2901),
        ("word" * 1500, 1500),
        ("> " + "word " * 1500 + "\n>\n> - a\n> - " + "word " * 1500, 3000),
        ("- a\n  - " + "word " * 3000, 3000),
        ("| a | b |\n|---|---|\n| " + "word " * 1500 + "| " + "word " * 1500 + "|", 3000),
        ("| " + "word " * 3000 + "| b |\n|---|---|\n| c | d |", 3000),
        ("```text\n" + "word" * 3000 + "\n```", 3000),
        (f"$$\n{_MATRIX}\n$$", 0),
    ],
    ids=["paragraph", "bold", "word", "quotation", "item", "row", "head", "line", "formula"],
)
def test_what_is_taller_than_a_column_is_divided_or_set_smaller_and_named(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, output: str, text: str, shown: int
) -> None:
    folder = write_corpus(
        {"01-first.md": f"# T\n\n## Why? {{#why}}\n\n{text}\n\nLast.\n\n## What? {{#what}}\n\nIt.\n"}
    )
    result = run("build", folder, "--output", tmp_path, "--only", output)
    assert result.exit_code == 0, result.output
    assert f"{folder / '01-first.md'}:3:1: warning: a block is taller than a column" in result.stderr
    words = _text(tmp_path / f"demo-{output}.pdf")
    assert words.count("word") == shown
    assert "Last." in words


@pytest.mark.parametrize("output", ["studysheet", "handbook"])
def test_a_prompt_and_a_description_of_any_length_are_no_reason_to_print_nothing(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, output: str
) -> None:
    settings = f'{SETTINGS}description = "{"about " * 500}"\n'
    text = f"# T\n\n{'before ' * 2000}\n\n## {'word ' * 1200}? {{#why}}\n\nIt.\n"
    folder = write_corpus({"deck.toml": settings, "01-first.md": text})
    result = run("build", folder, "--output", tmp_path, "--only", output)
    assert result.exit_code == 0, result.output
    assert "deck.toml:1:1: warning: the description has 3000 characters" in result.stderr
    words = _text(tmp_path / f"demo-{output}.pdf")
    assert words.count("before") == 2000
    assert words.count("word") >= 2400, "in the contents, too"


@pytest.mark.parametrize("output", ["studysheet", "handbook", "flashcards"])
def test_no_word_is_broken_in_a_table_and_nothing_is_cut(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, output: str
) -> None:
    head = ("Syndrome", "Code", "Reason", "Flask helper", "Framework helper", "RFC", "Cacheable")
    row = ("Unprocessable", "422", "Permanently", "`make_response(body, 200)`", "Redirect", "9110", "other")
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * 7, row)]
    tables = "\n".join(lines) + "\n\n- so\n\n  " + "\n  ".join(lines)
    folder = write_corpus({"01-first.md": f"# T\n\n## Why? {{#why}}\n\n{tables}\n"})
    result = run("build", folder, "--output", tmp_path, "--only", output)
    assert result.exit_code == 0, result.output
    pages = PdfReader(tmp_path / f"demo-{output}.pdf").pages
    shown = " ".join(" ".join(page.extract_text().split()) for page in pages)
    for word in (*" ".join(head).split(), *row[:3], *row[4:]):
        assert len(re.findall(rf"\b{word}\b", shown)) == (4 if word == "helper" else 2), word
    assert shown.replace(" ", "").count("make_response(body,200)") == 2
    assert "wide-table" not in result.stderr


def test_a_table_of_very_many_columns_is_printed_row_by_row_and_named(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    head = "| " + " | ".join(f"head{n}" for n in range(80)) + " |"
    row = head.replace("head", "cell")
    folder = write_corpus({"01-first.md": f"# T\n\n## Why? {{#why}}\n\n{head}\n|{'---|' * 80}\n{row}\n"})
    for output in ("studysheet", "handbook", "flashcards"):
        result = run("build", folder, "--output", tmp_path, "--only", output)
        assert result.exit_code == 0, result.output
        assert "01-first.md:3:1: warning: a table is wider than a " in result.stderr
        words = _text(tmp_path / f"demo-{output}.pdf")
        assert all(f"head{n}:cell{n}" in words for n in range(80))


@pytest.mark.parametrize("before", [2, 3, 4, 5])
def test_a_chapter_that_opens_within_a_column_loses_no_line(build_sheet: BuildSheet, before: int) -> None:
    def chapter(number: int, questions: int) -> str:
        return f"# Chapter {number}\n\n" + "".join(
            f"## Question {number}{n}? {{#q-{number}-{n}}}\n\n"
            + " ".join(f"w{number}x{n}x{w}." for w in range(30))
            + "\n\n"
            for n in range(questions)
        )

    words = _text(build_sheet({"01-first.md": chapter(1, before), "02-second.md": chapter(2, 5)}))
    expected = [(1, n, w) for n in range(before) for w in range(30)]
    expected += [(2, n, w) for n in range(5) for w in range(30)]
    assert [f"w{c}x{n}x{w}" for c, n, w in expected if f"w{c}x{n}x{w}." not in words] == []


@pytest.mark.parametrize("more", [(), ("--handbook",)])
def test_a_sheet_takes_the_selections_of_the_cards(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, more: tuple[str, ...]
) -> None:
    question = '## {0}? {{#{0} .{1} tags="{2}"}}\n\nIt is {0}.\n\n'
    first = "# First\n\n" + question.format("one", "junior", "a") + question.format("two", "senior", "b::c")
    second = "# Second\n\n" + question.format("three", "junior", "a")
    folder = write_corpus({"01-first.md": first, "02-second.md": second})

    def shown(*options: object) -> set[str]:
        result = run("studysheet", *more, *options, "--output", tmp_path)
        assert result.exit_code == 0, result.output
        name = "handbook" if more else "studysheet"
        return set(re.findall(r"Itis(\w+)\.", _text(tmp_path / f"demo-{name}.pdf")))

    assert shown(folder) == {"one", "two", "three"}
    assert shown(folder, "--chapter", "second") == shown(folder / "02-second.md") == {"three"}
    assert shown(folder, "--level", "junior") == {"one", "three"}
    assert shown(folder, "--tag", "b") == {"two"}
    result = run("studysheet", folder, *more, "--level", "mid", "--output", tmp_path)
    assert result.exit_code == 1
    assert "there is no question to print" in result.stderr
