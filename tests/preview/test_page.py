"""The preview in a real browser: what an author sees between two saves."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from builder.preview.pdfs import PRINTED
from builder.preview.session import watching
from builder.runtime.cache import NO_CACHE
from tests.browser import Browser, browsing
from tests.chromium import needs_browser
from tests.conftest import CASES, LOOK, WriteCorpus
from tests.printing import needs_pango
from tests.running import free_port
from tests.sounds import wav
from tests.watching import watching_corpus

pytestmark = [pytest.mark.slow, needs_browser]

CHAPTER = """\
# First chapter

## What is one? {#one .junior tags="numbers"}

The **first** number.

## What is two? {#two .mid}

The second, `1 + 1`.
"""
DOCUMENT = "document.querySelector('[data-card=\"0/{}:0\"] iframe')?.contentDocument"

SHOWN = "[...document.querySelectorAll('article:not([hidden]) .id')].map((id) => id.textContent)"
REMEMBER = "for (const frame of document.querySelectorAll('iframe')) frame.contentDocument.isOld = true"
AS_REMEMBERED = (
    "[...document.querySelectorAll('iframe')].filter((frame) => frame.contentDocument.isOld).length"
)
"""How many cards were not loaded again."""
TOP = "document.querySelector('.selected').getBoundingClientRect().top"


FAULTY = """\
from builder.anki import render
from builder.cli import main

usual = render._Renderer.whole_note

def whole_note(renderer, chapter, question, **options):
    if question.id == "one" and "BREAK" in chapter.source.text:
        raise LookupError("it broke")
    return usual(renderer, chapter, question, **options)

render._Renderer.whole_note = whole_note
main()
"""
"""A cardpress with a fault."""


Show = Callable[..., Browser]


@pytest.fixture(autouse=True)
def _own_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the user's own token alone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """Watch a corpus and show it in a browser."""
    with browsing(tmp_path) as browser:
        opened = []

        def show(folder: Path, query: str = "", **window: object) -> Browser:
            watching = watching_corpus(folder)
            opened.append(watching)
            browser.open(watching.__enter__() + query, **window)  # type: ignore[arg-type]
            return browser

        yield show
        assert browser.problems == []
        for watching in opened:
            watching.__exit__(None, None, None)


def _text(question: str) -> str:
    """Return the JavaScript for what the first card of a question shows."""
    return f"{DOCUMENT.format(question)}?.body?.innerText ?? ''"


def _write(path: Path, text: str) -> None:
    """Save as editors do: a new file in the place of the old one."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _remember(browser: Browser) -> None:
    """Mark the frames as old ones. Each is filled by itself: a mark on one that is not yet would be lost."""
    browser.wait(
        "[...document.querySelectorAll('iframe')].every((frame) => frame.contentDocument.body.innerText)"
    )
    browser.ask(REMEMBER)


