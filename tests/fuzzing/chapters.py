"""Chapters: any text is read, checked, fixed, rendered and packed."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from hypothesis.strategies import SearchStrategy

from builder.anki.fields import deck_name, dump_note, join_records, load_notes, pack
from builder.anki.note import Subdeck
from builder.anki.render import Rendered, numbered, render_chapter
from builder.checks.content import CHAPTER_CHECKS  # noqa: F401  (imports all that checks need, once)
from builder.checks.fixes import edited, find_fixes
from builder.checks.rules import rulebook
from builder.checks.run import check_chapter
from builder.checks.whole import check_outline
from builder.corpus.files import read_source
from builder.corpus.headings import MOST_CHAPTERS, later_chapters
from builder.corpus.model import Chapter, ChapterOutline, Outline, Settings
from builder.corpus.reader import read_chapters
from builder.diagnostics import Diagnostic
from builder.identity.numbering import number_questions
from builder.markdown.source import Source
from builder.print.engine.html import for_paper
from builder.print.layout.split import cut, cut_whole
from builder.runtime.serialize import dump, load
from tests.fuzzing.attempts import PROJECT
from tests.fuzzing.mutations import mutated_texts
from tests.fuzzing.promises import check_is_inert, check_places, check_unread
from tests.fuzzing.target import Target, promise
from tests.reading import finished

_CASES = PROJECT / "tests" / "cases"
_SETTINGS = Settings(id="any", title="Any", deck="Any")
_WORDS = (
    *("{{c1::", "{{c2::a::b}}", "}}", "::", "{{", "}", "{", "{#", "{#a}", "{#a .cloze}", " {#b .choice}"),
    *(
        ' {#c .typed tags="x"}',
        " {#d .reversed}",
        " {#e .junior .senior}",
        ' {#i .core core="2"}',
        ' {#j .choice order="as-written"}',
        " {#k .occlusion}",
        ' {#l .occlusion hide="all"}',
        "\n\n![a](media/blue.png)\n\n- {{c1::a}} 1% 2% 3% 4%\n",
        "- {{c2::b::c}} 0% 0.5% 100% 99.5% ellipse\n",
        "- {{c3::d}} 1% ",
        "{%",
        'was="f"',
        'allow="x"',
    ),
    *("{.a}", "`", "``", "```", "```\n", "```python\n", "```console\n", "```diff\n", "```html+jinja\n"),
    *("```json\n{\n", "~~~\n", "~~", "~", "````toml\n", "    ", "\t", " ", "\n", "\n\n", "\r", "\r\n", "\0"),
    *("\v", "\f", "\x1c", "\x1e", "\x1f", "\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\u200b", "\u202e"),
    *("\u0301", "\ufdd0", "\ufdd1", "İ", "ſ", "K", "٣", "²", "𝟙", "🏳️‍🌈", "한", "\U0010ffff", "&", "&amp;"),
    *("&#0;", "&#xD800;", "&colon;", "&NewLine;", "&lbrace;", "&lt;script&gt;", "[", "]", "](", "[](", ")"),
    *("(", "![", "![x](", "[x](http://[", "[x](javascript:alert(1))", "[x](//[y])", "[x](mailto:a@b)"),
    *("<http://[>", "<javascript:alert(1)>", "[x]:", "[x]: javascript:x\n", "[^1]", "[^1]: x\n"),
    *("![a](../b.png)", "![a](%00.png)", "![a](media/blue.png)", "![a](data:image/png;base64,AA)"),
    *("![a](media/blue.png?x)", "![a](<media/with space.png>)", "<", ">", "</", "<!--", "-->"),
    *("<!-- more -->", "<!-- more -->\n", "<b>", "</b>", "<script>", "<img src=x onerror=y>", "<a ", "<?"),
    *("<![CDATA[", "]]>", "<!DOCTYPE", "<kbd>", "<int:id>", "$", "$$", "$x$", "$$\n", "$\\frac{a}{b}$"),
    *("\\(", "\\)", "\\[", "\\]", "[$]", "[/$]", "[latex]", "[sound:x.mp3]", "[anki:play:q:0]"),
    *("[[type:Prompt]]", "{{FrontSide}}", "{{#Prompt}}", "{{type:Prompt}}", "*", "**", "***", "_", "__"),
    *("*a_", "---", "\n---\n", "\n***\n", "===", "\n# ", "\n## ", "\n### ", "\n#### ", "#", "##", "- "),
    *("\n- ", "- [x] ", "- [ ] ", "1. ", "999999999. ", "> ", ">", "\n> ", "+ ", "|"),
    *("| a | b |\n|---|---|\n", "\\|", "|:-:|", "\\", "\\\\", "\\::", "\\{", "=", '"', "'", "%"),
    *("### Pitfall\n", "### Why interviewers ask\n", "### On paper\n", "### Is it?\n"),
    *("### Is it? {#is-it}\n", "www.x.org", "http://", "http://" + "a" * 80, "<<<<<<< a\n", "=======\n"),
    *("https://a.example/b", "x^2^", "H~2~O", "~~x~~", "==", "==x==", "{食|た}", "{漢字|かん|じ}"),
    *("^[", "^[x]", "[^1]: ", "\n[^1]: x\n", "\n    ", "> [!note] x\n", "> [!tip]-\n> ", "\n: x\n", "\n: "),
    *("![a](media/hund.wav)", "![[sound:a.mp3]](media/hund.wav)", "![](media/hund.mp3)", "![a](x.mp3?.png)"),
    *("![a](media/blue.png){width=50%}", "{width=20}", "![a|20](media/blue.png)"),
    *("</kbd>", "<sub>", "</sub>", "<u>", "</u>", "<br>", "<BR/>", "<ruby>", "</ruby>", "<rt>", "</rt>"),
    *("<abbr title='x>'>", "</abbr>", "<abbr>", "<sub class=x>", "<del>", "</del>"),
    "a" * 300,
)


@cache
def inputs() -> SearchStrategy[bytes]:
    """Change the questions of the shipped corpus, each a chapter of its own, and the tests' cases."""
    corpus = [path.read_text(encoding="utf-8") for path in sorted((PROJECT / "content").glob("*/*.md"))]
    questions = [f"# T\n\n## {question}" for text in corpus for question in text.split("\n## ")[1:]]
    cases = [path.read_bytes().decode(errors="replace") for path in sorted(_CASES.rglob("*.md"))]
    return mutated_texts([*questions, *(case.replace("../media/", "media/") for case in cases)], _WORDS)


