"""What holds for everything that is printed: accessible, sound, the pinned fonts, always the same bytes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image
from pypdf import PdfReader

from builder.anki.read import read_package
from builder.diagnostics import BuildError
from builder.pipeline.outputs import OUTPUTS
from tests.conftest import CASES, LOOK, PROJECT, SETTINGS, WriteCorpus, print_page
from tests.oracle import written
from tests.pictures import assert_looks_like
from tests.printing import needs_pango
from tests.programs import needs, program

Run = Callable[..., Result]

pytestmark = [
    pytest.mark.slow,
    needs_pango,
]
PRINTED = tuple(name for name, output in OUTPUTS.items() if output.is_printed)
COMMANDS = {
    "cheatsheet": ("cheatsheet",),
    "studysheet": ("studysheet",),
    "handbook": ("studysheet", "--handbook"),
    "flashcards": ("flashcards",),
    "calibration": ("flashcards", "--calibrate"),
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Print a corpus with every kind of card, in an ordinary environment; return the folder."""
    folder = tmp_path_factory.mktemp("print")
    _print(folder)
    return folder


def _print(folder: Path, **environment: str) -> None:
    shutil.copytree(LOOK, folder / "look")
    chapter = folder / "look" / "01-cards.md"
    # Narrow enough for a card.
    chapter.write_text(chapter.read_text().replace(', description="There is no such book in the shop"', ""))
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000", **environment}
    for name in PRINTED:
        command = [sys.executable, "-m", "builder", *COMMANDS[name], str(folder / "look")]
        subprocess.run([*command, "--output", str(folder)], cwd=PROJECT, check=True, env=environment)


def _pdf(folder: Path, name: str) -> Path:
    return folder / f"look{OUTPUTS[name].suffix}"


@pytest.mark.skipif(not find_spec("outloud"), reason="outloud is not installed (PyPI: outloud)")
@pytest.mark.parametrize("name", PRINTED)
def test_it_is_accessible_by_pdf_ua_1(printed: Path, name: str) -> None:
    _assert_is_accessible(_pdf(printed, name))


@pytest.mark.skipif(not find_spec("outloud"), reason="outloud is not installed (PyPI: outloud)")
@pytest.mark.parametrize("case", ["marks", "sounds"])
def test_marks_of_other_tools_and_sounds_are_accessible_too(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, case: str
) -> None:
    files = {f"media/{name}": (CASES / "media" / name).read_bytes() for name in ("blue.png", "hund.wav")}
    folder = write_corpus({"01-first.md": (CASES / "valid" / f"{case}.md").read_bytes(), **files})
    result = run("build", folder, "--output", tmp_path, "--only", "handbook")
    assert result.exit_code == 0, result.output
    _assert_is_accessible(tmp_path / "demo-handbook.pdf")


def _assert_is_accessible(path: Path) -> None:
    command = [str(Path(sys.executable).parent / "outloud"), "--json", "-", "--fail-on", "never"]
    report = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True).stdout
    (result,) = json.loads(report[report.index("{") : report.rindex("}") + 1])["results"]
    assert [finding for finding in result["findings"] if finding["severity"] == "error"] == []
    outcomes = [checkpoint["status"] for checkpoint in result["criteria"]["pdfua1"]]
    assert outcomes.count("pass") >= 8
    assert "fail" not in outcomes


@pytest.mark.parametrize("name", PRINTED)
def test_it_says_its_title_and_language(printed: Path, name: str) -> None:
    reader = PdfReader(_pdf(printed, name))
    assert reader.metadata is not None
    assert str(reader.metadata.title).startswith("Look")
    assert reader.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]


@pytest.mark.parametrize("name", ["cheatsheet", "studysheet", "handbook", "flashcards"])
def test_bookmarks_lead_to_the_chapter_and_its_questions(printed: Path, name: str) -> None:
    outline = PdfReader(_pdf(printed, name)).outline
    titles = [
        str(entry["/Title"])
        for part in outline
        for entry in (part if isinstance(part, list) else [part])
        if not isinstance(entry, list)
    ]
    assert any("Every kind of card" in title for title in titles)
    assert any("What does a view return" in title for title in titles)