def test_a_save_changes_its_card_and_nothing_else(show: Show, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    browser = show(folder, "?side=back")
    browser.wait(_text("one"), lambda text: "The first number." in text)
    _remember(browser)
    _write(folder / "01-first.md", CHAPTER.replace("The **first**", "The *smallest*"))
    browser.wait(_text("one"), lambda text: "The smallest number." in text)
    assert browser.ask(AS_REMEMBERED) == 2
    assert "1 card changed" in browser.ask("document.getElementById('last').textContent")
    assert "The second" in browser.ask(_text("two"))


def test_folds_are_closed_as_on_a_phone_and_a_frame_grows_with_what_is_opened(
    show: Show, write_corpus: WriteCorpus
) -> None:
    rest = "\n\n".join(["The rest."] * 20)
    text = f"# T\n\n## What is one? {{#one}}\n\nThe first.\n\n<!-- more -->\n\n{rest}\n"
    browser = show(write_corpus({"01-first.md": text}), "?side=back&width=360")
    browser.wait(_text("one"), lambda text: "The first." in text and "The rest." not in text)
    frame = DOCUMENT.format("one").removesuffix("?.contentDocument")
    closed = browser.wait(f"{frame}.offsetHeight")
    browser.ask(f"{DOCUMENT.format('one')}.querySelector('summary').click()")
    browser.wait(_text("one"), lambda text: "The rest." in text)
    browser.wait(f"{frame}.offsetHeight", lambda height: height > closed + 300)
    browser.ask("document.querySelector('#width [value=desktop]').click()")
    browser.wait(f"{frame}.offsetWidth", lambda width: width >= 600)
    browser.reload()
    browser.wait(_text("one"), lambda text: "The rest." in text)


def test_questions_come_and_go_with_what_is_saved(show: Show, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    browser = show(folder)
    browser.wait(_text("two"))
    _write(
        folder / "01-first.md",
        CHAPTER.replace("## What is two", "## Half? {#half}\n\nOf one.\n\n## What is two"),
    )
    browser.wait(_text("half"), lambda text: "Half?" in text)
    assert browser.ask("[...document.querySelectorAll('.about .id')].map((id) => id.textContent)") == [
        "one",
        "half",
        "two",
    ]
    _write(folder / "02-second.md", "# Second\n\n## New? {#new}\n\nYes.\n")
    browser.wait(_text("new"))
    _remember(browser)
    (folder / "01-first.md").unlink()
    browser.wait("document.querySelectorAll('article').length", lambda number: number == 1)
    assert browser.ask(AS_REMEMBERED) == 1
    assert browser.ask("document.getElementById('count').textContent") == "1 card"


def test_an_error_is_shown_at_its_question_which_keeps_its_last_card(
    show: Show, write_corpus: WriteCorpus
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    browser = show(folder, "?side=back")
    browser.wait(_text("one"))
    _remember(browser)
    wrong = CHAPTER.replace("The **first** number.", "![x](gone.png)").replace("The second", "The next")
    _write(folder / "01-first.md", wrong)
    message = browser.wait("document.querySelector('article .finding')?.innerText ?? ''")
    assert "there is no image 'gone.png'" in message
    assert browser.ask("document.querySelector('article.stale .id').textContent") == "one"
    assert "The first number." in browser.ask(_text("one")), "the last good card stays"
    browser.wait(_text("two"), lambda text: "The next" in text)  # the rest goes on
    place = browser.ask("document.querySelector('article .finding .place a').href")
    assert place == f"vscode://file{folder}/01-first.md:5:1"
    assert browser.ask("document.getElementById('problem-count').textContent") == "1"
    assert browser.ask(AS_REMEMBERED) == 2
    browser.press("e")
    assert "'gone.png'" in browser.ask("document.getElementById('panel').innerText")
    _write(folder / "01-first.md", CHAPTER)
    browser.wait("document.querySelectorAll('.finding').length", lambda number: number == 0)
    assert "Nothing is wrong." in browser.ask("document.getElementById('panel').innerText")
    assert browser.ask("document.querySelector('.stale')") is None


def test_an_edit_of_either_chapter_of_a_file_is_followed(show: Show, write_corpus: WriteCorpus) -> None:
    text = f"{CHAPTER}\n# More numbers\n\n## What is three? {{#three}}\n\nThe third.\n"
    folder = write_corpus({"01-first.md": text})
    browser = show(folder, "?side=back")
    browser.wait(_text("three"), lambda text: "The third." in text)
    chapters = "[...document.getElementById('chapter').options].map((option) => option.text).join()"
    assert browser.ask(chapters) == "all chapters,1 First chapter,2 More numbers"
    _write(folder / "01-first.md", text := text.replace("The third.", "The next."))
    browser.wait(_text("three"), lambda text: "The next." in text)
    _write(folder / "01-first.md", text := text.replace("The **first** number", "The beginning"))
    browser.wait(_text("one"), lambda text: "The beginning" in text)
    _write(folder / "01-first.md", text.replace("# More numbers", "# Others"))
    browser.wait(chapters, lambda text: text == "all chapters,1 First chapter,2 Others")
    ids = "[...document.querySelectorAll('article .id')].map((id) => id.textContent).join()"
    assert browser.ask(ids) == "one,two,three"


def test_a_question_that_was_never_without_an_error_has_a_place_of_its_own(
    show: Show, write_corpus: WriteCorpus
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER.replace(" {#two .mid}", "")})
    browser = show(folder)
    browser.wait(_text("one"))
    assert "no card until" in browser.ask("document.querySelector('.broken').innerText")
    assert "has no id" in browser.ask("document.querySelector('article .finding').innerText")
    _write(folder / "01-first.md", CHAPTER)
    browser.wait(_text("two"), lambda text: "What is two?" in text)
    assert browser.ask("document.querySelector('.broken')") is None


def test_day_and_night_phone_and_desktop_are_anki_s(show: Show, write_corpus: WriteCorpus) -> None:
    browser = show(write_corpus({"01-first.md": CHAPTER}))
    browser.wait(_text("one"))
    document = DOCUMENT.format("one")
    assert browser.ask(f"{document}.body.className") == "card card1 isLin"
    day = browser.ask(f"getComputedStyle({document}.body).backgroundColor")
    browser.press("n")
    assert browser.ask(f"{document}.body.className") == "card card1 isLin nightMode night_mode"
    assert browser.ask(f"getComputedStyle({document}.body).backgroundColor") != day
    browser.press("w")
    assert browser.ask(f"{document}.body.className").startswith("card card1 mobile android nightMode")
    assert browser.ask(f"{document}.documentElement.clientWidth") == 360
    assert browser.ask("location.search") == "?width=360&side=front&mode=night"


def test_the_system_s_dark_mode_is_followed(show: Show, write_corpus: WriteCorpus) -> None:
    browser = show(write_corpus({"01-first.md": CHAPTER}), is_dark=True)
    browser.wait(_text("one"))
    assert "nightMode" in browser.ask(f"{DOCUMENT.format('one')}.body.className")


def test_keys_move_flip_and_search(show: Show, write_corpus: WriteCorpus) -> None:
    browser = show(write_corpus({"01-first.md": CHAPTER}))
    browser.wait(_text("two"))
    browser.press("j", "j", " ")
    browser.wait(_text("two"), lambda text: "The second" in text)
    assert "The first" not in browser.ask(_text("one"))
    browser.press("k", " ")
    browser.wait(_text("one"), lambda text: "The first" in text)
    browser.press("/", "f", "i", "r", "s", "t")
    assert browser.ask("document.getElementById('count').textContent") == "1 of 2 cards"
    assert browser.ask("new URLSearchParams(location.search).get('text')") == "first"
    browser.press("Escape", "?")
    assert browser.ask("document.getElementById('keys').open")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("level=junior", ["one"]),
        ("tag=numbers", ["one"]),
        ("chapter=0/second", ["three"]),
        ("kind=typed", ["three"]),
        ("text=SECOND%201", ["two"]),
        ("text=nowhere", []),
        ("text=مدرس", ["three"]),
        ("text=مُعلِّمٌ", ["three"]),
        ("text=CAFE", ["three"]),
    ],
)
def test_the_address_filters(show: Show, write_corpus: WriteCorpus, query: str, shown: list[str]) -> None:
    second = "# Second\n\n## Three? {#three .typed}\n\n`3` مُـدَرِّسٌ معلم café\n"
    browser = show(write_corpus({"01-first.md": CHAPTER, "02-second.md": second}), f"?{query}")
    browser.wait("document.getElementById('count').textContent")
    assert browser.ask(SHOWN) == shown
    if not shown:
        browser.click(".nothing button")
        assert browser.ask(SHOWN) == ["one", "two", "three"]