def try_input(path: Path, folder: Path) -> bool:
    """Read, check and fix a chapter; render and pack it if nothing is wrong."""
    corpus = corpus_folder(folder)
    path = path.replace(corpus / "01-any.md")
    source, found = read_source(path)
    check_unread(found, path)
    return not found and examine(source, corpus)


def corpus_folder(folder: Path) -> Path:
    """Return a corpus's folder in another, with the images that seeds show."""
    corpus = folder / _SETTINGS.id
    if not corpus.exists():
        for images in (_CASES / "media", *(PROJECT / "content").glob("*/media")):
            shutil.copytree(images, corpus / "media", dirs_exist_ok=True)
    return corpus


def examine(source: Source, folder: Path) -> bool:
    """Ask all promises about a chapter's text; return whether it has no error."""
    chapters, found = _checked(source)
    promise(_checked(source)[1] == found, "checks: another result at the second time")
    check_places(found, source)
    for outline in (chapter.outline() for chapter in chapters):
        promise(load(ChapterOutline, dump(outline)) == outline, "records: an outline is read back as another")
    _check_fixes(source, found)
    if any(diagnostic.severity == "error" for diagnostic in found):
        return False
    for chapter in chapters:
        check_rendered(render_chapter(chapter, _SETTINGS, folder), chapter)
    return True


def _checked(source: Source) -> tuple[list[Chapter], list[Diagnostic]]:
    chapters: list[Chapter] = []
    all_found: list[Diagnostic] = []
    for chapter, found in read_chapters(source, {index: index + 1 for index in range(MOST_CHAPTERS)}):
        chapters.append(chapter)
        all_found += (*found, *check_chapter(chapter, rulebook(_SETTINGS)))
    later = later_chapters(source)[: MOST_CHAPTERS - 1]
    promise(len(chapters) == 1 + len(later), "chapters: other ones than the headings tell of")
    return chapters, [*all_found, *check_outline(_outline(*(each.outline() for each in chapters)))]


def _outline(*chapters: ChapterOutline) -> Outline:
    return Outline(folder=chapters[0].path.parent, settings=_SETTINGS, chapters=chapters)


_MOST_ROUNDS = 100


def _check_fixes(source: Source, before: list[Diagnostic]) -> None:
    """What `check --fix` writes is a file with no new error, in which nothing is left to fix."""
    rules = rulebook(_SETTINGS)
    first = _errors(before)
    for _ in range(_MOST_ROUNDS):
        chapters, _ = _checked(source)
        taken = [question.id for chapter in chapters for question in chapter.all_questions()]
        fixed = find_fixes([(source, before)], taken, rules)
        if not fixed:
            # On the way there may be more: a heading that became a question gets its id in the next round.
            promise(_errors(before) <= first, "fixes: a new error", source.text)
            return
        source = Source(source.path, edited(source.text, fixed[0][1]))
        _, before = _checked(source)
    promise(False, "fixes: there is no end of them", source.text)


def _errors(findings: list[Diagnostic]) -> int:
    return sum(found.severity == "error" for found in findings)


def check_rendered(rendered: Rendered, chapter: Chapter) -> None:
    """What is rendered can be kept, packed and cut for paper, and does nothing in a browser."""
    subdeck = rendered.subdeck
    promise(load(Subdeck, dump(subdeck)) == subdeck, "records: a chapter is read back as another")
    numbers = number_questions(_outline(chapter.outline()), {})
    deck = deck_name(_SETTINGS, subdeck.number, subdeck.words)
    packed = list(finished(pack(subdeck), deck, numbers))
    stored = join_records(dump_note(note, "") for note in pack(subdeck))
    kept = list(load_notes(stored, deck, numbers))
    promise(kept == packed, "records: notes are read back as others")
    for note in packed:
        promise(bool(note.hash and note.cards), "packing: a note without cards", note)
        for html in note.fields.values():
            check_is_inert(html)
    shown = numbered(subdeck, numbers)
    for piece in (*cut(shown), *cut(shown, numbers), *cut_whole(shown)):
        for_paper(piece.html)


CHAPTERS = Target(name="chapters", suffix=".md", inputs=inputs, try_input=try_input)
