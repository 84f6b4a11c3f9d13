"""Image occlusion, as the real Anki shows it, and as its author is told what is wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from click.testing import Result

from builder.corpus.kinds.occlusion import MOST_BOXES, OCCLUSION
from builder.corpus.reader import read_chapter
from builder.markdown.parser import Source
from tests.conftest import CASES, WriteCorpus
from tests.measuring import growth

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

Run = Callable[..., Result]
BLUE = (CASES / "media" / "blue.png").read_bytes()
IMAGE = "![A blue square](blue.png)"
ONE = f"""\
# T

## Which part? {{#part .occlusion}}

It is blue.

{IMAGE}

- {{{{c3::the **middle**::not an edge}}}} 40% 40% 20% 20% ellipse
- {{{{c1::a corner}}}} 0% 0% 20% 20%
- {{{{c1::its other corner}}}} 80.50% 80% 19.5% 20%

The middle is explained.

<!-- more -->

In detail.
"""
ALL = ONE.replace(".occlusion", '.occlusion hide="all"')


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    collection = Collection(str(tmp_path_factory.mktemp("anki") / "collection.anki2"))
    yield collection
    collection.close()


Cards = dict[int, tuple[str, str]]


@pytest.fixture
def cards(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, collection: Collection
) -> Callable[[str], Cards]:
    """Build one question and return front and back of its cards, by cloze number, as Anki renders them."""

    def cards(chapter: str) -> Cards:
        folder = write_corpus({"01-first.md": chapter, "blue.png": BLUE})
        result = run("build", folder, "--output", tmp_path, "--only", "apkg")
        assert result.exit_code == 0, result.output
        collection.remove_notes(collection.find_notes(""))
        _import(collection, tmp_path / "demo.apkg")
        found = [collection.get_card(card) for card in collection.find_cards("")]
        sides = {card.ord + 1: (_body(card.question()), _body(card.answer())) for card in found}
        return dict(sorted(sides.items()))

    return cards


def _import(collection: Collection, package: Path) -> None:
    options = ImportAnkiPackageOptions()
    collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))


def _body(html: str) -> str:
    return re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


def _masks(html: str) -> list[tuple[str, str, str]]:
    """Return the masks of a side: the place of each, the class of its deletion, and the text in it."""
    found = re.findall(
        r'<span class="mask[^"]*" style="([^;]*;[^;]*;[^;]*;[^;]*);[^"]*">(.*?)</span>(?=<)', html
    )
    return [
        (
            re.sub(r"[a-z]+: ", "", place),
            "asked" if '<span class="cloze"' in deletion else "other",
            unescape(re.sub(r"<[^>]*>", "", deletion)),
        )
        for place, deletion in found
    ]


def test_each_number_makes_a_card_that_asks_for_its_boxes(cards: Callable[[str], Cards]) -> None:
    found = cards(ONE)
    assert [*found] == [1, 3]
    places = ["40%; 40%; 20%; 20%", "0%; 0%; 20%; 20%", "80.5%; 80%; 19.5%; 20%"]
    names = ["the middle", "a corner", "its other corner"]
    (asks_one, tells_one), (asks_three, tells_three) = (map(_masks, found[number]) for number in (1, 3))
    assert asks_one == [
        (places[0], "other", names[0]),
        (places[1], "asked", "[?]"),
        (places[2], "asked", "[?]"),
    ]
    assert asks_three == [
        (places[0], "asked", "[not an edge]"),
        (places[1], "other", names[1]),
        (places[2], "other", names[2]),
    ]
    for told, asked in ((tells_one, asks_one), (tells_three, asks_three)):
        assert told == [(place, which, name) for (place, which, _), name in zip(asked, names, strict=True)]


@pytest.mark.parametrize(("chapter", "hides"), [(ONE, "one"), (ALL, "all")])
def test_an_image_says_whether_it_hides_one_box_or_all(
    cards: Callable[[str], Cards], chapter: str, hides: str
) -> None:
    for sides in cards(chapter).values():
        for side in sides:
            (names,) = re.findall(r'<div class="occlusion ([^"]*)"', side)
            assert names == hides
            assert side.count("<img ") == 1
            assert "<script" not in side


def test_what_explains_an_image_is_marked_for_the_back(cards: Callable[[str], Cards]) -> None:
    front, back = cards(ONE)[3]
    answer = '<div class="answer" id="answer">'  # card.css tells the back by this
    assert answer in back
    assert answer not in front
    for side in (front, back):
        above, _, below = side.partition('<div class="explained">')
        assert "It is blue." in above
        assert below.startswith("<p>The middle is explained.</p></div>")
    assert "In detail." in back
    assert "In detail." not in front


def test_a_width_is_the_image_s_and_its_boxes(cards: Callable[[str], Cards]) -> None:
    front, _ = cards(ONE.replace(IMAGE, f"{IMAGE}{{width=50%}}"))[1]
    assert re.search(
        r'<div class="occlusion one" style="width: 50%"><img src="[^"]*" alt="A blue square">', front
    )
    front, _ = cards(ONE.replace(IMAGE, f"{IMAGE}{{width=120}}"))[1]
    assert '<div class="occlusion one" style="width: 120px"><img ' in front


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("`a[::2]`", "a[::2]"),
        ("std\\::vector", "std::vector"),
        ("`{{x}}`", "{{x}}"),
        ("{a}", "{a}"),
        ("<b>", None),
        ("a & `<b>`", "a & <b>"),
        (":", ":"),
        ("`[sound:a.mp3]`", "[sound:a.mp3]"),
        ('"quoted"', '"quoted"'),
        ("H~2~O", "H2O"),
        ("\u05d2\u05e8\u05e2\u05d9\u05df", "\u05d2\u05e8\u05e2\u05d9\u05df"),
    ],
)
def test_any_name_is_shown_as_written(
    cards: Callable[[str], Cards], written: str, shown: str | None, request: pytest.FixtureRequest
) -> None:
    text = ONE.replace("a corner", written, 1)
    if shown is None:
        run, write = request.getfixturevalue("run"), request.getfixturevalue("write_corpus")
        result = run("check", write({"01-first.md": text, "blue.png": BLUE}))
        assert "[raw-html]" in result.stderr
        return
    front, back = cards(text)[1]
    assert [name for _, _, name in _masks(back)] == ["the middle", shown, "its other corner"]
    assert [name for _, _, name in _masks(front)] == ["the middle", "[?]", "[?]"]


def test_a_box_that_moves_keeps_its_review_and_one_that_goes_leaves_an_empty_card(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"01-first.md": ONE, "blue.png": BLUE})
    own = Collection(str(tmp_path / "own.anki2"))

    def publish(chapter: str, second: int) -> Result:
        (folder / "01-first.md").write_text(chapter)
        package = tmp_path / "out"
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(second))
        result = run("build", folder, "--output", package, "--only", "apkg")
        assert result.exit_code == 0, result.output
        _import(own, package / "demo.apkg")
        return result

    try:
        publish(ONE, 1_700_000_000)
        for card_id in own.find_cards(""):
            card = own.get_card(card_id)
            card.reps = 5 + card.ord
            own.update_card(card)
        before = {own.get_card(id_).ord: id_ for id_ in own.find_cards("")}
        publish(ONE.replace("40% 40% 20% 20%", "41% 42% 10% 10%"), 1_700_100_000)
        added = ONE.replace("- {{c1::a corner", "- {{c2::the edge}} 40% 0% 20% 20%\n- {{c1::a corner")
        publish(added, 1_700_200_000)
        now = {own.get_card(id_).ord: own.get_card(id_) for id_ in own.find_cards("")}
        assert {ord_: card.id for ord_, card in now.items() if ord_ in before} == before
        assert {ord_: card.reps for ord_, card in now.items()} == {0: 5, 1: 0, 2: 7}
        assert "41%" not in now[2].question(), "it went back with the next build"
        gone = re.sub(r"- \{\{c3.*\n", "", added)
        result = publish(gone, 1_700_300_000)
        assert "cloze number 3 of 'part' was published, and is gone" in result.stderr
        assert "[card-gone]" in result.stderr
        assert own.get_card(before[2]).reps == 7, "its reviews are still there"
        assert [card_id for note in own.get_empty_cards().notes for card_id in note.card_ids] == [before[2]]
    finally:
        own.close()


def test_a_plain_question_that_gets_boxes_is_another_note(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    plain = f"# T\n\n## Which part? {{#part}}\n\n{IMAGE}\n"
    folder = write_corpus({"01-first.md": plain, "blue.png": BLUE})
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    (folder / "01-first.md").write_text(ONE)
    assert "[kind-changed]" in run("check", folder).stderr


def test_what_is_given_away_is_named(run: Run, write_corpus: WriteCorpus) -> None:
    given = ONE.replace("It is blue.", "Where is a corner?")
    result = run("check", write_corpus({"01-first.md": given, "blue.png": BLUE}))
    assert (
        "01-first.md:10:9: warning: the hidden name 'a corner' is visible in the prompt or above"
        in result.stderr
    )
    shutil.rmtree(write_corpus())
    result = run("check", write_corpus({"01-first.md": ONE, "blue.png": BLUE}))
    assert result.stderr == "", "what is explained below the boxes is on the back"


def _found(lines: str) -> list[str]:
    text = f"# T\n\n## Which? {{#which .occlusion}}\n\n{IMAGE}\n\n{lines}\n"
    chapter, found = read_chapter(Source(CASES / "media" / "01-t.md", text))
    return [each.code for each in (*found, *OCCLUSION.checks[0](chapter))]


def test_an_image_has_a_hundred_boxes_at_most() -> None:
    line = "- {{{{c{n}::box {n}}}}} {n}% 0% 1% 1%"
    lines = [line.format(n=n) for n in range(1, MOST_BOXES)]
    assert _found("\n".join([*lines, "- {{c100::last}} 0% 50% 1% 1%"])) == []
    lines = [line.format(n=n) for n in range(MOST_BOXES + 1)]
    assert _found("\n".join(lines)) == ["box-count"]


def test_many_boxes_take_time_like_their_number() -> None:
    def read(number: int) -> Callable[[], object]:
        text = (
            "# T\n\n## Which? {#which .occlusion}\n\n![x](blue.png)\n\n"
            + "- {{c1::a}} 1% 1% 1% 1%\n" * number
        )
        return lambda: read_chapter(Source(Path("01-t.md"), text))

    assert growth(read, 300) < 3
