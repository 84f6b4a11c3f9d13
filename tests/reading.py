"""A corpus that is read, checked and rendered at once: what compiled ones are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from builder.anki.fields import deck_name, pack
from builder.anki.note import Deck
from builder.anki.release import PackedNote
from builder.anki.render import numbered, render_chapter, render_tables
from builder.checks.rules import RULE_TABLE, rulebook
from builder.checks.run import check_chapter
from builder.checks.whole import check_outline
from builder.corpus.files import REFERENCE_FILE, chapter_files, read_source
from builder.corpus.headings import chapter_numbers, later_chapters
from builder.corpus.model import Chapter, Outline, Question, Settings
from builder.corpus.reader import read_chapters
from builder.corpus.reference import Reference, read_reference
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.diagnostics import Diagnostic
from builder.identity.numbering import number_questions
from builder.markdown.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A folder of chapters with its deck.toml."""

    folder: Path
    settings: Settings
    chapters: tuple[Chapter, ...]
    reference: Reference | None = None

    def questions(self) -> Iterator[Question]:
        """Yield every question and drill in study order."""
        for chapter in self.chapters:
            yield from chapter.all_questions()

    def outline(self) -> Outline:
        """Return it without its texts."""
        chapters = tuple(chapter.outline() for chapter in self.chapters)
        return Outline(folder=self.folder, settings=self.settings, chapters=chapters)

    def deck(self, numbers: Mapping[str, str] | None = None) -> Deck:
        """Make it ready to show; with numbers of its own where none are given."""
        given = number_questions(self.outline(), {}) if numbers is None else numbers
        rendered = [render_chapter(chapter, self.settings, self.folder) for chapter in self.chapters]
        return Deck(
            settings=self.settings,
            subdecks=tuple(numbered(chapter.subdeck, given) for chapter in rendered),
            media={name: path for chapter in rendered for name, path in chapter.media.items()},
            tables=render_tables(self.reference) if self.reference else (),
        )


def read_corpus(folder: Path) -> tuple[Corpus, list[Diagnostic]]:
    """Read deck.toml and all chapters of a folder, with everything that is wrong in them."""
    source, unreadable = read_source(folder / SETTINGS_FILE)
    settings, wrong = read_settings(source, RULE_TABLE)
    paths, unread = chapter_files(folder, settings.chapters, settings.exclude)
    diagnostics = [*(unreadable or wrong), *unread]
    chapters: list[Chapter] = []
    sources = {path: read_source(path) for path in paths}
    numbered = chapter_numbers({path: later_chapters(source) for path, (source, _) in sources.items()})
    for path, (source, unreadable_file) in sources.items():
        diagnostics += unreadable_file
        numbers = {place.index: place.number for place in numbered if place.path == path}
        read = [] if unreadable_file else read_chapters(source, numbers, settings.labels)
        for chapter, found in read:
            chapters.append(chapter)
            diagnostics += found
    chapters.sort(key=lambda chapter: (chapter.number, chapter.slug))
    path, reference = folder / REFERENCE_FILE, None
    if path.exists():
        reference, found = read_reference(read_source(path)[0])
        diagnostics += found
    corpus = Corpus(folder=folder, settings=settings, chapters=tuple(chapters), reference=reference)
    return corpus, diagnostics


def read_file(source: Source) -> tuple[tuple[Chapter, ...], list[Diagnostic]]:
    """Read all chapters of a file, numbered as those of a folder without another."""
    places = chapter_numbers({source.path: later_chapters(source)})
    read = read_chapters(source, {place.index: place.number for place in places})
    assert len(read) == len(places)
    return tuple(chapter for chapter, _ in read), [each for _, found in read for each in found]


def check(corpus: Corpus) -> list[Diagnostic]:
    """Run every check."""
    rules = rulebook(corpus.settings)
    found = [diagnostic for chapter in corpus.chapters for diagnostic in check_chapter(chapter, rules)]
    return found + check_outline(corpus.outline())


def finished(notes: Iterable[PackedNote], deck: str, numbers: Mapping[str, str]) -> Iterator[PackedNote]:
    """Give packed notes their deck's name, and their numbers by their identities."""
    for note in notes:
        fields = {**note.fields, "Number": numbers[note.question]}
        yield replace(note, fields=fields, deck=deck)


def packed_notes(deck: Deck) -> list[PackedNote]:
    """List a whole deck's notes as learners get them, in the order of the files."""
    numbers = {note.question: note.number for _, note in deck.notes()}
    return [
        note
        for subdeck in deck.subdecks
        for note in finished(pack(subdeck), deck_name(deck.settings, subdeck.number, subdeck.words), numbers)
    ]