@needs("qpdf")
@pytest.mark.parametrize("name", PRINTED)
def test_the_file_is_sound(printed: Path, name: str) -> None:
    command = [program("qpdf"), "--check", str(_pdf(printed, name))]
    result = subprocess.run(command, text=True, capture_output=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", PRINTED)
def test_only_the_pinned_fonts_are_used_in_drawings_too(printed: Path, name: str) -> None:
    fonts: set[str] = set()
    for page in PdfReader(_pdf(printed, name)).pages:
        for font in page["/Resources"].get("/Font", {}).values():  # type: ignore[attr-defined]
            fonts.add(str(font.get_object()["/BaseFont"]).partition("+")[2])
    assert fonts
    assert all(font.startswith(("Inter", "JetBrains-Mono")) for font in fonts), fonts


def test_another_environment_prints_the_same_bytes(printed: Path, tmp_path: Path) -> None:
    _print(
        tmp_path,
        PYTHONHASHSEED="7",
        TZ="Asia/Tokyo",
        LANG="C",
        LC_ALL="C",
        FONTCONFIG_FILE=str(_other_system_fonts(tmp_path)),
    )
    for name in PRINTED:
        assert _pdf(tmp_path, name).read_bytes() == _pdf(printed, name).read_bytes(), name


def _other_system_fonts(folder: Path) -> Path:
    """Set up a system that has one font only, an italic one."""
    fonts = folder / "fonts"
    fonts.mkdir()
    spec = find_spec("fontpkg_inter")
    assert spec is not None
    assert spec.origin is not None
    (italic,) = (Path(spec.origin).parent / "files").glob("*Italic*")
    shutil.copy(italic, fonts)
    config = folder / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{fonts}</dir><cachedir>{folder / 'cache'}</cachedir></fontconfig>"
    )
    return config


@needs("pdftoppm")
@pytest.mark.parametrize("name", PRINTED)
def test_pages_look_as_they_were_approved(printed: Path, name: str, tmp_path: Path) -> None:
    command = [program("pdftoppm"), "-r", "60", "-png", str(_pdf(printed, name)), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    pages = [Image.open(path).convert("RGB") for path in sorted(tmp_path.glob("page*.png"))]
    whole = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)))
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    assert_looks_like(whole, LOOK / f"{name}.png")


