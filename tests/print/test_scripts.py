"""Scripts with fonts of their own: drawn, set on even lines, and copied as they were written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from unicodedata import category

import pytest
from click.testing import Result
from PIL import ImageChops
from pypdf import PdfReader

from builder.corpus.labels import labels_of
from builder.design.fonts import (
    FACES,
    SCRIPTS,
    drawable,
    extra_for,
    installed_scripts,
    missing_glyphs,
    packages_for,
    typeface,
)
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.plain_press import PlainPress
from builder.print.engine.press import MakePress, Page
from builder.program import styles_folder
from builder.runtime.cache import LIMIT, Cache
from tests.conftest import PROJECT, WriteCorpus
from tests.printing import (
    Noting,
    deck_of,
    images_of,
    needs_pango,
    needs_poppler,
    needs_script,
    no_plain_press,
    press_in,
    print_output,
)
from tests.programs import needs, program

Run = Callable[..., Result]

pytestmark = [pytest.mark.slow, needs_pango]
WHOLLY_FRAGMENTS = partial(FragmentPress, make_plain=no_plain_press)
PRINTED = ("cheatsheet", "handbook", "flashcards")

ARABIC = """\
# الأساسيات

## ما الفرق بين القائمة والصف؟ {#list-tuple .junior}

القائمة قابلة للتغيير، والصف **غير قابل للتغيير** *بعد إنشائه*، والقيمة 3.5 تبقى.

```python
a = [1, 2]  # قائمة
```

## متى تُستخدم الدالة `len`؟ {#len .mid}

- لحساب عدد العناصر (200 OK) في أي تسلسل.
- لا إله، لأن الإسلام

## ما هو القاموس؟ {#dict .senior}

| الاسم | القيمة |
| --- | --- |
| طول | المتغيّر المعرَّف ثانيةً |
"""
HEBREW = """\
# יסודות

## מהו פרוטוקול? {#http .junior}