def test_a_flipped_card_and_the_place_on_the_page_outlast_a_save(
    show: Show, write_corpus: WriteCorpus
) -> None:
    many = "# First\n\n" + "\n".join(f"## What is {n}? {{#q{n}}}\n\nThe number {n}.\n" for n in range(60))
    folder = write_corpus({"01-first.md": many})
    browser = show(folder)
    browser.wait(_text("q0"))
    browser.press(*"j" * 30, " ")
    browser.wait(_text("q29"), lambda text: "The number 29." in text)
    top = browser.wait(
        "document.querySelector('.selected').getBoundingClientRect().top", lambda top: 0 < top < 300
    )
    _write(
        folder / "01-first.md",
        many.replace("The number 29.", "Changed.").replace("What is 3?", "What? " * 99),
    )
    browser.wait(_text("q29"), lambda text: "Changed." in text)
    assert browser.ask(TOP) == pytest.approx(top, abs=3)
    assert browser.ask("document.querySelectorAll('iframe').length") < 40, "only what is near has a document"


def test_images_formulas_and_fonts_are_there(show: Show, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(LOOK, tmp_path / "corpus" / "look"))
    browser = show(folder, "?side=both")
    image = "document.querySelector('[data-card=\"0/picture:0\"] iframe').contentDocument"
    browser.wait("document.querySelector('[data-card=\"0/picture:0\"]') !== null")
    browser.ask("document.querySelector('[data-card=\"0/picture:0\"]').scrollIntoView()")
    browser.wait("document.querySelector('[data-card=\"0/picture:0\"] iframe') !== null")
    browser.wait(f"{image}?.querySelector('img')?.naturalWidth ?? 0")
    assert browser.ask("document.querySelector('[data-card=\"0/picture:0\"] .maths').checkVisibility()")
    assert browser.wait(f"[...{image}.fonts].filter((font) => font.status === 'loaded').length")