@needs("pdftotext")
def test_the_text_of_the_handbook_is_the_source_s_in_order_code_with_its_indentation(printed: Path) -> None:
    command = [program("pdftotext"), "-layout", str(_pdf(printed, "handbook")), "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    (question, *_) = written(LOOK / "01-cards.md")
    blocks = [block for part in ("context", "answer") for block in _code(question, part)]
    assert blocks
    for block in blocks:
        wanted = [line for line in block.splitlines() if line]
        short = wanted[1]
        place = next(n for n, line in enumerate(lines) if line.strip() == wanted[0].strip())
        found = lines[place : place + len(wanted)]
        margin = len(found[0]) - len(found[0].lstrip())
        assert any(line[margin:].rstrip() == short for line in found)
        assert any(re.match(r" {4,}\w", line[margin:]) for line in found[1:]), "indentation"


def _code(question: object, part: str) -> list[str]:
    parts = question.parts  # type: ignore[attr-defined]
    return list(parts[part].code) if part in parts else []


@pytest.mark.parametrize("command", [("build",), ("cheatsheet",), ("studysheet",), ("flashcards",)])
def test_a_character_that_no_print_font_has_is_a_box_and_named_once_a_file(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, command: tuple[str, ...]
) -> None:
    text = (
        "# T\n\n<!-- \U0001f389 -->\n\n## Why \u0f40? {#why}\n\nFor \u0f41 and `\u0f42`, \u2713 → ñ Я.\n"
        "\n```python\nx = '\u0f42\u0f44'\n```\n"
    )
    folder = write_corpus({"01-first.md": text})
    result = run(*command, folder, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("[missing-glyph]") == 1
    assert (
        "01-first.md:5:8: warning: no print font has '\u0f40' (U+0F40 TIBETAN LETTER KA)"
        " and 3 other characters, in 3 lines: prints show □ instead" in result.stderr
    )
    assert result.stderr == run("check", folder).stderr or command != ("build",)
    for pdf in (tmp_path / "out").glob("*.pdf"):
        shown = "".join(page.extract_text() for page in PdfReader(pdf).pages)
        assert "Why □?" in shown
        assert "For □ and □, ✓ → ñ Я." in shown
        assert "'□□'" in shown or pdf.stem.endswith("cheatsheet"), "which prints no code after an answer"
        assert {font.partition("+")[2].partition("-")[0] for font in _fonts(pdf)} <= {"Inter", "JetBrains"}


def _fonts(path: Path) -> set[str]:
    """Return the names of a PDF's fonts."""
    resources: list[Any] = [page["/Resources"] for page in PdfReader(path).pages]
    return {str(font.get_object()["/BaseFont"]) for each in resources for font in each["/Font"].values()}


def test_the_settings_that_are_printed_are_looked_at_too(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    settings = (
        f"# \u0f45\n{SETTINGS}".replace('"Demo"', '"D\u0f42mo"') + 'source = "https://example.org/\u0f44"\n'
    )
    folder = write_corpus({"deck.toml": settings})
    result = run("build", folder, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert "deck.toml:3:11: warning: no print font has '\u0f42' (" in result.stderr
    assert result.stderr.count("[missing-glyph]") == 1
    assert "D□mo" in PdfReader(tmp_path / "demo-studysheet.pdf").pages[0].extract_text()


@pytest.mark.parametrize(
    "text", ["\u2764\ufe0f", "a\u200db", "a\u200bb", "co\u00adop", "a\u2060b", "\u200ea\u200f"]
)
def test_what_shows_nothing_by_itself_is_no_missing_glyph(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, text: str
) -> None:
    folder = write_corpus({"01-first.md": f"# T\n\n## Why? {{#why}}\n\nSo {text} it is.\n"})
    result = run("build", folder, "--output", tmp_path)
    assert result.exit_code == 0
    assert result.stderr == ""
    for pdf in tmp_path.glob("*.pdf"):
        assert "□" not in "".join(page.extract_text() for page in PdfReader(pdf).pages)
        assert {font.partition("+")[2].partition("-")[0] for font in _fonts(pdf)} <= {"Inter", "JetBrains"}


def test_a_formula_that_cannot_be_drawn_is_printed_as_its_source(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    text = "# T\n\n## Which? {#which}\n\n$\\pu{3 m//s}$ is $x^2$ and\n\n$$\n\\ce{.CH3}\n$$\n"
    folder = write_corpus({"01-first.md": text})
    result = run("build", folder, "--output", tmp_path)
    assert result.exit_code == 0, result.output
    (finding, *_) = [line for line in result.stderr.splitlines() if "[bad-maths]" in line]
    assert "01-first.md:5:2: warning: the formula '\\pu{3 m//s}' cannot be drawn" in finding
    assert "(and so 1 other formula)" in finding
    for pdf in tmp_path.glob("*.pdf"):
        shown = "".join(page.extract_text() for page in PdfReader(pdf).pages)
        assert "\\pu{3 m//s}" in shown
        assert "\\ce{.CH3}" in shown or pdf.stem.endswith("cheatsheet")
    (note,) = read_package(tmp_path / "demo.apkg", "demo").notes.values()
    assert "\\(\\pu{3 m//s}\\)" in "".join(note.fields.values())


def test_an_error_of_paper_leaves_out_what_is_printed_and_nothing_else(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    settings = f'{SETTINGS}[rules]\nmissing-glyph = "error"\n'
    text = "# T\n\n## Why? {#why}\n\n\u0f42\u0f44, \u0f45.\n"
    folder = write_corpus({"deck.toml": settings, "01-first.md": text})
    assert run("check", folder).exit_code == 1
    result = run("build", folder, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert [path.name for path in (tmp_path / "out").glob("demo*")] == ["demo.apkg"]
    assert (
        "no demo-cheatsheet.pdf, demo-studysheet.pdf, demo-handbook.pdf, demo-flashcards.pdf:"
        " fix its errors first" in result.stderr
    )
    assert run("build", folder, "--output", tmp_path, "--only", "apkg").stderr == ""


def test_a_corpus_that_is_never_printed_need_not_hear_of_paper(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    text = "# T\n\n## Why? {#why}\n\n\u65e5\u672c, \u8a9e.\n"
    folder = write_corpus({"01-first.md": text})
    for more in ('outputs = ["apkg"]\n', '[rules]\nmissing-glyph = "off"\n'):
        (folder / "deck.toml").write_text(SETTINGS + more)
        assert run("check", folder).stderr == ""
        result = run("build", folder, "--output", tmp_path)
        assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "html",
    [
        "<p style='background: url({})'>a</p>",
        "<style>@import url({});</style>",
        "<style>@font-face {{ font-family: x; src: url({}) }} p {{ font-family: x }}</style><p>a</p>",
        "<link rel=stylesheet href='{}'>",
        "<link rel=attachment href='{}'>",
        "<object data='{}'></object>",
        "<embed src='{}'>",
        "<img src='{}' alt=''>",
        "<ul style='list-style-image: url({})'><li>a</li></ul>",
        "<style>p::before {{ content: url({}) }}</style><p>a</p>",
    ],
)
@pytest.mark.parametrize(
    "address", ["{file}", "../secret.png", "..%2fsecret.png", "https://example.org/a.png", "link.png"]
)
@pytest.mark.parametrize("is_set", [True, False])
def test_a_page_can_ask_for_nothing_that_it_was_not_given(
    tmp_path: Path, html: str, address: str, is_set: bool
) -> None:
    """Whatever asks, and however: docs/facts/weasyprint.md, section 4, lists what WeasyPrint would fetch."""
    secret = tmp_path / "secret.png"
    secret.write_bytes((LOOK.parent / "cases" / "media" / "blue.png").read_bytes())
    (tmp_path / "link.png").symlink_to(secret)
    with pytest.raises(BuildError, match="not its own"):
        print_page(html.format(address.format(file=secret.as_uri())), tmp_path / "out.pdf", is_set=is_set)


def test_a_base_address_does_not_lead_elsewhere(tmp_path: Path) -> None:
    html = f"<base href='{tmp_path.as_uri()}/'><img src='secret.png' alt=''>"
    (tmp_path / "secret.png").write_bytes((LOOK.parent / "cases" / "media" / "blue.png").read_bytes())
    with pytest.raises(BuildError, match="not its own"):
        print_page(html, tmp_path / "out.pdf")


@pytest.mark.parametrize(
    "inside",
    [
        "<image href='{}' width='9' height='9'/>",
        "<use href='{}#a'/>",
        "<style>@import '{}';</style>",
        "<rect style='fill: url({})'/>",
    ],
)
@pytest.mark.parametrize(
    "address", ["secret.svg", "../secret.svg", "https://example.org/a.svg", "file:///etc/hosts"]
)
def test_a_drawing_that_asks_for_another_file_is_named_with_its_place(
    run: Run, write_corpus: WriteCorpus, inside: str, address: str
) -> None:
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{inside.format(address)}</svg>"
    chapter = "# T\n\n## Why? {#why}\n\nSee ![a drawing](drawing.svg).\n"
    result = run("check", write_corpus({"01-first.md": chapter, "drawing.svg": svg, "secret.svg": "<svg/>"}))
    assert result.exit_code == 1
    assert "01-first.md:5:5: error: 'drawing.svg' asks for another file" in result.stderr
    assert address in result.stderr


def test_a_drawing_may_refer_to_its_own_parts_and_embed_images(run: Run, write_corpus: WriteCorpus) -> None:
    image = b64encode((CASES / "media" / "blue.png").read_bytes()).decode()
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg'><rect id='a' fill='url(#b)'/><use href='#a'/>"
        f"<image href='data:image/png;base64,{image}'/><a href='https://example.org'><text>x</text></a></svg>"
    )
    chapter = "# T\n\n## Why? {#why}\n\nSee ![a drawing](drawing.svg).\n"
    assert run("check", write_corpus({"01-first.md": chapter, "drawing.svg": svg})).exit_code == 0
