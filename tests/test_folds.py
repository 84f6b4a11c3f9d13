"""Folds: what a phone shows of an answer before a tap, and what a wide screen shows without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles

import pytest
from click.testing import Result

from tests.browser import Browser, browsing
from tests.conftest import FLASK, WriteCorpus
from tests.oracle import written
from tests.reviewer import Side, measure, needs_browser, needs_reviewer, sides_of, write_page

Run = Callable[..., Result]

pytestmark = [pytest.mark.slow, needs_browser, needs_reviewer]

PHONE, DESKTOP = "mobile android", "isLin"
SCREEN = (360, 640)
"""A narrow phone's, in pixels."""
MOST_SCREENS = 1.6
"""What 95 of 100 main cards keep to while their folds are closed."""

CHAPTER = """\
# Folds

## What is asked? {#all}

The lead.

<!-- more -->

The rest.

### Why interviewers ask

The reason.

### Weak answer

The weak one.

### Pitfall

The trap.

### Follow-up

**What comes `next`?** It **is** this.

Another paragraph.

### Read more

The page.

## Which one is it? {#choice .choice}

- [ ] This one.
- [x] That one.

It is the solution.

## Is there more? {#plain}

There is not.

## Who asks without bold? {#whole}

The lead.

### Follow-up

Why is **bold** in the middle?

The answer.
"""
FOLDS = {
    "Details": ["The rest."],
    "A weak answer": ["The weak one."],
    "Pitfall": ["The trap."],
    "Follow-up": ["It is this.", "Another paragraph."],
    "Read more": ["The page."],
}
"""What the folds of the first question hold, by their summaries."""

PAGE = "document.querySelector('iframe').contentDocument"
TEXT = f"{PAGE}.body.innerText.replace(/\\s+/g, ' ')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


Show = Callable[[str, int, str], None]


