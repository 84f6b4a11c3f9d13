"""Compiles a corpus: each chapter is read, checked and rendered once, and cached until it changes.

The result for a chapter depends on its text, the corpus's images and settings, and this program. Findings
about the whole corpus come from its chapters' outlines. The rest of a chapter is loaded only when it is
needed, so that builds and previews do not need more memory for more questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from builder.anki.fields import deck_name, dump_note, join_records, load_notes, made_of, pack, split_records
from builder.anki.note import Deck, Subdeck, Table
from builder.anki.release import PackedNote, StoredNotes
from builder.checks.look import NO_LOOK, read_look
from builder.checks.rules import RULE_TABLE, Rulebook, rulebook
from builder.checks.rules.codes import LOW_CONTRAST, MISSING_GLYPH
from builder.checks.whole import check_outline
from builder.corpus.files import REFERENCE_FILE, chapter_files, is_among, read_source
from builder.corpus.headings import (
    MOST_CHAPTERS,
    Given,
    Opening,
    Place,
    chapter_numbers,
    later_chapters,
    may_have_later,
)
from builder.corpus.images import ImageError, digest_of, image_path, images, reading_once
from builder.corpus.model import (
    LONGEST_TITLE,
    NOTHING_ACCEPTED,
    Adoption,
    ChapterOutline,
    Outline,
    Print,
    QuestionOutline,
    Settings,
)
from builder.corpus.question_text import text_digest
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.design.styles import Look
from builder.diagnostics import BuildError, Diagnostic, Location, has_errors
from builder.faults import at_chapter
from builder.identity.adopted import NOTHING_ADOPTED, Adopted, AdoptedNote, stored_adopted
from builder.identity.guid import adopted_identity, cards, guid, note_type, own_guid
from builder.identity.lockfile import stored_lock
from builder.identity.update import Published
from builder.markdown.source import Passage, Source
from builder.pipeline.outputs import OUTPUTS, fonts_of
from builder.runtime.cache import NO_CACHE, Cache, fingerprint, key_of
from builder.runtime.regular_files import too_costly
from builder.runtime.serialize import DAMAGED, dump, load
from builder.runtime.workers import cores, spread, uncollected

if TYPE_CHECKING:
    from builder.anki.render import Rendered
    from builder.authoring.stats import ChapterStats
    from builder.corpus.model import Chapter, Question

_RENDERED = frozenset({"notes", "subdeck"})
"""Parts of a chapter that rendering makes."""
_DEFINITION = re.compile(r"^[ \t>*+\-0-9.)]*\[[^\]\n]+\]:", re.MULTILINE)
"""Beginning of a line that may define a link for any question of the chapter."""
_BATCH = 50_000
"""Bytes of chapters that are compiled at once, if they are in several files."""
_SMALL = 4_000
"""Characters of a small file: it is not read twice, and its coloured code is not kept for its next version.
There may be thousands, and for each it would take longer."""
_WORTH_A_PROCESS = 250_000
"""Bytes of chapters that take longer to compile than another process takes to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Findings:
    """Findings about a chapter, and its outline, which the rest of the corpus needs."""

    outline: ChapterOutline
    digest: str
    """Hash of the outline; most edits of a text do not change it."""
    placeless: str
    """Hash of the outline without the places of its questions in the file."""
    diagnostics: tuple[Diagnostic, ...]
    """Findings in the chapter; if one of them stops all outputs, nothing of it is published."""
    media: tuple[tuple[str, str], ...] = ()
    """Images of the rendered chapter: the names in its notes, and the files' paths in the
    corpus folder."""
    is_rendered: bool = False
    is_sample: bool = False
    """True if it is the unchanged chapter of `cardpress new`."""

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.stops_all for diagnostic in self.diagnostics)

    def wrong_places(self) -> set[int | None]:
        """Return the places of the questions with an error; None is the part before the first question."""
        errors = (found.location.line for found in self.diagnostics if found.stops_all)
        return {self.outline.place_at(line) for line in errors}


