"""Every kind of question, as the real Anki shows it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.corpus.kinds import kind_of
from builder.corpus.kinds.choice import in_order
from builder.corpus.kinds.cloze import deletions
from builder.corpus.reader import read_chapter
from builder.markdown.parser import ClozeForm, Passage, Source, parse, plain_text, to_html
from tests.conftest import CASES, WriteCorpus
from tests.measuring import growth

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.notes import Note

Run = Callable[..., Result]
Sides = dict[tuple[str, int], tuple[str, str]]


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    collection = Collection(str(tmp_path_factory.mktemp("anki") / "collection.anki2"))
    yield collection
    collection.close()


@pytest.fixture
def shown(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, collection: Collection
) -> Callable[[str], Sides]:
    """Build one chapter and return front and back of each card as the real Anki renders them."""

    def shown(chapter: str) -> Sides:
        folder = write_corpus({"01-first.md": chapter})
        result = run("build", folder, "--output", tmp_path, "--only", "apkg")
        assert result.exit_code == 0, result.output
        collection.remove_notes(collection.find_notes(""))
        collection.import_anki_package(
            ImportAnkiPackageRequest(
                package_path=str(tmp_path / "demo.apkg"), options=ImportAnkiPackageOptions()
            )
        )
        sides: Sides = {}
        for card_id in collection.find_cards(""):
            card = collection.get_card(card_id)
            sides[card.note()["ID"], card.ord] = (card.question(), card.answer())
        return sides

    return shown


@pytest.fixture
def kinds(shown: Callable[[str], Sides]) -> Sides:
    return shown((CASES / "valid" / "kinds.md").read_text(encoding="utf-8"))


def _text(html: str, of: str = "") -> str:
    """Return what is read, all space as it is; `of` a class, up to its end, where one is named."""
    html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    if of:
        html = html.partition(f'class="{of}"')[2].partition(">")[2]
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_each_kind_has_its_cards(kinds: Sides) -> None:
    ordinals = {name: [ordinal for other, ordinal in sorted(kinds) if other == name] for name, _ in kinds}
    assert ordinals == {
        "g-gone": [0, 1, 2, 3],
        "url-for": [0],
        "redirect": [0],
        "before-request": [0, 1],
        "plain": [0],
    }


def test_a_cloze_hides_its_gap_and_nothing_else(kinds: Sides) -> None:
    code = 'with app.app_context():\n    g.cart = {"a": {"b": [1, 2][::2]}}'
    fronts = [_text(kinds["g-gone", ordinal][0], "answer").strip() for ordinal in range(4)]
    whole = "discarded: it lives as long as the application context, flask.g.\n" + code
    assert fronts == [
        whole.replace("discarded", "[kept or gone]"),
        whole.replace("application context", "[...]").replace("app_context()", "[...]"),
        whole.replace("flask.g", "flask.[...]"),
        whole.replace('{"a": {"b": [1, 2][::2]}}', "[...]"),
    ]
    for ordinal in range(4):
        assert _text(kinds["g-gone", ordinal][1], "answer").startswith(whole)


def test_code_in_a_cloze_keeps_its_colours(kinds: Sides) -> None:
    front, back = kinds["g-gone", 3]
    assert '<span class="k">with</span> app.' in front
    assert re.search(r'<span class="cloze"[^>]*>\[\.\.\.\]</span></code></pre>', front)
    assert '<span class="s">&quot;a&quot;</span>' in back.replace('"a"', "&quot;a&quot;")


def test_a_reversed_question_is_asked_both_ways(kinds: Sides) -> None:
    (there, _), (back, answer) = kinds["before-request", 0], kinds["before-request", 1]
    assert "before_request" in _text(there)
    assert "Runs before" not in _text(there)
    assert "Runs before each request." in _text(back)
    assert "before_request" not in _text(back)
    assert "before_request" in _text(answer)


def test_a_choice_shows_its_options_first_and_the_right_one_after(kinds: Sides) -> None:
    front, back = kinds["redirect", 0]
    assert re.findall(r"<li>(.*?)</li>", front) == ["302", "301", "<code>307</code>"], (
        "the right one stands where its id says, and the others as they are written"
    )
    assert "That is permanent." not in front
    assert "It is the first." not in front
    assert '<li class="right">302 <span class="mark">✓</span></li>' in back
    assert '<li class="wrong">301<div class="reason"><p>That is permanent.</p></div></li>' in back
    assert back.count("301") == 1
    assert "It is the first." in back
    assert "<script" not in front + back


def _options(attributes: str, options: str = "abc", right: str = "b") -> str:
    """Return the options of a choice in the order in which they are shown."""
    lines = "".join(f"- [{'x' if name == right else ' '}] {name}\n" for name in options)
    chapter, found = read_chapter(Source(Path("01-t.md"), f"# T\n\n## Which? {{{attributes}}}\n\n{lines}"))
    assert found == []
    (question,) = chapter.questions
    return "".join(plain_text(each.text) for each in in_order(question, kind_of(question).options(question)))


def test_the_right_option_stands_at_each_place_as_often() -> None:
    places = Counter(_options(f"#q-{number} .choice", "abcd").index("b") for number in range(800))
    assert all(150 < places[place] < 250 for place in range(4)), places


def test_the_other_options_keep_their_order() -> None:
    shown = {_options(f"#q-{number} .choice", "abcd", "d") for number in range(50)}
    assert shown == {"dabc", "adbc", "abdc", "abcd"}


def test_a_renamed_choice_keeps_its_order() -> None:
    for number in range(20):
        assert _options(f'#new was="q-{number}" .choice') == _options(f"#q-{number} .choice")


def test_an_author_may_keep_the_order() -> None:
    assert {_options(f'#q-{number} .choice order="as-written"') for number in range(20)} == {"abc"}


def test_a_typed_answer_is_compared_with_its_first_code(kinds: Sides, collection: Collection) -> None:
    front, back = kinds["url-for", 0]
    assert "[[type:Typed]]" in front
    assert "[[type:Typed]]" in back
    assert "url_for" not in front
    (card_id,) = collection.find_cards("ID:url-for")
    expected = collection.get_card(card_id).note()["Typed"]
    right = collection.compare_answer(expected, "url_for")
    assert right == "<code id=typeans><span class=typeGood>url_for</span></code>"


def test_gap_syntax_is_ordinary_text_in_other_kinds(kinds: Sides) -> None:
    _, back = kinds["plain", 0]
    assert _text(back, "prompt").startswith("How does a template show {{c1::x}}?")
    assert "As {{c1::x}}:\n{{c1::x}}\n- [x] y" in _text(back)


HOSTILE = [
    "[sound:a.mp3]",
    "[anki:tts lang=en]x[/anki:tts]",
    "[anki:play:q:0]",
    "[latex]x[/latex]",
    "[$]x[/$]",
    "[$$]x[/$$]",
    r"\(x\)",
    r"\[x\]",
    "[[type:Prompt]]",
    "{{Prompt}}",
    "{{c1::x}}",
    "{{#Prompt}}x{{/Prompt}}",
    "{{ user.name }}",
    "{% if a %}{{ b }}{% endif %}",
    "{{{}}}",
    "a[::2]",
    "std::vector",
    "f\"{a['b']:>{w}}\"",
    "{'a': {'b': 1}}",
    "<b>&amp;</b>",
    "<script>alert(1)</script>",
    "<!-- {{c2::y}} -->",
    "e\u0301 \u212b",
    "a\u00a0b",
    "  two  spaces",
    "\\{{c1\\::x}}",
    "&#123;&#123;c1::x&#125;&#125;",
]


def _chapter(snippet: str) -> str:
    block = f"```text\n{snippet}\n```\n"
    return (
        f"# T\n\n## Plain? {{#plain}}\n\n{block}"
        f"\n## Prompt? {{#prompt}}\n\n{block}\n---\n\nYes.\n"
        f"\n## Choice? {{#choice .choice}}\n\n- [x] right\n- [ ] wrong\n\n{block}"
        f"\n## Reversed {{#reversed .reversed}}\n\n{block}"
        f"\n## Typed? {{#typed .typed}}\n\n`x`\n\n{block}"
        f"\n## Cloze? {{#cloze .cloze}}\n\n{{{{c7::Gap}}}}.\n\n<!-- more -->\n\n{block}"
    )


@pytest.mark.parametrize("snippet", HOSTILE)
def test_what_anki_would_interpret_arrives_as_written_in_every_kind(
    snippet: str, shown: Callable[[str], Sides]
) -> None:
    sides = shown(_chapter(snippet))
    assert len(sides) == 7
    for (name, ordinal), (front, back) in sides.items():
        side = front if name == "prompt" or (name, ordinal) == ("reversed", 1) else back
        code = re.search(r'<pre class="code"><code>(.*?)</code></pre>', side, re.DOTALL)
        assert code, (name, ordinal)
        assert _text(code[0]) == snippet, (name, ordinal)
        assert not re.search(r"<(img|a|script)\b", re.sub(r"<style>.*?</style>", "", side))


DELETIONS_THEMSELVES = ("{{c1::x}}", "\\{{c1\\::x}}", "<!-- {{c2::y}} -->")
HINTED = ("std::vector", "&#123;&#123;c1::x&#125;&#125;")


@pytest.mark.parametrize(
    "snippet", [*sorted({*HOSTILE}.difference(DELETIONS_THEMSELVES, HINTED)), "std\\::vector", "a\\}}"]
)
def test_any_code_can_be_a_gap(snippet: str, shown: Callable[[str], Sides]) -> None:
    code = f"before = 1\n{{{{c1::{snippet}}}}}\n{{{{c2::after = 2}}}}"
    sides = shown(f"# T\n\n## Q? {{#q .cloze}}\n\n```python\n{code}\n```\n")
    written = snippet.replace("\\::", "::").replace("\\}}", "}}")
    blocks = [
        _text(side, "answer").partition("\n1.1")[0].strip("\n") for side in (*sides["q", 0], *sides["q", 1])
    ]
    filled = f"before = 1\n{written}\nafter = 2"
    assert blocks == ["before = 1\n[...]\nafter = 2", filled, f"before = 1\n{written}\n[...]", filled]


def test_marks_stand_right_behind_byte_order_marks(shown: Callable[[str], Sides]) -> None:
    sides = shown("# T\n\n## Q? {#q .cloze}\n\n```text\n\ufeff\ufeffx {{c1::ab}} c\n```\n")
    assert _text(sides["q", 0][0], "answer").strip("\n") == "\ufeff\ufeffx [...] c"


def test_marks_stand_right_where_a_lexer_changes_what_it_reads(shown: Callable[[str], Sides]) -> None:
    code = "\tx {{c1::ab}} c\n{{c2::\ufeffd}}"
    sides = shown(f"# T\n\n## Q? {{#q .cloze}}\n\n```robotframework\n{code}\n```\n")
    assert _text(sides["q", 0][0], "answer").strip("\n") == "\tx [...] c\n\ufeffd"


def test_many_gaps_that_never_end_take_time_like_their_number() -> None:
    assert growth(lambda number: lambda: parse("{{c1::a " * number), 2000) < 3


_words = st.sampled_from(
    ["a", "b c", "*d*", "`e`", "`{f}`", ":", "::", "}", "{", "[", "]", "\n", "  ", "(", "'"]
)
_numbers = st.integers(1, 12)


def _gap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    hints = st.sampled_from(["", "", "::hint", "::a: b"])
    return st.builds(lambda number, text, hint: f"{{{{c{number}::{text}{hint}}}}}", _numbers, inner, hints)


_texts = st.recursive(
    st.lists(_words, max_size=4).map("".join),
    lambda inner: st.lists(inner | _gap(inner), min_size=1, max_size=3).map("".join),
    max_leaves=8,
)


@pytest.mark.slow
@settings(
    max_examples=2000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_texts, st.booleans())
def test_anki_makes_the_cards_that_we_count(collection: Collection, text: str, is_code: bool) -> None:
    source = f"```python\n{text}\n```\n" if is_code else f"x {text} y\n"
    passage = Passage(Source(Path("x.md"), source), tuple(parse(source)))
    html = to_html(passage, {}, ClozeForm.MARKED)
    note = Note(collection, collection.models.by_name("Cloze"))
    note["Text"] = unicodedata.normalize("NFC", html)
    counted = sorted({each.number for each in deletions(passage)})
    assert sorted(note.cloze_numbers_in_fields()) == counted
    filled = _text(to_html(passage, {}, ClozeForm.FILLED)).strip()
    for number in counted:
        card = note.ephemeral_card(ord=number - 1)
        assert _text(card.answer()).strip() == filled
        assert re.search(r'<span class="cloze"[^>]*>\[', card.question())
