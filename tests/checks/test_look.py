"""A corpus has a look of its own: card.css and theme.toml, each mistake in them named with its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.anki.read import read_package
from builder.checks.look import read_look
from builder.design.css import coloured, faults
from builder.design.styles import card_colours, read_styles
from builder.diagnostics import Diagnostic
from builder.pipeline.compile import compile_corpus
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from tests.conftest import PROJECT, WriteCorpus
from tests.printing import needs_pango

Run = Callable[..., Result]
DECK = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\n'
EXAMPLE = "# T\n\n## Q? {#q}\n\nA.\n\n```python\nx = 1\n```\n"


def _found(write_corpus: WriteCorpus, **files: str) -> list[Diagnostic]:
    names = {"css": "card.css", "theme": "theme.toml"}
    folder = write_corpus(
        {"deck.toml": DECK, "01-first.md": EXAMPLE, **{names[name]: text for name, text in files.items()}}
    )
    return list(compile_corpus(folder, NO_CACHE).diagnostics)


def _told(found: list[Diagnostic]) -> list[tuple[str, str]]:
    return [(f"{each.location.line}:{each.location.column}", each.code) for each in found]


# --- card.css -------------------------------------------------------------------------------------


GOOD = """\
/* Mine. */
.cp .prompt { font-family: Georgia, serif; color: var(--accent); }
.cp { --accent: #105a9a; background: url("data:image/png;base64,iVBORw0KGgo="); }
.nightMode .cp { --accent: #8cc0f8; }
@media (max-width: 400px) { .cp { font-size: 1rem; } }
@keyframes fade { from { opacity: 0; } to { opacity: 1; } }
@font-face { font-family: "Mine"; src: local("Georgia"); }
"""


def test_a_style_sheet_of_its_own_is_the_last_of_its_cards(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"deck.toml": DECK, "01-first.md": EXAMPLE, "card.css": GOOD})
    compiled = compile_corpus(folder, NO_CACHE)
    assert compiled.diagnostics == ()
    assert read_styles().with_look(compiled.look).card == f"{read_styles().card}\n{GOOD}"


@pytest.mark.parametrize(
    ("css", "place", "code", "message"),
    [
        ("@import 'x.css';", "1:1", "css-asks", "has an @import"),
        ("@IMPORT url(x.css);", "1:1", "css-asks", "has an @import"),
        (".cp { background: url(https://example.org/a.png); }", "1:19", "css-asks", "example.org"),
        (".cp { background: url('//example.org/a.png') }", "1:23", "css-asks", "example.org"),
        (".cp { background: u\\72l(https://example.org) }", "1:19", "css-asks", "example.org"),
        (".cp { --x: url(a.png) }", "1:12", "css-asks", "a.png"),
        (".cp { background: image-set('a.png' 1x) }", "1:29", "css-asks", "a.png"),
        ("@font-face { src: url(a.woff) }", "1:19", "css-asks", "a.woff"),
        ("@media print { .cp { cursor: url(a.cur), auto } }", "1:30", "css-asks", "a.cur"),
        (".cp { background: url('data:text/html,<b>') }", "1:23", "css-asks", "data:text/html"),
        (".cp { width: expression(alert(1)) }", "1:14", "css-asks", "expression"),
        (".cp { behavior: none }", "1:7", "css-asks", "behavior"),
        (".cp { -moz-binding: none }", "1:7", "css-asks", "-moz-binding"),
        ("/* </style><script>x()</script> */", "1:4", "css-asks", "ends the card's style sheet"),
        (".cp p { color red; }", "1:18", "bad-css", "is not CSS here"),
        (".cp p { color: red; }\n}", "2:1", "bad-css", "is not CSS here"),
        (".cp p { color: ; }", "1:9", "bad-css", "has no value for 'color'"),
        (".cp { color: red;\n.cp p { color: red; } }", "2:1", "bad-css", "has a rule within a rule"),
        ('.cp { content: "x\n}', "1:16", "bad-css", "is not CSS here"),
        (".cp { }\n/* .cp p { color: red }", "2:1", "bad-css", "has a comment without an end"),
        ("@page { margin: 0 }", "1:1", "bad-css", "has an @page rule"),
        ("@media print;", "1:1", "bad-css", "without a block"),
        (".cp p", "1:5", "bad-css", "is not CSS here"),
    ],
)
def test_what_a_card_cannot_show_or_must_not_run_is_an_error_with_its_place(
    write_corpus: WriteCorpus, css: str, place: str, code: str, message: str
) -> None:
    found = _found(write_corpus, css=css)
    assert (place, code) in _told(found)
    assert all(each.severity == "error" and each.location.path.name == "card.css" for each in found)
    assert any(message in each.message for each in found)
    assert all(each.hint for each in found)


def test_a_wrong_style_sheet_is_left_out_as_a_whole(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"card.css": f"{GOOD}@import 'x.css';"})
    assert read_look(folder)[0].css == ""


def test_one_that_is_too_large_or_leads_out_of_the_corpus_is_refused(
    write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    (found,) = _found(write_corpus, css="/*" + "x" * 200_000 + "*/")
    assert found.code == "file-too-large"
    assert "200 kB" in found.message
    (tmp_path / "elsewhere.css").write_text(".cp { color: red }")
    folder = write_corpus({"deck.toml": DECK, "01-first.md": EXAMPLE})
    (folder / "card.css").unlink()
    (folder / "card.css").symlink_to(tmp_path / "elsewhere.css")
    look, (outside,), _ = read_look(folder)
    assert outside.code == "file-outside"
    assert look.css == ""


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "{",
                    "}",
                    "(",
                    ")",
                    "[",
                    "]",
                    '"',
                    "'",
                    ";",
                    ":",
                    "@",
                    "\\",
                    "/*",
                    "*/",
                    "<!--",
                    "-->",
                    "#",
                ),
                *(
                    "url(",
                    "@import",
                    ".cp",
                    "color",
                    "red",
                    "--ink",
                    "var(",
                    "\n",
                    "\f",
                    "\r",
                    "\0",
                    "!",
                    " ",
                ),
                *("@media", "#fff", "rgb(", "expression(", "é", "1e9", "</style", "data:image/png,"),
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_any_text_is_judged_without_a_fault(css: str) -> None:
    lines = css.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").count("\n") + 1
    assert all(1 <= each.line <= lines and each.column >= 1 for each in faults(css))
    list(coloured(css))


def test_a_deep_style_sheet_is_judged_too() -> None:
    assert list(faults(".cp { --x: " + "(" * 50_000)) == []


# --- contrast -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("css", "place", "message"),
    [
        (".cp { --ink: #999999 }", "1:7", "in light mode, ink on paper has a contrast of 2.8:1"),
        (".cp {\n  --paper: #808080;\n}", "2:3", "in light mode, quiet on paper"),
        (".nightMode .cp { --quiet: #444444 }", "1:18", "in dark mode, quiet on paper"),
        (".night_mode .cp { --quiet: #444 }", "1:19", "in dark mode, quiet on box"),
        (".cp .prompt { color: #777777 }", "1:15", "in light mode, 'color: #777777' has a contrast of 4.3:1"),
        (".cp .prompt { color: navy }", "1:15", "in dark mode, 'color: navy' has a contrast of 1.1:1"),
        (".cp .prompt { color: var(--line) }", "1:15", "in light mode, 'color: var(--line)'"),
        (".cp .prompt { background: black }", "1:15", "in light mode, 'background: black'"),
        (".cp .prompt { color: #333; background-color: #222 }", "1:15", "in light mode, 'color: #333'"),
        (".cp .prompt { color: rgba(0, 0, 0, 0.2) }", "1:15", "in light mode, 'color: rgba(0, 0, 0, 0.2)'"),
        (
            ".cp .prompt { color: rgb(240 240 240) }",
            "1:15",
            "'color: rgb(240 240 240)' has a contrast of 1.1:1",
        ),
        (".cp .prompt { color: hsl(0 0% 95% / 1) }", "1:15", "in light mode"),
        (".cp .prompt { color: oklch(95% 0.05 100) }", "1:15", "in light mode"),
        (".cp .prompt { color: lab(20% 0 0) }", "1:15", "in dark mode, 'color: lab(20% 0 0)'"),
        ("@media (max-width: 9px) { .cp p { color: hsl(60, 100%, 90%) } }", "1:35", "in light mode"),
    ],
)
def test_text_that_does_not_stand_out_is_named_at_its_declaration(
    write_corpus: WriteCorpus, css: str, place: str, message: str
) -> None:
    found = _found(write_corpus, css=css)
    assert {each.code for each in found} == {"low-contrast"}
    assert {each.severity for each in found} == {"warning"}
    assert any(
        message in each.message and f"{each.location.line}:{each.location.column}" == place for each in found
    )


@pytest.mark.parametrize(
    "css",
    [
        ".cp .prompt { color: var(--accent) }",
        ".nightMode .cp .prompt { color: #ffffff }",
        ".cp .prompt { color: #fff; background: #000 }",
        "@media print { .cp { color: #fff } }",
        ".cp { --paper: #ffffff; --ink: #000000 }",
        ".cp { --shade: #ffffff }",
        ".cp { border-color: #fff; color: inherit; background: none }",
        ".cp { color: currentcolor }",
    ],
)
def test_text_that_stands_out_is_not(write_corpus: WriteCorpus, css: str) -> None:
    assert _found(write_corpus, css=css) == []


def test_deck_toml_may_make_weak_contrast_an_error_or_switch_it_off(write_corpus: WriteCorpus) -> None:
    for severity, expected in (("error", ["error"]), ("off", [])):
        deck = f'{DECK}[rules]\nlow-contrast = "{severity}"\n'
        files = {"deck.toml": deck, "01-first.md": EXAMPLE, "card.css": ".cp .prompt { color: navy }"}
        found = compile_corpus(write_corpus(files), NO_CACHE).diagnostics
        assert [each.severity for each in found] == expected


# --- theme.toml -----------------------------------------------------------------------------------


THEME = """\
[light]
accent = "#7a1fa2"
paper = "#FFF"

[dark]
accent = "#d9a8f0"

[code]
light = "bw"

[fonts]
text = ["Georgia", "serif"]

[sizes]
cards = 115

[print]
accent = "#7a1fa2"
"""


def test_a_theme_changes_colours_fonts_and_sizes_by_name(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"deck.toml": DECK, "01-first.md": EXAMPLE, "theme.toml": THEME})
    compiled = compile_corpus(folder, NO_CACHE)
    assert compiled.diagnostics == ()
    ours = read_styles()
    styles = ours.with_look(compiled.look)
    added = styles.card.splitlines()[-2:] + styles.card.splitlines()[-12:-2]
    text = "\n".join(added)
    for line in ("--accent: #7a1fa2;", "--paper: #ffffff;", "--accent: #d9a8f0;", "--size: 1.15;"):
        assert line in text
    assert '--text: "Georgia", serif, "Inter", system-ui' in text
    assert ".code .k { font-weight: 600; }" in styles.card
    assert "color: #7a1fa2" in styles.for_print("studysheet")
    assert "#1d5fa8" not in styles.for_print("studysheet")
    assert ours.for_print("studysheet").replace("#1d5fa8", "#7a1fa2") == styles.for_print("studysheet")


def test_every_name_of_a_theme_changes_something() -> None:
    ours = read_styles()
    sheets = "".join(ours.sheets.values())
    assert all(f"var(--{name})" in sheets for name in ours.theme.print)
    names = set(re.findall(r"var\(--([\w-]+)\)", sheets)) - {"scripts"}
    assert names == set(ours.theme.print)
    light, dark = card_colours(ours.base)
    assert (light, dark) == (ours.theme.light, ours.theme.dark)
    assert all(f"var(--{name})" in ours.base for name in light)
    assert not {colour for colour in ours.theme.print.values() if colour in sheets}, "written by its name"


def test_the_docs_have_every_name_of_a_theme(write_corpus: WriteCorpus) -> None:
    text = (PROJECT / "docs" / "looks.md").read_text()
    tables = re.findall(r"^\|.*\|$", text, re.MULTILINE)
    theme = read_styles().theme
    told = {name for row in tables for name in re.findall(r"`([\w-]+)`", row.split("|")[1])}
    chapters = {f"chapter-{number}" for number in range(1, 7)}
    assert told | chapters == {*theme.light, *theme.print}
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (sheet,) = re.findall(r"```css\n(.*?)```", text, re.DOTALL)
    assert _found(write_corpus, theme=example, css=sheet) == []


@pytest.mark.parametrize(
    ("theme", "place", "code", "message", "hint"),
    [
        ("[lihgt]\n", "1:1", "unknown-setting", "unknown table 'lihgt'", "did you mean 'light'?"),
        (
            '[light]\nacent = "#fff"\n',
            "2:1",
            "unknown-setting",
            "unknown name in [light] 'acent'",
            "'accent'?",
        ),
        ('[light]\naccent = "red"\n', "2:1", "bad-setting", "'accent' is 'red'", 'as in "#1d5fa8"'),
        ('[dark]\naccent = "#ggg"\n', "2:1", "bad-setting", "'accent' is '#ggg'", 'as in "#1d5fa8"'),
        ("[print]\nink = 3\n", "2:1", "bad-setting", "'ink' is 3", 'as in "#1d5fa8"'),
        ("print = 3\n", "1:1", "bad-setting", "'print' is 3", "write a table: [print]"),
        ('[code]\nlight = "xcod"\n', "2:1", "bad-setting", "'light' is 'xcod'", "did you mean 'xcode'?"),
        ("[code]\nday = 'xcode'\n", "2:1", "unknown-setting", "'day'", "light, dark, print"),
        ('[fonts]\ntext = "Georgia"\n', "2:1", "bad-setting", "'text' is", '["Georgia", "serif"]'),
        ('[fonts]\ntext = ["a\\"; } x {"]\n', "2:1", "bad-setting", "'text' is", '["Georgia", "serif"]'),
        ("[fonts]\ntext = []\n", "2:1", "bad-setting", "'text' is []", '["Georgia", "serif"]'),
        ("[sizes]\ncards = 10\n", "2:1", "bad-setting", "'cards' is 10", "from 50 to 200"),
        ("[sizes]\ncards = true\n", "2:1", "bad-setting", "'cards' is True", "from 50 to 200"),
        ("[light\n", "1:7", "bad-toml", "this is not TOML", "name = "),
    ],
)
def test_a_mistake_in_a_theme_is_named_with_its_place(
    write_corpus: WriteCorpus, theme: str, place: str, code: str, message: str, hint: str
) -> None:
    (found,) = _found(write_corpus, theme=theme)
    assert (found.location.path.name, _told([found])) == ("theme.toml", [(place, code)])
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("theme", "line", "message"),
    [
        ('[light]\ngood = "#1a7040"\nquiet = "#aaaaaa"\n', 3, "in light mode, quiet on paper"),
        ('[dark]\npaper = "#888888"\n', 2, "in dark mode, ink on paper"),
        ('[print]\nchapter-3 = "#ffcc00"\n', 2, "in print, chapter-3 on paper"),
        ('[code]\ndark = "xcode"\n', 2, "in dark mode, the code style 'xcode' has"),
        ('[light]\nbox = "#888888"\n', 2, "in light mode, the code style 'xcode' has"),
    ],
)
def test_a_theme_whose_text_does_not_stand_out_is_named_with_its_line(
    write_corpus: WriteCorpus, theme: str, line: int, message: str
) -> None:
    found = _found(write_corpus, theme=theme)
    assert {(each.code, each.severity) for each in found} == {("low-contrast", "warning")}
    assert any(message in each.message and each.location.line == line for each in found)


def test_card_css_is_judged_in_the_colours_of_the_theme(write_corpus: WriteCorpus) -> None:
    css = ".cp .prompt { color: #777777; background: var(--box) }"
    assert [each.message.partition(",")[0] for each in _found(write_corpus, css=css)] == [
        "in light mode",
        "in dark mode",
    ]
    dark = '[light]\nbox = "#000000"\n\n[dark]\nbox = "#000000"\n'
    found = _found(write_corpus, css=css, theme=dark)
    assert {each.location.path.name for each in found} == {"theme.toml"}


# --- what it changes ------------------------------------------------------------------------------


def test_a_change_of_it_is_told_by_plan_as_the_look_of_cards_and_changes_no_note(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus({"deck.toml": DECK, "01-first.md": EXAMPLE})
    run("build", folder, "--only", "apkg", "--output", tmp_path / "old")
    package = tmp_path / "old" / "demo.apkg"
    before = read_package(package, "demo")
    for name, text in (("card.css", ".cp .prompt { color: var(--accent) }"), ("theme.toml", THEME)):
        (folder / name).write_text(text)
        result = run("plan", folder, "--against", package)
        assert result.exit_code == 0, result.output
        assert "look" in result.output
        run("build", folder, "--only", "apkg", "--output", tmp_path / name)
        after = read_package(tmp_path / name / "demo.apkg", "demo")
        assert after.lock.types != before.lock.types
        assert {key: note.hash for key, note in after.lock.notes.items()} == {
            key: note.hash for key, note in before.lock.notes.items()
        }
        (folder / name).unlink()


@needs_pango
@pytest.mark.slow
def test_a_kept_page_is_made_again_where_its_theme_changed(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus({"deck.toml": DECK, "01-first.md": EXAMPLE})
    pages = []
    for text in ("", THEME, "", THEME):
        (folder / "theme.toml").write_text(text)
        result = run("build", folder, "--only", "studysheet", "--output", tmp_path / "dist")
        assert result.exit_code == 0, result.output
        pages.append((tmp_path / "dist" / "demo-studysheet.pdf").read_bytes())
    assert pages[0] == pages[2] != pages[1] == pages[3]


def test_what_an_author_is_writing_wrongly_leaves_the_last_look_in_the_preview(
    write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus({"deck.toml": DECK, "01-first.md": EXAMPLE, "theme.toml": THEME})
    cache = Cache(tmp_path / "cache", LIMIT)
    right = compile_corpus(folder, cache, is_draft=True)
    (folder / "theme.toml").write_text("[light\n")
    wrong = compile_corpus(folder, cache, is_draft=True, since=right)
    assert wrong.look == right.look
    assert [each.code for each in wrong.diagnostics] == ["bad-toml"]