OCCLUSION = """\
# First chapter

## Which part? {#one .occlusion}

![A blue square](blue.png){width=300}

- {{c1::the middle}} 40% 40% 20% 20%
- {{c3::a corner}} 0% 0% 20% 20%
"""


def test_a_box_is_drawn_with_the_mouse_and_its_line_is_copied(show: Show, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": OCCLUSION, "blue.png": (CASES / "media" / "blue.png").read_bytes()})
    browser = show(folder)
    browser.grant("clipboardReadWrite", "clipboardSanitizedWrite")
    image = f"{DOCUMENT.format('one')}.querySelector('.occlusion img')"
    browser.wait(f"{DOCUMENT.format('one')}?.querySelector('.occlusion img')?.naturalWidth ?? 0")
    frame = "document.querySelector('[data-card=\"0/one:0\"] iframe').getBoundingClientRect()"
    left, top, width, height = browser.ask(
        f"(() => {{ const image = {image}.getBoundingClientRect(), frame = {frame};"
        " return [frame.left + image.left, frame.top + image.top, image.width, image.height] })()"
    )
    assert width == 300
    copied = "document.getElementById('last').textContent"

    def drag(*places: tuple[float, float], is_round: bool = False) -> None:
        browser.drag(*((left + x * width, top + y * height) for x, y in places), shift=is_round)

    drag((0.1, 0.2), (0.5, 0.5), (0.35, 0.6))
    line = "- {{c4::}} 10% 20% 25% 40%"
    browser.wait(copied, lambda text: text == f"Copied: {line}")
    assert browser.ask("navigator.clipboard.readText()") == line
    assert browser.ask(f"{DOCUMENT.format('one')}.querySelector('.drawing')") is None
    drag((0.9, 0.75), (1.2, 0.5), is_round=True)  # upwards, and out of the image
    browser.wait(copied, lambda text: text == "Copied: - {{c4::}} 90% 50% 10% 25% ellipse")
    drag((0.2, 0.2), (0.2, 0.2))  # a click
    assert browser.ask(copied).endswith("25% ellipse")
    text = OCCLUSION + "- {{c4::a side}} 90% 50% 10% 25% ellipse\n"
    _write(folder / "01-first.md", text)
    browser.wait("document.querySelectorAll('article .card').length", lambda number: number == 3)
    drag((0.1, 0.2), (0.3, 0.5))
    browser.wait(copied, lambda text: text == "Copied: - {{c5::}} 10% 20% 20% 30%")
    assert (folder / "01-first.md").read_text() == text, "nothing is written"


def test_an_address_of_what_is_no_longer_printed_opens_nothing(show: Show, write_corpus: WriteCorpus) -> None:
    browser = show(write_corpus({"01-first.md": CHAPTER}), "?panel=poster")
    browser.wait(_text("one"))
    assert browser.ask("document.getElementById('panel').hidden")
    browser.click("#print")
    assert (
        browser.ask("document.querySelector('#panel .choice [aria-pressed=true]').textContent")
        == "Cheat-sheet"
    )


@needs_pango
def test_what_is_printed_stands_beside_the_cards(show: Show, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    browser = show(folder, "?panel=studysheet")
    browser.wait(
        "document.querySelector('#panel .state')?.textContent ?? ''", lambda text: text.startswith("made at")
    )
    tabs = browser.ask(
        "[...document.querySelectorAll('#panel .choice button')].map((tab) => tab.textContent)"
    )
    assert tabs == [output.title for output in PRINTED.values()]
    address = browser.ask("document.querySelector('#panel iframe').src")
    assert urlopen(address).read(5) == b"%PDF-"
    assert sorted(path.name for path in folder.iterdir()) == ["01-first.md", "deck.toml"], (
        "no lock is written"
    )


def test_the_page_says_that_the_watch_has_ended(
    show: Show, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    with browsing(tmp_path / "other") as browser:
        with watching_corpus(write_corpus({"01-first.md": CHAPTER})) as url:
            browser.open(url)
            browser.wait(_text("one"))
        browser.wait("!document.getElementById('lost').hidden")


def test_a_page_that_stayed_open_goes_on_with_the_next_watch(
    write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder, port = write_corpus({"01-first.md": CHAPTER}), free_port()
    with browsing(tmp_path / "other") as browser:
        with watching_corpus(folder, port) as url:
            browser.open(f"{url}?side=back&card=0/two:0")
            browser.wait(_text("two"))
        browser.wait("!document.getElementById('lost').hidden")
        _write(folder / "01-first.md", CHAPTER.replace("The second", "The 2nd"))
        with watching_corpus(folder, port) as again:
            assert again == url
            browser.wait("document.getElementById('lost').hidden")
            browser.wait(_text("two"), lambda text: "The 2nd" in text)
            browser.reload()
            browser.wait(_text("two"), lambda text: "The 2nd" in text)


def test_the_page_is_reached_by_the_address_for_once(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    def tell(error: Exception) -> str:
        raise error

    folder = write_corpus({"01-first.md": CHAPTER})
    with (
        browsing(tmp_path / "other") as browser,
        watching(
            [folder],
            cache=NO_CACHE,
            port=None,
            editor="e:{path}",
            clock=time.time,
            tell=tell,
            token="t" * 22,
        ) as shown,
    ):
        _, server, _ = shown
        browser.open(server.url_for_once())
        browser.wait(_text("one"))
        assert browser.ask("location.href").startswith(server.url)
        assert browser.problems == []


def test_a_fault_is_shown_on_the_page_until_the_next_save(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    program = tmp_path / "watch.py"
    program.write_text(FAULTY)
    with browsing(tmp_path / "other") as browser, watching_corpus(folder, program=program) as url:
        browser.open(url)
        browser.wait(_text("one"))
        _write(folder / "01-first.md", CHAPTER.replace("The **first**", "BREAK"))
        shown = browser.wait("document.getElementById('faults').textContent")
        assert "01-first.md:3, question 'one': this is a fault of cardpress (LookupError: it broke)" in shown
        assert "The first number." not in browser.ask(_text("one"))
        browser.reload()
        browser.wait("document.getElementById('faults')?.textContent", lambda text: text == shown)
        _write(folder / "01-first.md", CHAPTER.replace("first** number", "first** one"))
        browser.wait("document.getElementById('faults').hidden")
        browser.press("b")
        browser.wait(f"({_text('one')}).length")


def test_a_link_opens_the_editor_that_was_asked_for(show: Show, write_corpus: WriteCorpus) -> None:
    browser = show(write_corpus({"01-first.md": CHAPTER}))
    browser.wait(_text("one"))
    for template, address in (
        ("vscode://file/{path}:{line}:{column}", "vscode://file/a%20b/c.md:3:4"),
        ("txmt://open?url=file://{path}&line={line}", "txmt://open?url=file:///a%20b/c.md&line=3"),
        ("idea://open?file={path}&line={line}", "idea://open?file=/a%20b/c.md&line=3"),
    ):
        script = f"page.state.editor = '{template}'; return page.editorAddress('/a b/c.md', 3, 4)"
        assert browser.ask(f"import('./page/corpora.js').then((page) => {{ {script} }})") == address


def test_a_problem_leads_to_its_card_whatever_is_filtered(show: Show, write_corpus: WriteCorpus) -> None:
    wrong = CHAPTER.replace("The second, `1 + 1`.", "```pyhton\n1\n```")
    browser = show(write_corpus({"01-first.md": wrong}), "?text=first&panel=problems", width=600)
    browser.wait("document.querySelector('#panel .jump') !== null")
    assert browser.ask(SHOWN) == ["one"]
    browser.click("#panel .jump")
    assert browser.ask("document.querySelector('.selected').closest('article').question.id") == "two"
    assert browser.ask("document.getElementById('panel').hidden"), "it lay over the cards"
    browser.wait(TOP, lambda top: 0 <= top < 400)


def test_a_sound_can_be_played(show: Show, write_corpus: WriteCorpus) -> None:
    text = "# T\n\n## How is it said: ![dog](a.wav)? {#one}\n\nA dog: ![again](a.wav)\n"
    browser = show(write_corpus({"01-first.md": text, "a.wav": wav(500)}), "?side=both")
    players = f"[...({DOCUMENT.format('one')}?.querySelectorAll('audio') ?? [])]"
    browser.wait(f"{players}.length == 1")
    browser.ask(f"{players}.forEach((player) => {{ player.preload = 'auto'; player.load(); }})")
    browser.wait(f"{players}.every((player) => player.duration == 0.5 && !player.error)")