@dataclass(frozen=True, slots=True)
class _Whole:
    """Findings about a corpus as a whole."""

    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Tables:
    """The content of a reference.md, with the findings about it."""

    tables: tuple[Table, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class _Openings:
    """The chapters of a file after its first."""

    later: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A file of chapters, as it is now."""

    digest: str
    """Hash of its text."""
    size: int
    has_images: bool
    text: str | None
    """Its text, if that is small: of thousands of files, none is read twice."""
    later: tuple[Opening, ...]
    """Its chapters after the first."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """Images that a chapter shows, by the names in its text."""

    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Code:
    """The coloured code of a chapter."""

    html: Mapping[str, str]
    """HTML by a digest of the code and of everything that its colours depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A chapter to compile, and everything that the result depends on."""

    place: Place
    folder: Path
    settings: Settings
    corpus: str
    """Part of the cache key that all chapters of the corpus share."""
    cache: Cache
    text: str | None = None
    """Text of its file, if that is small; else it is read again."""
    parts: tuple[str, ...]
    """Parts to make: `notes` for Anki, the `subdeck` for paper, digests of `texts` for adopted notes; none if
    it is only checked.

    The `counts` are always made, except after a save in the preview: they cost almost nothing for a chapter
    that was read anyway.
    """
    is_draft: bool = False
    """True if questions without errors are rendered even if others of the chapter have errors."""

    @property
    def path(self) -> Path:
        """Its file."""
        return self.place.path

    @property
    def name(self) -> tuple[Path, str]:
        """Its file, and its name there, which most edits do not change."""
        return self.place.path, self.place.name

    def key(self, digest: str, shown: Iterable[str]) -> str:
        """Return the prefix of the chapter's cache keys.

        `digest` is that of the file's text, and `shown` are the images, by the names in the text.
        """
        images = (part for src in shown for part in _image(src, self.path, self.folder))
        place = (self.path.name, str(self.place.index), str(self.place.number))
        return key_of(self.corpus, *place, digest, *images)

    def shown_key(self, digest: str) -> str:
        """Return the cache key of the images in its text."""
        return key_of(self.corpus, self.path.name, str(self.place.index), digest, "shown")


@dataclass(frozen=True, eq=False)  # no slots: a cached property needs a `__dict__`
class CompiledChapter:
    """A chapter that was compiled; its parts are in the cache."""

    key: str
    task: _Task
    findings: _Findings
    _kept: dict[str, bytes] = field(default_factory=dict)
    """Parts that the cache did not take."""

    @property
    def outline(self) -> ChapterOutline:
        """Outline of the chapter, for the rest of the corpus."""
        return self.findings.outline

    @cached_property
    def guids(self) -> tuple[str, ...]:
        """The GUIDs of its questions without adoption, in the order of the file."""
        corpus = self.task.settings.id
        return tuple(own_guid(corpus, question) for question in self.outline.questions)

    @cached_property
    def rendered(self) -> tuple[int, ...]:
        """The places in the file of the questions that have a note."""
        if not self.findings.is_rendered:
            return ()
        wrong = self.findings.wrong_places()
        return tuple(place for place in range(len(self.outline.questions)) if place not in wrong)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Digests of its questions' texts, in the order of the outline, for what notes were adopted."""
        return tuple(self.part("texts").decode().split())

    @property
    def media(self) -> dict[str, Path]:
        """The files of images, by their names in the notes."""
        folder = self.task.folder.resolve()
        return {name: folder / path for name, path in self.findings.media}

    def notes(self, deck: str, numbers: Mapping[str, str]) -> Iterator[PackedNote]:
        """Yield its notes for a deck; `numbers` are the questions' numbers, by identity."""
        return load_notes(self.part("notes"), deck, numbers)

    def part(self, name: str) -> bytes:
        """Return a part of the result; it is compiled again if the cache has lost it."""
        key = key_of(self.key, name)
        part = self.stored(key)
        if part is None:
            ((result,),) = _compile([[replace(self.task, cache=NO_CACHE, parts=(name,))]])
            if result.key != self.key:
                raise BuildError(f"{str(self.task.path)!r} changed in the meantime: build again")
            part = result.parts[key]
            self.keep(key, part)
        return part

    def stored(self, key: str) -> bytes | None:
        """Return the value that `keep` stored under a key; None if it is gone."""
        return self._kept[key] if key in self._kept else self.task.cache.get(key)

    def keep(self, key: str, value: bytes) -> None:
        """Keep what was made of it, for this process or for longer."""
        if not self.task.cache.put(key, value):
            self._kept[key] = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A corpus that was read and checked, and can be rendered a chapter at a time."""

    folder: Path
    settings: Settings
    outline: Outline
    chapters: tuple[CompiledChapter, ...]
    diagnostics: tuple[Diagnostic, ...]
    """All findings."""
    cache: Cache
    tables: tuple[Table, ...] = ()
    """Tables of its reference.md; only the cheat-sheet has them."""
    look: Look = NO_LOOK
    """Look of its cards and prints, if it has its own."""
    openings: Mapping[str, tuple[Opening, ...]] = field(repr=False)
    """The chapters of each file after its first, by the hash of its text."""
    adopted: Adopted = field(default=NOTHING_ADOPTED, repr=False)
    """Notes that it took over from an existing deck."""

    def questions(self) -> Iterator[QuestionOutline]:
        """Yield every question and drill in the order of the files."""
        return self.outline.questions()

    @property
    def media(self) -> dict[str, Path]:
        """Image files by the names that the notes use."""
        assert all(chapter.findings.is_rendered for chapter in self.chapters)
        return {name: path for chapter in self.chapters for name, path in chapter.media.items()}

    def key(self) -> str:
        """Return a key of everything that its rendering depends on."""
        chapters = (chapter.key for chapter in self.chapters)
        return key_of(str(self.folder), repr(self.settings), self.adopted.digest, *chapters)

    def deck(self, numbers: Mapping[str, str]) -> Deck:
        """Return the rendered deck; `numbers` are its questions' numbers by identity."""
        from builder.anki.render import numbered

        subdecks = (
            self._adopting(chapter, load(Subdeck, chapter.part("subdeck"), self.folder))
            for chapter in self.chapters
        )
        return Deck(
            settings=self.settings,
            subdecks=tuple(numbered(subdeck, numbers) for subdeck in subdecks),
            media=self.media,
            tables=self.tables,
        )

    def _adopting(self, chapter: CompiledChapter, subdeck: Subdeck) -> Subdeck:
        """Return a chapter whose notes have the identities of the adopted notes."""
        if not self.adopted.notes:
            return subdeck
        types = map(partial(note_type, self.outline), chapter.outline.questions)
        notes = (
            replace(note, guid=guid, type=type_)
            for note, guid, type_ in zip(subdeck.notes, self.guids(chapter), types, strict=True)
        )
        return replace(subdeck, notes=tuple(notes))

    def guids(self, chapter: CompiledChapter) -> tuple[str, ...]:
        """Return the GUIDs of a chapter's questions, in the order of the file."""
        if not self.adopted.notes:
            return chapter.guids
        return tuple(guid(self.outline, question) for question in chapter.outline.questions)

    def counts(self) -> Iterator[ChapterStats]:
        """Yield the statistics of each chapter; the corpus must not have errors."""
        from builder.authoring.stats import ChapterStats

        for chapter in self.chapters:
            yield load(ChapterStats, chapter.part("counts"), self.folder)

    def notes(self, numbers: Mapping[str, str]) -> Notes:
        """Return its notes as learners get them, by GUID, in study order."""
        return Notes(self, numbers)

    def published(self, numbers: Mapping[str, str]) -> Iterator[Published]:
        """Yield each note as the lock keeps it, in study order."""
        new: dict[str, tuple[CompiledChapter, bytes]] = {}
        for chapter in self.chapters:
            guids = self.guids(chapter)
            questions = chapter.outline.questions
            given = [numbers[question.identity] for question in questions]
            deck = self.deck_name(chapter)
            chosen = (self.adopted.digest, repr(self.settings.adopted)) if self.adopted.notes else ()
            key = key_of(chapter.key, "hashes", " ".join(given), *chosen)
            hashes = (chapter.stored(key) or b"").decode().split()
            if len(hashes) != len(guids):
                with at_chapter(chapter.task.path):
                    hashes = [note.hash for note in self.chapter_notes(chapter, numbers)]
                new[key] = chapter, " ".join(hashes).encode()
            assert len(guids) == len(hashes) == len(questions)
            for place in chapter.outline.study_order:
                question, kept = questions[place], self._kept(chapter, place)
                published = Published(
                    guid=guids[place],
                    type=note_type(self.outline, question),
                    question=question.identity,
                    hash=hashes[place],
                    number=numbers[question.identity],
                    deck=deck,
                    cards=cards(self.outline, question),
                    is_sample=chapter.findings.is_sample,
                )
                if kept:
                    from builder.anki.adopted_notes import is_as_it_was

                    as_it_was = is_as_it_was(kept, question, chapter.texts[place])
                    published = replace(
                        published, deck=kept.cards[0].deck, mod=kept.mod if as_it_was else 0, id=kept.id
                    )
                yield published
        for key in self.cache.put_all({key: value for key, (_, value) in new.items()}):
            chapter, value = new[key]
            chapter.keep(key, value)

    def chapter_notes(self, chapter: CompiledChapter, numbers: Mapping[str, str]) -> Iterator[PackedNote]:
        """Yield the notes of a chapter as learners get them, in the order of the file."""
        notes = chapter.notes(self.deck_name(chapter), numbers)
        if not self.adopted.notes:
            yield from notes
            return
        from builder.anki.adopted_notes import as_adopted

        for place, note in enumerate(notes):
            kept = self._kept(chapter, place)
            if kept is None:
                yield note
                continue
            kind, text = self.adopted.types[kept.type], chapter.texts[place]
            yield as_adopted(note, kept, kind, chapter.outline.questions[place], text, self.settings)

    def _kept(self, chapter: CompiledChapter, place: int) -> AdoptedNote | None:
        """Return the adopted note of the question at a place, if any."""
        question = chapter.outline.questions[place]
        return self.adopted.notes[question.identity] if adopted_identity(self.outline, question) else None

    def deck_name(self, chapter: CompiledChapter) -> str:
        """Return the name of a chapter's deck."""
        return deck_name(self.settings, chapter.outline.number, chapter.outline.title)


class Notes(StoredNotes):
    """Notes of a compiled corpus by GUID; one chapter of them is in memory at a time."""

    def __init__(self, compiled: Compiled, numbers: Mapping[str, str]) -> None:
        self._compiled = compiled
        self._numbers = numbers
        self._chapters = {
            guids[place]: chapter
            for chapter in compiled.chapters
            for guids in [compiled.guids(chapter)]
            for place in chapter.outline.study_order
        }
        self._loaded: tuple[CompiledChapter | None, dict[str, PackedNote]] = (None, {})

    def __iter__(self) -> Iterator[str]:
        return iter(self._chapters)

    def __len__(self) -> int:
        return len(self._chapters)

    @cached_property
    def published(self) -> Mapping[str, Published]:
        """Published notes by GUID, without their texts."""
        return {note.guid: note for note in self._compiled.published(self._numbers)}

    def __getitem__(self, guid: str) -> PackedNote:
        chapter = self._chapters[guid]
        if self._loaded[0] is not chapter:
            notes = self._compiled.chapter_notes(chapter, self._numbers)
            self._loaded = chapter, {note.guid: note for note in notes}
        return self._loaded[1][guid]


def compile_corpus(
    folder: Path,
    cache: Cache,
    *,
    is_rendered: bool = True,
    is_printed: Callable[[Settings], bool] = lambda settings: False,
    is_draft: bool = False,
    is_adopting: bool = False,
    since: Compiled | None = None,
    on_chapter: Callable[[int, int], None] = lambda done, of: None,
) -> Compiled:
    """Read, check and render a corpus; unchanged parts come from the cache.

    What is not said to be printed can be, all the same: it is then rendered again, chapter by chapter. Of
    a draft, the good questions of a chapter with errors are rendered. Texts of questions are digested where
    notes are adopted, or are about to be. `since` is the corpus as it was compiled last, for the same: its
    chapters that did not change are taken over, and its settings where those of now are wrong. `on_chapter`
    is told how many chapters of how many are compiled. Images, and chapters that a build renders later, must
    not change in between; that is noticed.
    """
    with reading_once(cache):
        settings, diagnostics = _read_settings(folder, since)
        paths, unread = chapter_files(folder, settings.chapters, settings.exclude)
        adopted, damage = stored_adopted(folder)
        is_adopting = is_adopting or bool(is_rendered and adopted.notes)
        wanted = {"notes": is_rendered, "subdeck": is_rendered and is_printed(settings), "texts": is_adopting}
        parts = tuple(part for part, is_wanted in wanted.items() if is_wanted)
        seen = replace(
            settings,
            title="",
            deck="",
            description="",
            authors=(),
            licence="",
            version="",
            print=Print(fonts=settings.print.fonts),
            accepted=NOTHING_ACCEPTED,
            adopted=Adoption(),
            outputs=(),
            chapters=(),
            exclude=(),
            study=(),
            checked=(),
        )
        files, unreadable = _read_files(paths, cache, since.openings if since else {})
        # Files that cannot be read at the moment keep their numbers.
        later = {path: files[path].later if path in files else () for path in paths}
        corpus = key_of(fingerprint(), repr(seen))
        tasks = [
            _Task(
                place=place,
                folder=folder,
                settings=settings,
                corpus=corpus,
                cache=cache,
                text=files[place.path].text,
                parts=parts,
                is_draft=is_draft,
            )
            for place in chapter_numbers(later, lambda: _given_numbers(folder))
            if place.path in files
        ]
        chapters = _compile_all(tasks, files, since.chapters if since else (), on_chapter)
        chapters.sort(key=lambda chapter: (chapter.outline.number, chapter.outline.slug))
        outlines = tuple(chapter.outline for chapter in chapters)
        outline = Outline(
            folder=folder,
            settings=settings,
            chapters=outlines,
            adopted=None if damage else adopted.identities(),
        )
        diagnostics += (*rulebook(settings).weigh(unread), *unreadable)
        for chapter in chapters:
            diagnostics += chapter.findings.diagnostics
        diagnostics += damage
        if adopted != NOTHING_ADOPTED:
            # Other corpora need not load the note types for their checks.
            from builder.anki.adopted_notes import check_adopted

            diagnostics += check_adopted(adopted, settings, folder)
        reference = _reference(outline, cache)
        look, wrong, weak = read_look(folder)
        diagnostics += (*wrong, *rulebook(settings).judged(LOW_CONTRAST, weak))
        return Compiled(
            folder=folder,
            settings=settings,
            outline=outline,
            chapters=tuple(chapters),
            diagnostics=(*diagnostics, *reference.diagnostics, *_check_whole(outline, chapters, cache)),
            cache=cache,
            tables=reference.tables,
            # If the look is invalid at the moment, the last valid one is better.
            look=since.look if since and has_errors(wrong) else look,
            openings={file.digest: file.later for file in files.values()},
            adopted=adopted,
        )


def _given_numbers(folder: Path) -> Given:
    lock, _ = stored_lock(folder)
    return Given(lock.chapters, lock.numbers())


def _read_files(
    paths: Iterable[Path], cache: Cache, known: Mapping[str, tuple[Opening, ...]]
) -> tuple[dict[Path, _File], list[Diagnostic]]:
    """Return files with their chapters, and findings about those that cannot be read."""
    files: dict[Path, _File] = {}
    unreadable: list[Diagnostic] = []
    for path in paths:
        source, found = read_source(path)
        unreadable += found
        if found:
            continue
        digest = key_of(source.text)
        later = known.get(digest)
        if later is None:
            later = _later_chapters(source, digest, cache)
        if len(later) < MOST_CHAPTERS:
            text = source.text
            kept = text if len(text) <= _SMALL else None
            files[path] = _File(digest, len(text), "![" in text, kept, later)
            continue
        wrong = too_costly(f"has {len(later) + 1} chapters (maximum: {MOST_CHAPTERS})", "divide the file")
        unreadable.append(wrong.code.at(Location(path), f"{path.name!r} {wrong.reason}", wrong.hint))
    return files, unreadable


def _later_chapters(source: Source, digest: str, cache: Cache) -> tuple[Opening, ...]:
    if not may_have_later(source):
        return ()
    key = key_of(fingerprint(), digest, "openings")
    if stored := cache.get(key):
        with suppress(*DAMAGED):
            return load(_Openings, stored).later
    later = later_chapters(source)
    cache.put(key, dump(_Openings(later)))
    return later


def load_compiler() -> None:
    """Import the modules that compile a chapter, so that the first such chapter need not wait for them."""
    import builder.anki.render
    import builder.authoring.new_corpus
    import builder.authoring.stats
    import builder.checks.run
    import builder.corpus.reader  # noqa: F401
    from builder.checks.glyphs import check_glyphs

    list(check_glyphs(Source(Path(), "\N{HORIZONTAL ELLIPSIS}")))


def _read_settings(folder: Path, since: Compiled | None) -> tuple[Settings, list[Diagnostic]]:
    settings, found = settings_of(folder)
    # Invalid settings get defaults, but the last valid ones are closer to what the author intends.
    return since.settings if since and has_errors(found) else settings, found


def settings_of(folder: Path) -> tuple[Settings, list[Diagnostic]]:
    """Read the deck.toml of a corpus; return the settings and findings."""
    source, unreadable = read_source(folder / SETTINGS_FILE)
    settings, wrong = read_settings(source, RULE_TABLE, tuple(OUTPUTS))
    found = unreadable or wrong
    if settings.print.fonts:
        from builder.checks.own_fonts import with_own_fonts

        settings, refused = with_own_fonts(settings, folder, source)
        found += refused
    printed = settings.title + settings.description
    if len(printed) > LONGEST_TITLE or not repr(settings).isascii():
        # Other corpora need not load fonts.
        from builder.checks.glyphs import check_header, check_setting_glyphs

        found += check_header(settings, source)
        with fonts_of(settings):
            found += rulebook(settings).judged(MISSING_GLYPH, check_setting_glyphs(settings, source))
    return settings, found


def _check_whole(
    outline: Outline, chapters: Sequence[CompiledChapter], cache: Cache
) -> tuple[Diagnostic, ...]:
    """Check the corpus as a whole, which depends only on the chapters' outlines.

    Findings contain files and lines, so the cache key includes these.
    """
    placeless = (chapter.findings.placeless for chapter in chapters)
    anywhere = key_of(fingerprint(), "whole", repr(outline.settings), *placeless)
    digests = (chapter.findings.digest for chapter in chapters)
    here = key_of(anywhere, str(outline.folder), str(outline.folder.resolve()), *digests)
    for key in (anywhere, here):
        if stored := cache.get(key):
            with suppress(*DAMAGED):
                return load(_Whole, stored).diagnostics
    found = tuple(check_outline(outline))
    cache.put(here if found else anywhere, dump(_Whole(found)))
    return found


def _reference(outline: Outline, cache: Cache) -> _Tables:
    """Read the tables of a corpus's reference.md, if there is one, and check them."""
    path, settings = outline.folder / REFERENCE_FILE, outline.settings
    if not path.exists() or is_among(REFERENCE_FILE, settings.exclude):
        return _Tables()
    source, unreadable = read_source(path)
    if unreadable:
        return _Tables(diagnostics=tuple(unreadable))
    ids = [question.id for question in outline.questions()]
    about = repr(settings.rules), repr(settings.print.fonts), settings.language, source.text, *ids
    key = key_of(fingerprint(), "reference", str(path), *about)
    with suppress(*DAMAGED):
        if stored := cache.get(key):
            return load(_Tables, stored)
    from builder.anki.render import render_tables
    from builder.checks.run import check_chapter
    from builder.corpus.reference import check_answers, read_reference

    with at_chapter(path), fonts_of(settings):
        reference, found = read_reference(source)
        found += check_answers(reference, ids)
        # Its findings concern only the cheat-sheet: no other output shows it.
        found += (
            replace(each, outputs=each.outputs or ("cheatsheet",))
            for each in check_chapter(reference.whole, rulebook(settings))
        )
        read = _Tables(render_tables(reference), tuple(found))
    cache.put(key, dump(read))
    return read


def _image(src: str, chapter: Path, folder: Path) -> tuple[str, ...]:
    """Return the parts of a cache key for an image: its file and a hash of its content, or its fault."""
    try:
        path = image_path(src, chapter, folder)
        return src, str(path.relative_to(folder.resolve())), digest_of(path, src)
    except ImageError as error:
        return src, error.code.name, str(error), error.hint


def _compile_all(
    tasks: Sequence[_Task],
    files: Mapping[Path, _File],
    last: Iterable[CompiledChapter],
    on_chapter: Callable[[int, int], None],
) -> list[CompiledChapter]:
    """Compile the chapters that neither the last result nor the cache has; those of one file together."""
    known = {chapter.task.name: chapter for chapter in last}
    chapters: list[CompiledChapter] = []
    wanted: dict[Path, list[_Task]] = {}
    for task in tasks:
        chapter = _known(files[task.path], task, known.get(task.name))
        if chapter is None:
            wanted.setdefault(task.path, []).append(task)
        else:
            chapters.append(chapter)
    size = sum(files[path].size for path in wanted)
    processes = max(1, min(cores(), size // _WORTH_A_PROCESS))
    groups = list(wanted.values())
    batches = list(_batches(groups[1:], files))
    # First file in this process, so that forked workers inherit its imports.
    first = (_compile([group], known) for group in groups[:1])
    others = spread(_compile, batches, processes=processes, is_light=True)
    done, of = 0, sum(map(len, groups))
    for group, results in zip(groups, chain.from_iterable(chain(first, others)), strict=True):
        for task, result in zip(group, results, strict=True):
            findings = load(_Findings, result.findings, task.folder)
            chapters.append(CompiledChapter(result.key, task, findings, result.parts))
            done += 1
            on_chapter(done, of)
    return chapters


def _batches(groups: Iterable[list[_Task]], files: Mapping[Path, _File]) -> Iterator[list[list[_Task]]]:
    """Yield files, with their tasks, in batches: of small ones, what is made is kept together."""
    batch: list[list[_Task]] = []
    size = 0
    for group in groups:
        batch.append(group)
        size += files[group[0].path].size
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _known(file: _File, task: _Task, last: CompiledChapter | None) -> CompiledChapter | None:
    """Return a known chapter: from the last result, by its name in its file, or from the cache."""
    shown = _stored_shown(file, task, last)
    if shown is None:
        return None
    key = task.key(file.digest, shown)
    if last and last.key == key:
        return last
    findings = _stored_findings(key, task)
    return CompiledChapter(key, task, findings) if findings else None


def _stored_shown(file: _File, task: _Task, last: CompiledChapter | None) -> tuple[str, ...] | None:
    """Return the images of a chapter from the cache; None if it has none."""
    if not file.has_images:
        return ()
    key = task.shown_key(file.digest)
    with suppress(*DAMAGED):
        if stored := last.stored(key) if last else task.cache.get(key):
            return load(_Shown, stored).images
    return None


def _stored_findings(key: str, task: _Task) -> _Findings | None:
    """Return a chapter's findings from the cache, if that also has all wanted parts."""
    stored = task.cache.get(key_of(key, "findings"))
    if stored is None:
        return None
    try:
        findings = load(_Findings, stored, task.folder)
    except DAMAGED:
        return None  # like a missing one
    if not task.parts or (findings.has_errors and not task.is_draft):
        return findings
    is_whole = findings.is_rendered or _RENDERED.isdisjoint(task.parts)
    is_whole = is_whole and all(key_of(key, part) in task.cache for part in task.parts)
    return findings if is_whole else None


NOTHING_COMPILED: Mapping[tuple[Path, str], CompiledChapter] = {}


@dataclass(frozen=True, slots=True)
class _Result:
    """Result of compiling a chapter."""

    key: str
    findings: bytes
    parts: dict[str, bytes]
    """Parts to put into the cache, or those that it did not take."""


def _compile(
    groups: Sequence[Sequence[_Task]], last: Mapping[tuple[Path, str], CompiledChapter] = NOTHING_COMPILED
) -> list[list[_Result]]:
    """Compile what neither the last time nor the cache has of some files, and put the parts into the cache.

    Unchanged notes of the last chapters with these names are taken over.
    """
    cache = groups[0][0].cache
    with uncollected(), reading_once(cache):
        rules = rulebook(groups[0][0].settings)
        files = [_compile_file(tasks, rules, last) for tasks in groups]
    unkept = cache.put_all({key: part for made in files for each in made for key, part in each.parts.items()})
    return [
        [
            _Result(each.key, each.findings, {key: each.parts[key] for key in each.parts if key in unkept})
            for each in made
        ]
        for made in files
    ]


def _compile_file(
    tasks: Sequence[_Task], rules: Rulebook, last: Mapping[tuple[Path, str], CompiledChapter]
) -> list[_Result]:
    """Compile chapters of one file."""
    # Imported here: a build with nothing to compile does without it.
    from builder.corpus.reader import read_chapters

    path = tasks[0].path
    with at_chapter(path):
        text = tasks[0].text
        source, unreadable = read_source(path) if text is None else (Source(path, text), [])
        places = {task.place.index: task.place.number for task in tasks}
        read = read_chapters(source, places, tasks[0].settings.labels)
        if unreadable or len(read) != len(tasks):
            raise BuildError(f"{str(path)!r} changed in the meantime: build again")
        digest = key_of(source.text)
        return [
            _compiled(task, chapter, found, digest, rules, last.get(task.name))
            for task, (chapter, found) in zip(tasks, read, strict=True)
        ]


def _compiled(
    task: _Task,
    chapter: Chapter,
    found: Sequence[Diagnostic],
    digest: str,
    rules: Rulebook,
    last: CompiledChapter | None,
) -> _Result:
    """Check and render a chapter; `digest` is that of its file's text."""
    from builder.authoring.new_corpus import is_sample
    from builder.authoring.stats import count_chapter
    from builder.checks.run import check_chapter

    with fonts_of(task.settings):
        diagnostics = [*rules.weigh(found), *check_chapter(chapter, rules)]
    # After the checks, so that the key has the contents of images that the checks saw.
    text = chapter.source.text
    shown = _shown(chapter) if "![" in text else ()
    key = task.key(digest, shown)
    parts: dict[str, bytes] = {}
    if "![" in text:
        parts[task.shown_key(digest)] = dump(_Shown(shown))
    outline = chapter.outline()
    findings = _Findings(
        outline=outline,
        digest=key_of(dump(outline, task.folder)),
        placeless=key_of(dump(outline.placeless(), task.folder)),
        diagnostics=tuple(diagnostics),
        is_sample=is_sample(text),
    )
    if "texts" in task.parts:
        parts[key_of(key, "texts")] = " ".join(_texts(chapter, task)).encode()
    if not findings.has_errors and last is None:
        parts[key_of(key, "counts")] = dump(count_chapter(chapter), task.folder)
    if not _RENDERED.isdisjoint(task.parts) and (task.is_draft or not findings.has_errors):
        wrong = findings.wrong_places()
        made = _made_of(chapter, task)
        old = _known_records(made, wrong, last) if "subdeck" not in task.parts else {}
        rendered, code = _rendered(chapter, wrong, old, task)
        parts |= code
        if rendered:
            folder = task.folder.resolve()
            media = ((name, str(path.relative_to(folder))) for name, path in rendered.media.items())
            findings = replace(findings, media=tuple(media), is_rendered=True)
            if "subdeck" in task.parts:
                parts[key_of(key, "subdeck")] = dump(rendered.subdeck, task.folder)
            if "notes" in task.parts:
                fresh = iter(pack(rendered.subdeck))
                good = (place for place in range(len(made)) if place not in wrong)
                records = (old.get(place) or dump_note(next(fresh), made[place]) for place in good)
                parts[key_of(key, "notes")] = join_records(records)
    result = parts[key_of(key, "findings")] = dump(findings, task.folder)
    return _Result(key, result, parts)


def _texts(chapter: Chapter, task: _Task) -> tuple[str, ...]:
    """Return the digests of the texts of a chapter's questions, in the order of its outline."""

    def image_digest(src: str) -> str:
        return " ".join(_image(src, task.path, task.folder)[2:])

    return tuple(text_digest(question, image_digest) for question in chapter.all_questions())


def _shown(chapter: Chapter) -> tuple[str, ...]:
    passages = chapter.passages()
    return tuple(sorted({str(image.attrs["src"]) for passage in passages for _, image in images(passage)}))


def _made_of(chapter: Chapter, task: _Task) -> list[str]:
    """Return digests of the inputs of a chapter's notes, in order; empty for a note with an image."""
    lines, text, settings = chapter.source.lines, chapter.source.text, task.settings
    shared = key_of(
        *(settings.id, settings.source, settings.language, repr(settings.labels)),
        *(task.path.name, str(chapter.number), chapter.slug),
        *(token.content for token in chapter.title.tokens),
        text if _DEFINITION.search(text) else "",
    )
    starts = [question.location.line - 1 for question in chapter.all_questions()]
    spans = iter([*pairwise(starts), *((start, chapter.end) for start in starts[-1:])])
    made: list[str] = []
    for question in chapter.questions:
        group = [(each, *next(spans)) for each in (question, *question.drills)]
        # A section of the question may come after a drill.
        group[0] = (*group[0][:2], group[-1][2])
        for each, start, end in group:
            own = "\n".join(lines[start:end])
            made.append(
                "" if "![" in own else key_of(shared, own, repr(each.level), each.language, *each.tags)
            )
    return made


def _known_records(
    made: Sequence[str], wrong: Container[int | None], last: CompiledChapter | None
) -> dict[int, str]:
    """Return the records of notes that are unchanged since the last chapter, by their places."""
    stored = last.stored(key_of(last.key, "notes")) if last and last.rendered else None
    known = {made_of(record)[0]: record for record in split_records(stored or b"")}
    return {
        place: known[each] for place, each in enumerate(made) if each and each in known and place not in wrong
    }


def _rendered(
    chapter: Chapter, wrong: Collection[int | None], known: Collection[int], task: _Task
) -> tuple[Rendered | None, dict[str, bytes]]:
    """Render what is neither wrong nor known of a chapter, and return what to keep of its code, too.

    Nothing is rendered where an image of its title is wrong.
    """
    from builder.anki.render import render_chapter

    if wrong or known:
        introduction = Passage(chapter.source) if wrong else chapter.introduction
        questions = tuple(_without(chapter.questions, {*wrong, *known}))
        chapter = replace(chapter, introduction=introduction, questions=questions)
    try:
        if known or len(chapter.source.text) < _SMALL:
            return render_chapter(chapter, task.settings, task.folder), {}
        return _coloured(chapter, task)
    except ImageError:
        if not wrong:
            raise
        return None, {}


def _without(questions: Iterable[Question], others: Container[int | None]) -> Iterator[Question]:
    """Leave out some questions, by their places in the file; the drill of one may stay."""
    place = 0
    for question in questions:
        drills = [drill for offset, drill in enumerate(question.drills, 1) if place + offset not in others]
        if place in others:
            yield from drills
        else:
            yield replace(question, drills=tuple(drills))
        place += 1 + len(question.drills)


def _coloured(chapter: Chapter, task: _Task) -> tuple[Rendered, dict[str, bytes]]:
    """Render a chapter; code of its last version is not coloured again. Return what to keep of it, too."""
    from builder.anki.render import render_chapter
    from builder.markdown.highlight import remembering

    key = key_of(fingerprint(), "code", task.settings.id, task.path.name, task.place.name)
    try:
        known = load(_Code, task.cache.get(key) or b"[{}]")
    except DAMAGED:
        known = _Code({})
    with remembering(known.html) as shown:
        rendered = render_chapter(chapter, task.settings, task.folder)
    return rendered, {key: dump(_Code(shown))} if shown.keys() != known.html.keys() else {}