דרך **להעברת** *מסמכים* ברשת, בסדר (200 OK). שָׁלוֹם עם ניקוד.
"""
DEVANAGARI = "# मूल\n\n## प्रश्न क्या है? {#first}\n\nक्षत्रिय **ज्ञान** र्क कि द्ध श्री स्थिति, *हिन्दी* में।\n"
THAI = "# พื้นฐาน\n\n## ภาษาไทยคืออะไร? {#first}\n\nน้ำใจ **ที่นี่** ปั๊ม *กำลัง* เป็น\n"
CORPORA = [
    pytest.param(text, language, id=name, marks=needs_script(name))
    for name, language, text in (
        ("arabic", "ar", ARABIC),
        ("hebrew", "he", HEBREW),
        ("devanagari", "hi", DEVANAGARI),
        ("thai", "th", THAI),
    )
]
SETTINGS = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nlanguage = "{}"\nauthors = ["N"]\nlicence = "MIT"\n'


def _words(text: str) -> set[str]:
    """Return the words of other scripts in a text, without what only arranges them."""
    shown = "".join(char for char in text if char == "\u200c" or category(char) != "Cf")
    return {
        word for word in re.findall(r"[^\s\d!-~،؟।]+", shown) if any(ord(letter) > 0x500 for letter in word)
    } - {"•", "…", "–"}


def _text(path: Path) -> str:
    command = [program("pdftotext"), str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs("pdftotext")
@pytest.mark.parametrize(("text", "language"), CORPORA)
def test_words_are_printed_without_a_warning_and_copied_as_they_were_written(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, text: str, language: str
) -> None:
    folder = write_corpus({"deck.toml": SETTINGS.format(language), "01-first.md": text})
    result = run("build", folder, "--output", tmp_path / "out")
    assert (result.exit_code, result.stderr) == (0, "")
    for name in PRINTED:
        path = tmp_path / "out" / f"demo-{name}.pdf"
        wanted = _words(text if name != "flashcards" else text.partition("\n## ")[2])
        if name == "cheatsheet":  # of an answer it has as many sentences as find room
            assert _words(_text(path)) <= wanted | _words(labels_of(language, {}).numbered)
            wanted = _words("\n".join(re.findall(r"^#+ .*", text, re.MULTILINE)))
        assert wanted <= _words(_text(path)), name
        families = {script.family.replace(" ", "-") for script in SCRIPTS}
        fonts = {
            str(font.get_object()["/BaseFont"]).partition("+")[2]
            for page in PdfReader(path).pages
            for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
        }
        ours = ("Inter", "JetBrains-Mono", *families)
        assert all(font.startswith(ours) for font in fonts), fonts
        assert any(font.startswith(tuple(families)) for font in fonts)


@needs("pdftotext")
@pytest.mark.parametrize(
    ("text", "direction"),
    [
        pytest.param(
            "في البدء كان السؤال. الإنسان الآن يتعلّم إذا سأل نفسه؛ لا تُفقَدُ المراجعات. بِسْمِ اللَّهِ الرَّحْمَٰنِ الرَّحِيمِ"
            " قَرَأَ الطَّالِبُ محمّد لله للإسلام فلا إلّا أولئك شيء يجيء على حتى متى يحيى لحم نجم حجم تمييز",
            "rtl",
            id="arabic",
            marks=needs_script("arabic"),
        ),
        pytest.param(
            "می‌خواهم کتاب‌ها را بخوانم، پرسش‌های گوناگون چیست؟ نمی‌توان‌ست.",
            "rtl",
            id="persian",
            marks=needs_script("arabic"),
        ),
        pytest.param(
            "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם וְאֵת הָאָרֶץ. שאלה ותשובה, צה״ל ג׳ירפה",
            "rtl",
            id="hebrew",
            marks=needs_script("hebrew"),
        ),
        pytest.param(
            "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। बुद्धि श्रृंखला त्रिभुज विद्यार्थी",
            "ltr",
            id="hindi",
            marks=needs_script("devanagari"),
        ),
        pytest.param(
            "มนุษย์ เกียรติศักดิ์ ที่นั่ง ปู่ ญี่ปุ่น ฐาน กตัญญู",
            "ltr",
            id="thai",
            marks=needs_script("thai"),
        ),
    ],
)
def test_every_word_of_a_page_is_copied_as_it_was_written(tmp_path: Path, text: str, direction: str) -> None:
    path = _print(tmp_path, [f"<p dir='{direction}'>{text}</p>"], WHOLLY_FRAGMENTS)
    assert _words(_text(path)) == _words(text)


@needs("pdftotext")
@needs_script("devanagari")
@pytest.mark.parametrize("word", ["क्\u200dष", "न्\u200dन", "क्\u200cष", "र्\u200dय", "शरद्\u200dचन्द्र"])
def test_a_joiner_that_changes_a_word_of_hindi_is_copied(tmp_path: Path, word: str) -> None:
    assert _text(_print(tmp_path, [f"<p lang='hi'>{word}</p>"], WHOLLY_FRAGMENTS)).strip() == word


@pytest.mark.parametrize(("text", "language"), CORPORA)
def test_scripts_are_laid_out_in_fragments_and_are_accessible(
    write_corpus: WriteCorpus, tmp_path: Path, text: str, language: str
) -> None:
    folder = write_corpus({"deck.toml": SETTINGS.format(language), "01-first.md": text})
    noting, path = Noting(WHOLLY_FRAGMENTS), tmp_path / "sheet.pdf"
    print_output("cheatsheet", deck_of(folder), path, Cache(tmp_path / "cache", LIMIT), noting)
    assert noting.laid_out
    assert all(piece.fragment for piece in noting.laid_out)
    if not find_spec("outloud"):
        pytest.skip("outloud is not installed (PyPI: outloud)")
    command = [str(Path(sys.executable).parent / "outloud"), "--json", "-", "--fail-on", "never", str(path)]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (result,) = json.loads(report[report.index("{") : report.rindex("}") + 1])["results"]
    assert [finding for finding in result["findings"] if finding["severity"] == "error"] == []
    assert "fail" not in {checkpoint["status"] for checkpoint in result["criteria"]["pdfua1"]}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("त्र", "त्रि"), marks=needs_script("devanagari")),
        pytest.param(("لا إله", "لأن"), marks=needs_script("arabic")),
        pytest.param(("שָׁלוֹם", "שלום"), marks=needs_script("hebrew")),
    ],
)
def test_bytes_do_not_depend_on_what_was_laid_out_before(tmp_path: Path, words: tuple[str, str]) -> None:
    pieces = [f"<p>{word}</p>" for word in words]
    printed: set[bytes] = set()
    for number, before in enumerate(([], pieces[:1], pieces[1:], pieces[::-1])):
        folder = tmp_path / str(number)
        press_in(folder, make_press=WHOLLY_FRAGMENTS).lay_out(before, 90)
        printed.add(_print(folder, pieces, WHOLLY_FRAGMENTS).read_bytes())
    assert len(printed) == 1


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("المتغيّر", marks=needs_script("arabic")),
        pytest.param("שָׁלוֹם", marks=needs_script("hebrew")),
        pytest.param("स्थिति", marks=needs_script("devanagari")),
        pytest.param("ปั๊ม", marks=needs_script("thai")),
    ],
)
@pytest.mark.parametrize("style", ["{}", "<b>{}</b>", "<em>{}</em>"])
def test_a_line_with_another_script_is_as_high_as_any(tmp_path: Path, word: str, style: str) -> None:
    press = press_in(tmp_path)
    latin, mixed = press.lay_out([f"<p>One {style.format(each)}<br>two</p>" for each in ("x", word)], 90)
    assert mixed.height == pytest.approx(latin.height, abs=0.005)


@needs_poppler
@pytest.mark.parametrize(
    "words",
    [
        "c\u0303 ij\u0303 ιɩ",
        pytest.param("المتغيّر المعرَّف ثانيةً لا الإسلام", marks=needs_script("arabic")),
        pytest.param("שָׁלוֹם עם נִיקּוּד", marks=needs_script("hebrew")),
        pytest.param("स्थिति प्रश्नों में", marks=needs_script("devanagari")),
        pytest.param("พื้นฐาน ปั๊ม น้ำใจ", marks=needs_script("thai")),
    ],
)
def test_what_is_said_of_letters_changes_nothing_that_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    from weasyprint.draw import text as drawing

    pieces = [f"<p style='font-size: 30pt'>{words}</p>"]
    images = images_of(_print(tmp_path, pieces, WHOLLY_FRAGMENTS))
    monkeypatch.setattr(drawing, "draw_first_line", drawing.draw_first_line.__wrapped__)
    images += images_of(_print(tmp_path / "plain", pieces, PlainPress))
    difference = ImageChops.difference(*images).convert("L").point(lambda value: 255 * (value > 64))
    assert difference.getbbox() is None
    assert ImageChops.invert(images[0].convert("L")).getbbox(), "something is printed"


def _print(folder: Path, pieces: list[str], make_press: MakePress) -> Path:
    """Print pieces of HTML below each other; what the folder remembers of them is used."""
    folder.mkdir(exist_ok=True)
    press = press_in(folder, make_press=make_press)
    placed = [(piece, 4.0, 4.0 + 80 * n) for n, piece in enumerate(press.lay_out(pieces, 110))]
    press.print([Page('<div class="page">', placed)], folder / "page.pdf")
    return folder / "page.pdf"


@needs("pdftotext")
@needs_script("arabic")
@pytest.mark.parametrize(
    "family",
    [
        "",
        "font-family='Arial'",
        'font-family="serif"',
        "style='font-family: \"Arial\", serif'",
        "style='font-family: x'",
    ],
)
def test_letters_in_a_drawing_have_the_fonts_of_their_script_too(
    write_corpus: WriteCorpus, tmp_path: Path, family: str
) -> None:
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='30'>"
        f"<text x='9' y='20' font-size='12' {family}>قائمة</text></svg>"
    )
    text = "# T\n\n## Why? {#why}\n\nSee ![a list](a.svg).\n"
    folder, path = write_corpus({"01-first.md": text, "a.svg": svg}), tmp_path / "sheet.pdf"
    print_output("cheatsheet", deck_of(folder), path, Cache(tmp_path / "cache", LIMIT), WHOLLY_FRAGMENTS)
    # WeasyPrint draws each by itself, from left to right.
    assert set("قائمة") <= set(_text(path))


@needs_script("arabic")
def test_a_joiner_that_parts_letters_of_a_word_is_kept_and_no_other() -> None:
    assert drawable("می\u200cشود") == "می\u200cشود"
    assert drawable("a\u200cb م\u200c ❤\u200d") == "ab م ❤"


@needs_script("arabic")
def test_letters_stand_for_themselves_wherever_they_are_in_a_word() -> None:
    face = typeface("IBM-Plex-Sans-Arabic")
    assert face
    forms = (0xFE90, 0xFE91, 0xFE92)
    glyphs = {face.font.get_nominal_glyph(form) for form in forms}
    assert {face.character(glyph) for glyph in glyphs} == {"ب"}


def test_each_script_has_an_extra_that_installs_its_family() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        name: re.split(r"[>=]", package)[0].replace("-", "_")
        for name, (package, *_) in project["optional-dependencies"].items()
        if name in {script.name for script in SCRIPTS}
    }
    assert extras == {script.name: script.package for script in SCRIPTS}


@pytest.mark.parametrize("sheet", ["print", "cheatsheet", "handbook", "flashcards"])
def test_every_list_of_fonts_for_print_has_those_of_scripts(sheet: str) -> None:
    css = (styles_folder() / f"{sheet}.css").read_text(encoding="utf-8")
    lists = re.findall(r'font(?:-family)?:[^;]*"[^;]*', css)
    assert [each for each in lists if not each.endswith(", var(--scripts)")] == []


def test_where_the_fonts_of_a_script_are_missing_their_extra_is_named(
    run: Run, write_corpus: WriteCorpus
) -> None:
    script = next((script for script in SCRIPTS if not script.is_installed), None)
    if script is None:
        pytest.skip("all fonts are installed")
    letter = next(chr(code) for code in script.blocks[0] if category(chr(code)) == "Lo")
    text = f"# T\n\n## Why {letter}? {{#why}}\n\nFor {letter}.\n"
    folder = write_corpus({"01-first.md": text})
    result = run("check", folder)
    assert result.exit_code == 0
    assert f"install cardpress[{script.name}]" in result.stderr
    assert "for the others" not in result.stderr
    (folder / "01-first.md").write_text(text.replace("For ", "For \u2610 "))
    assert (
        f"install cardpress[{script.name}]; for the others, use a word or another character"
        in run("check", folder).stderr
    )


def test_no_extra_is_named_for_what_is_installed_or_what_none_has() -> None:
    assert extra_for("\u2610") is None
    assert extra_for("\u21a6") is None
    for script in installed_scripts():
        assert extra_for(chr(script.blocks[0][0])) is None


def test_make_installs_what_the_two_families_lack_whether_it_is_there_or_not() -> None:
    assert packages_for("a é ™ № ι → \u2610") == {}
    assert packages_for("\u2693") == packages_for("\U0001f389") == {"symbols": "manimgx-fonts"}
    assert packages_for("日") == packages_for("한") == {"cjk": "justmytype-intl-cjk"}
    assert packages_for("\u0634 \u05d1 \u2124 \u266a") == {
        "arabic": "fontpkg-ibm-plex-sans-arabic",
        "hebrew": "fontpkg-heebo",
        "symbols": "manimgx-fonts",
    }


@needs("pdftotext")
@needs_script("symbols")
@pytest.mark.parametrize("signs", ["ℝℤℚℂ", "⌈x⌉⌊y⌋", "♪♯♭♮"])
def test_signs_are_printed_and_copied(tmp_path: Path, signs: str) -> None:
    assert missing_glyphs(signs) == []
    assert signs in _text(_print(tmp_path, [f"<p>{signs}</p>"], WHOLLY_FRAGMENTS))


def test_a_family_that_is_always_there_is_none_of_a_script() -> None:
    assert not {face.family for face in FACES} & {script.family for script in SCRIPTS}