@pytest.fixture
def show(browser: Browser, run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> Show:
    """Show the back of a card in a window of a width, in a reviewer with some classes."""
    assert run("build", write_corpus({"01-first.md": CHAPTER}), "--output", tmp_path).exit_code == 0
    sides = {side.name: side for side in sides_of(tmp_path / "demo.apkg", tmp_path / "page")}

    def show(id_: str, width: int, classes: str) -> None:
        side: Side = sides[f"{id_}:0:a"]
        write_page([side], tmp_path / "page" / "page.html", width=width, classes=classes)
        browser.open((tmp_path / "page" / "page.html").as_uri(), width=width, height=1600)
        browser.wait(f"{PAGE}.querySelector('.cp') && document.querySelector('iframe').height > 100")

    return show


def _text(browser: Browser) -> str:
    return str(browser.ask(TEXT))


def _unfolded(text: str) -> list[str]:
    """List what of the folds' contents a text has."""
    return [words for held in FOLDS.values() for words in held if words in text]


def _tap(browser: Browser, expression: str) -> None:
    """Tap in the middle of an element of the card."""
    box = browser.ask(f"{expression}.getBoundingClientRect().toJSON()")
    browser.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _summary(name: str) -> str:
    return f"[...{PAGE}.querySelectorAll('summary')].find((each) => each.innerText === '{name}')"


def test_a_phone_shows_the_answer_and_what_else_there_is(show: Show, browser: Browser) -> None:
    show("all", 360, PHONE)
    text = _text(browser)
    for shown in ("What is asked?", "The lead.", "The reason.", "What comes next?", *FOLDS):
        assert shown in text
    assert _unfolded(text) == []


def test_options_and_solution_are_never_folded(show: Show, browser: Browser) -> None:
    show("choice", 360, PHONE)
    for shown in ("This one.", "That one.", "It is the solution."):
        assert shown in _text(browser)


def test_what_is_empty_has_no_fold(show: Show, browser: Browser) -> None:
    show("plain", 360, PHONE)
    assert browser.ask(f"{PAGE}.querySelectorAll('details').length") == 0
    show("whole", 360, PHONE)
    assert browser.ask(f"[...{PAGE}.querySelectorAll('summary')].map((each) => each.innerText)") == [
        "Follow-up"
    ]


@pytest.mark.parametrize("name", FOLDS)
def test_a_tap_opens_a_fold_and_another_closes_it(show: Show, browser: Browser, name: str) -> None:
    show("all", 360, PHONE)
    closed = _text(browser)
    _tap(browser, _summary(name))
    assert _unfolded(_text(browser)) == FOLDS[name]
    _tap(browser, _summary(name))
    assert _text(browser) == closed


def test_every_summary_is_as_tall_as_a_finger_needs(show: Show, browser: Browser) -> None:
    """44 pixels. That of a follow-up is reached from all of its box."""
    show("all", 360, PHONE)
    tall = browser.ask(
        f"[...{PAGE}.querySelectorAll('.fold:not(.follow-up) summary, .fold.follow-up')]"
        ".map((each) => each.getBoundingClientRect().height)"
    )
    assert len(tall) == len(FOLDS)
    assert min(tall) >= 44


def test_a_follow_up_opens_from_its_question(show: Show, browser: Browser) -> None:
    show("all", 360, PHONE)
    _tap(browser, f"{PAGE}.querySelector('.follow-up strong')")
    assert "What comes next? It is this. Another paragraph." in _text(browser)


def test_a_follow_up_without_a_question_in_bold_folds_behind_its_first_paragraph(
    show: Show, browser: Browser
) -> None:
    show("whole", 360, PHONE)
    assert "Why is bold in the middle?" in _text(browser)
    assert "The answer." not in _text(browser)


@pytest.mark.parametrize("width", [600, 1100])
def test_a_wide_screen_shows_all_under_plain_headings(show: Show, browser: Browser, width: int) -> None:
    show("all", width, DESKTOP)
    text = _text(browser)
    assert _unfolded(text) == [words for held in FOLDS.values() for words in held]
    for name in FOLDS:
        assert name in text
        _tap(browser, f"[...{PAGE}.querySelectorAll('h4')].find((each) => each.innerText === '{name}')")
    assert browser.ask(f"{PAGE}.querySelectorAll('[open]').length") == 0
    for _ in range(8):
        browser.press("Tab")
        assert browser.ask(f"{PAGE}.activeElement.tagName") != "SUMMARY"
    browser.ask(f"{PAGE}.querySelectorAll('summary').forEach((each) => each.focus())")
    assert browser.ask(f"{PAGE}.activeElement.tagName") == "BODY"


def test_a_phone_s_keyboard_reaches_a_summary(show: Show, browser: Browser) -> None:
    """The other side of the test above: there the same question has another answer."""
    show("all", 360, PHONE)
    browser.ask(f"{PAGE}.querySelector('summary').focus()")
    assert browser.ask(f"{PAGE}.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("mode", ["", " nightMode night_mode ankidroid_dark_mode"], ids=["day", "night"])
def test_main_cards_take_about_one_screen_of_a_phone(flask_release: Path, tmp_path: Path, mode: str) -> None:
    questions = (question for path in FLASK.glob("[0-9]*.md") for question in written(path))
    mains = {question.id for question in questions if not question.is_drill}
    backs = [
        side
        for side in sides_of(flask_release / "flask.apkg", tmp_path)
        if side.name.endswith(":a") and side.name.split(":")[0] in mains
    ]
    assert len(backs) >= len(mains) > 200
    width, height = SCREEN
    measured = list(measure(backs, tmp_path, width=width, classes=PHONE + mode))
    assert [side.name for side in measured] == [side.name for side in backs]
    screens = {side.name: side.height / height for side in measured}
    tallest = sorted(screens, key=screens.__getitem__, reverse=True)
    assert quantiles(screens.values(), n=20)[-1] <= MOST_SCREENS, f"begin with {tallest[:20]}"
