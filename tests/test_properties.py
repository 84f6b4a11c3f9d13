"""What must hold for any text at all."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from builder.corpus.model import Settings
from builder.corpus.reader import read_chapter
from builder.identity.lock import Lock, read_lock
from builder.identity.update import Published, update
from builder.markdown.highlight import highlight
from builder.markdown.parser import Source, to_html
from tests.reading import Corpus, check, read_file

PATH = Path("01-any.md")
FRAGMENTS = (
    "# T\n",
    "## Why? {#why}\n",
    "## How? {#how .senior tags='a b'}\n",
    "### Pitfall\n",
    "### So? {#so}\n",
    "---\n",
    "***\n",
    "<!-- more -->\n",
    "<!-- open",
    "```python\nx = {'a': 1}\n```\n",
    "```\n",
    "    code\n",
    "> quote\n",
    "- item\n",
    "### Is it? {#is-it .typed allow='yes-no-question'}\n`x`\n",
    '## Which? {#which .choice allow="yes-no-question given-away"}\n- [x] a\n- [ ] b\n',
    "### It is {#it-is .cloze}\n{{c1::a gap}} and a gap\n",
    "## Where? {#where .occlusion}\n![x](y.png)\n- {{c1::a}} 1% 2% 3% 4%\n",
    "- {{c2::b::c}} 1% 2% 3% 4% ellipse\n",
    "```json\n{,\n```\n",
    "```toml\na = [\n",
    "    >>> print(\n",
    "| a | b |\n|---|---|\n| 1 | ![x](y.png) |\n",
    "![alt](no.png) <b>x</b> <int:id> [l](u)\n",
    "\ufeff",
    "\u2028",
    "\x0b",
    "\x1f",
    "e\u0301",
    "\r",
    "\r\n",
    "\n",
    "Text {#a} {",
    "## {#x %y%",
    "\\} ",
    "'",
    '"',
    "<b>",
    "</b>",
    "}\n",
    "~~gone~~ ==x== H~2~O, x^2^ ",
    " https://a.example/b_c~d~ ",
    "{食|た}べる ",
    "text^[note] [^1] ",
    "> [!warning] Title\n> ",
    "Term\n: definition\n",
    " <sub>x</sub> <u>*a</u>* <br> <ruby>a<rt>b</rt></ruby> ",
    "\n[^1]: text\n",
)
documents = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=20), max_size=25).map("".join)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return parser.text


@given(documents)
@example("")
@example("\x0b# T\u2028\n## Q {#q}\n")
def test_reading_never_raises_and_every_place_lies_inside_the_file(text: str) -> None:
    source = Source(PATH, text)
    chapters, diagnostics = read_file(source)
    settings = Settings(id="any", title="Any", deck="Any")
    corpus = Corpus(folder=Path(), settings=settings, chapters=chapters)
    for diagnostic in (*diagnostics, *check(corpus)):
        if diagnostic.location.path == PATH:
            line, column = diagnostic.location.line, diagnostic.location.column
            assert 1 <= line <= len(source.lines)
            assert 1 <= column <= len(source.lines[line - 1]) + 1


@given(documents)
def test_what_has_no_finding_can_be_rendered(text: str) -> None:
    chapters, diagnostics = read_file(Source(PATH, text))
    corpus = Corpus(folder=Path(), settings=Settings(id="any", title="Any", deck="Any"), chapters=chapters)
    if not [*diagnostics, *check(corpus)]:
        notes = corpus.deck().notes()
        assert len(list(notes)) == len(list(corpus.questions()))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")))
@example("\ufeffx = 1")
@example("\ufeff\ufeffx = 1")
@example("\n\n  x\t\n\n")
@example("e\u0301 \u212b")
def test_code_keeps_every_character(code: str) -> None:
    for language in ("python", "html+jinja", "console", "text", ""):
        assert text_of(f"<pre><code>{highlight(code, language)}</code></pre>") == code


@given(st.text(alphabet="aé\u0301\u212bＡ가\u1100\u1161 "))
def test_text_that_anki_would_recompose_stays_as_it_is(text: str) -> None:
    chapter, _ = read_chapter(Source(PATH, f"# T\n\n`.{text}.`\n"))
    html = unicodedata.normalize("NFC", to_html(chapter.introduction, {}))
    assert text_of(html) == f".{text}."


guids = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)
versions = st.lists(st.tuples(guids, st.sampled_from("xyz"), st.integers(-50, 50)), min_size=1, max_size=6)


@given(versions)
def test_a_note_keeps_its_identity_and_its_time_only_grows(history: list[tuple[list[str], str, int]]) -> None:
    lock, now = Lock(), 1_790_000_000
    for build, (names, content, drift) in enumerate(history):
        notes = [
            Published(
                guid=name,
                type="basic",
                question=name,
                hash=f"{content}{name}",
                number="1.1",
                deck="Deck",
            )
            for name in names
        ]
        new = update(lock, notes, {"basic": content}, now=now + build * 10 + drift)
        for guid, old in lock.notes.items():
            entry = new.notes[guid]
            assert (entry.id, entry.deck) == (old.id, old.deck)
            assert entry.mod >= old.mod
            is_back = guid in names and old.state == "gone"
            assert (entry.mod > old.mod) == (entry.hash != old.hash or is_back)
            assert (entry.state in ("live", "returned")) == (guid in names)
            assert (entry.state == "returned") == (guid in names and old.state != "live")
        assert len({entry.id for entry in new.notes.values()}) == len(new.notes)
        assert sorted(names, key=lambda name: new.notes[name].position) == names
        assert update(new, notes, {"basic": content}, now=now + 1000) == new
        assert read_lock(Source(Path("deck.lock"), str(new))) == (new, [])
        lock = new
