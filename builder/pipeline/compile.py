"""Compiles a corpus: a chapter is read, checked and rendered once, and kept in the cache until it changes.

What a chapter becomes is a function of its text, the corpus's pictures and settings, and this program. What
the corpus is as a whole is found from its chapters' outlines; the rest of a chapter is loaded when its turn
comes, so that a build needs no more memory for more questions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from builder.anki.fields import deck_name, dump_notes, load_notes, pack
from builder.anki.note import Deck, Subdeck
from builder.anki.release import PackedNote, StoredNotes
from builder.checks.rules import RULE_TABLE, rulebook
from builder.checks.whole import check_outline
from builder.corpus.files import chapter_files, read_source
from builder.corpus.kinds import kind_of
from builder.corpus.model import NOTHING_ACCEPTED, ChapterOutline, Outline, QuestionOutline, Settings
from builder.corpus.pictures import PictureError, digest_of, picture_path, pictures, reading_once
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.diagnostics import BuildError, Diagnostic
from builder.faults import at_chapter
from builder.identity.guid import guid
from builder.identity.update import Published
from builder.runtime.cache import Cache, fingerprint, key_of
from builder.runtime.serialize import DAMAGED, dump, load
from builder.runtime.workers import cores, spread, uncollected

if TYPE_CHECKING:
    from builder.anki.render import Rendered
    from builder.authoring.stats import ChapterStats
    from builder.corpus.model import Chapter

_NO_CACHE = Cache(Path(os.devnull), 0)
_RENDERED = frozenset({"notes", "subdeck"})
"""The parts of a chapter that are made by rendering it."""
_WORTH_A_PROCESS = 250_000
"""Bytes of chapters that take longer to compile than another process takes to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Findings:
    """What the rest of a corpus needs to know of a chapter."""

    outline: ChapterOutline
    digest: str
    """What tells the outline from others: most edits of a text change nothing in it."""
    diagnostics: tuple[Diagnostic, ...]
    """What is wrong with it: where there is an error, it is not rendered."""
    glyphs: tuple[Diagnostic, ...]
    """The same, where it is printed."""
    media: tuple[tuple[str, str], ...] = ()
    """The images that it shows, once it is rendered: the names that the notes use, and the files' paths in
    the corpus folder."""
    is_rendered: bool = False
    is_sample: bool = False
    """Whether it is the chapter of `cardpress new`, which its author has not touched."""

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


@dataclass(frozen=True, slots=True)
class _Whole:
    """What is wrong with a corpus as a whole."""

    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """The pictures that a chapter shows, as it names them."""

    pictures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Code:
    """The coloured code of a chapter."""

    html: Mapping[str, str]
    """By a digest of the code and all that its colours depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A chapter to compile, and all that this depends on."""

    path: Path
    folder: Path
    settings: Settings
    corpus: str
    """What its key has in common with those of all other chapters."""
    cache: Cache
    parts: tuple[str, ...]
    """What is wanted of it: `notes` for Anki, the `subdeck` for paper; nothing where it is only checked.

    The `counts` are made in any case: of a chapter that is read already, they cost next to nothing.
    """

    def key(self, text: str, shown: Iterable[str]) -> str:
        """Return what all keys of the chapter are made of: `shown` are the pictures, as it names them."""
        pictures = (part for src in shown for part in _picture(src, self.path, self.folder))
        return key_of(self.corpus, self.path.name, text, *pictures)

    def shown_key(self, text: str) -> str:
        """Return the key of what pictures a text names."""
        return key_of(self.corpus, self.path.name, text, "shown")


@dataclass(frozen=True)  # without slots, which leave no place for what is computed once
class CompiledChapter:
    """A chapter, of which the cache has the rest."""

    key: str
    task: _Task
    findings: _Findings

    @cached_property
    def guids(self) -> tuple[str, ...]:
        """The GUIDs of its notes."""
        corpus = self.task.settings.id
        return tuple(guid(corpus, question) for question in self.findings.outline.questions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A corpus that was read and checked, and can be rendered a chapter at a time."""

    folder: Path
    settings: Settings
    outline: Outline
    chapters: tuple[CompiledChapter, ...]
    diagnostics: tuple[Diagnostic, ...]
    """All that is wrong with it."""
    glyphs: tuple[Diagnostic, ...]
    """The same, where it is printed."""
    cache: Cache
    _kept: dict[str, bytes] = field(default_factory=dict)
    """What the cache did not take."""

    def questions(self) -> Iterator[QuestionOutline]:
        """Yield every question and drill in study order."""
        return self.outline.questions()

    @property
    def media(self) -> dict[str, Path]:
        """Each picture's file, by the name that the notes use."""
        assert all(chapter.findings.is_rendered for chapter in self.chapters)
        folder = self.folder.resolve()
        return {name: folder / path for chapter in self.chapters for name, path in chapter.findings.media}

    def key(self) -> str:
        """Return what all that is rendered of it depends on."""
        return key_of(str(self.folder), repr(self.settings), *(chapter.key for chapter in self.chapters))

    def deck(self, numbers: Mapping[str, str]) -> Deck:
        """Return it ready to show, with its questions' numbers by their identities."""
        from builder.anki.render import numbered

        subdecks = (load(Subdeck, self._part(chapter, "subdeck"), self.folder) for chapter in self.chapters)
        return Deck(
            settings=self.settings,
            subdecks=tuple(numbered(subdeck, numbers) for subdeck in subdecks),
            media=self.media,
        )

    def counts(self) -> Iterator[ChapterStats]:
        """Yield how much there is of each chapter; there must be no error in it."""
        from builder.authoring.stats import ChapterStats

        for chapter in self.chapters:
            yield load(ChapterStats, self._part(chapter, "counts"), self.folder)

    def notes(self, numbers: Mapping[str, str]) -> Notes:
        """Return its notes as learners get them, by GUID, in study order."""
        return Notes(self, numbers)

    def published(self, numbers: Mapping[str, str]) -> Iterator[Published]:
        """Yield what the lock keeps of each note, in study order."""
        for chapter in self.chapters:
            guids = chapter.guids
            questions = chapter.findings.outline.questions
            given = [numbers[question.identity] for question in questions]
            deck = self._deck_name(chapter)
            key = key_of(chapter.key, "hashes", " ".join(given))
            hashes = (self._stored(key) or b"").decode().split()
            if len(hashes) != len(guids):
                with at_chapter(chapter.task.path):
                    hashes = [note.hash for note in self._packed(chapter, numbers)]
                self._keep(key, " ".join(hashes).encode())
            for guid_, hash_, question in zip(guids, hashes, questions, strict=True):
                yield Published(
                    guid=guid_,
                    type=kind_of(question).note_type,
                    question=question.identity,
                    hash=hash_,
                    number=numbers[question.identity],
                    deck=deck,
                    cards=question.cards,
                    is_sample=chapter.findings.is_sample,
                )

    def _packed(self, chapter: CompiledChapter, numbers: Mapping[str, str]) -> Iterator[PackedNote]:
        return load_notes(self._part(chapter, "notes"), self._deck_name(chapter), numbers)

    def _deck_name(self, chapter: CompiledChapter) -> str:
        return deck_name(self.settings, chapter.findings.outline.number, chapter.findings.outline.title)

    def _part(self, chapter: CompiledChapter, name: str) -> bytes:
        """Return a part of a rendered chapter; compiled again where the cache lost it meanwhile."""
        key = key_of(chapter.key, name)
        part = self._stored(key)
        if part is None:
            result = _compile(replace(chapter.task, cache=_NO_CACHE, parts=(name,)))
            if result.key != chapter.key:
                raise BuildError(f"{str(chapter.task.path)!r} was changed meanwhile: build again")
            self._kept.update(result.unkept)
            part = self._kept[key]
        return part

    def _stored(self, key: str) -> bytes | None:
        return self._kept[key] if key in self._kept else self.cache.get(key)

    def _keep(self, key: str, value: bytes) -> None:
        if not self.cache.put(key, value):
            self._kept[key] = value


class Notes(StoredNotes):
    """The notes of a compiled corpus by GUID, a chapter of them in memory at a time."""

    def __init__(self, compiled: Compiled, numbers: Mapping[str, str]) -> None:
        self._compiled = compiled
        self._numbers = numbers
        self._chapters = {guid: chapter for chapter in compiled.chapters for guid in chapter.guids}
        self._loaded: tuple[CompiledChapter | None, dict[str, PackedNote]] = (None, {})

    def __iter__(self) -> Iterator[str]:
        return iter(self._chapters)

    def __len__(self) -> int:
        return len(self._chapters)

    @cached_property
    def published(self) -> Mapping[str, Published]:
        """What is published of each, by GUID."""
        return {note.guid: note for note in self._compiled.published(self._numbers)}

    def __getitem__(self, guid: str) -> PackedNote:
        chapter = self._chapters[guid]
        if self._loaded[0] is not chapter:
            notes = self._compiled._packed(chapter, self._numbers)
            self._loaded = chapter, {note.guid: note for note in notes}
        return self._loaded[1][guid]


def compile_corpus(
    folder: Path,
    cache: Cache,
    *,
    is_rendered: bool = True,
    is_printed: bool = False,
    on_chapter: Callable[[int, int], None] = lambda done, of: None,
) -> Compiled:
    """Read, check and render a corpus; what did not change since the last time comes from the cache.

    What is not said to be printed can be, all the same: it is then rendered again, chapter by chapter.
    `on_chapter` is told how many chapters of how many are compiled. Pictures, and chapters that a build
    renders later, must not change in between; that is noticed.
    """
    with reading_once(cache):
        return _compiled_corpus(
            folder, cache, is_rendered=is_rendered, is_printed=is_printed, on_chapter=on_chapter
        )


def _compiled_corpus(
    folder: Path,
    cache: Cache,
    *,
    is_rendered: bool,
    is_printed: bool,
    on_chapter: Callable[[int, int], None],
) -> Compiled:
    source, diagnostics = read_source(folder / SETTINGS_FILE)
    settings, found = read_settings(source, RULE_TABLE)
    if not diagnostics:
        diagnostics += found
    paths, unread = chapter_files(folder)
    diagnostics += unread
    seen = replace(
        settings, title="", deck="", description="", authors=(), version="", accepted=NOTHING_ACCEPTED
    )
    corpus = key_of(fingerprint(), repr(seen))
    parts = ("notes", "subdeck") if is_printed else ("notes",)
    tasks = [
        _Task(
            path=path,
            folder=folder,
            settings=settings,
            corpus=corpus,
            cache=cache,
            parts=parts if is_rendered else (),
        )
        for path in paths
    ]
    chapters, unreadable, kept = _compile_all(tasks, on_chapter)
    diagnostics += unreadable
    chapters.sort(key=lambda chapter: (chapter.findings.outline.number, chapter.findings.outline.slug))
    outlines = tuple(chapter.findings.outline for chapter in chapters)
    outline = Outline(folder=folder, settings=settings, chapters=outlines)
    for chapter in chapters:
        diagnostics += chapter.findings.diagnostics
    return Compiled(
        folder=folder,
        settings=settings,
        outline=outline,
        chapters=tuple(chapters),
        diagnostics=(*diagnostics, *_check_whole(outline, chapters, cache)),
        glyphs=tuple(found for chapter in chapters for found in chapter.findings.glyphs),
        cache=cache,
        _kept=kept,
    )


def _check_whole(
    outline: Outline, chapters: Sequence[CompiledChapter], cache: Cache
) -> tuple[Diagnostic, ...]:
    """Check what chapters are together: that depends on their outlines alone, and on the folder's name.

    What is found may name files, and is remembered for the corpus in this place only.
    """
    digests = (chapter.findings.digest for chapter in chapters)
    name = outline.folder.resolve().name
    anywhere = key_of(fingerprint(), "whole", name, repr(outline.settings), *digests)
    here = key_of(anywhere, str(outline.folder), str(outline.folder.resolve()))
    for key in (anywhere, here):
        if stored := cache.get(key):
            with suppress(*DAMAGED):
                return load(_Whole, stored).diagnostics
    found = tuple(check_outline(outline))
    cache.put(here if found else anywhere, dump(_Whole(found)))
    return found


def _picture(src: str, chapter: Path, folder: Path) -> tuple[str, ...]:
    """Return what a picture is to the chapter that names it: the file and its content, or what is wrong."""
    try:
        path = picture_path(src, chapter, folder)
        return src, str(path.relative_to(folder.resolve())), digest_of(path, src)
    except PictureError as error:
        return src, error.code.name, str(error), error.hint


def _compile_all(
    tasks: Sequence[_Task], on_chapter: Callable[[int, int], None]
) -> tuple[list[CompiledChapter], list[Diagnostic], dict[str, bytes]]:
    """Compile what the cache does not have; return chapters, what is unreadable, and what it did not take."""
    chapters: list[CompiledChapter] = []
    unreadable: list[Diagnostic] = []
    kept: dict[str, bytes] = {}
    wanted: list[_Task] = []
    size = 0
    for task in tasks:
        source, found = read_source(task.path)
        unreadable += found
        if found:
            continue
        shown = _stored_shown(source.text, task)
        key = task.key(source.text, shown or ())
        stored = _stored_findings(key, task) if shown is not None else None
        if stored is None:
            wanted.append(task)
            size += len(source.text)
        else:
            chapters.append(CompiledChapter(key, task, stored))
    processes = max(1, min(cores(), size // _WORTH_A_PROCESS))
    # The first here: what it imports and sets up, copies of this process have already.
    first = map(_compile, wanted[:1])
    others = spread(_compile, wanted[1:], processes=processes, is_light=True)
    for number, (task, result) in enumerate(zip(wanted, chain(first, others), strict=True), 1):
        kept.update(result.unkept)
        chapters.append(CompiledChapter(result.key, task, load(_Findings, result.findings, task.folder)))
        on_chapter(number, len(wanted))
    return chapters, unreadable, kept


def _stored_shown(text: str, task: _Task) -> tuple[str, ...] | None:
    """Return the pictures that a text names; nothing where they are not known."""
    if "![" not in text:
        return ()
    with suppress(*DAMAGED):
        if stored := task.cache.get(task.shown_key(text)):
            return load(_Shown, stored).pictures
    return None


def _stored_findings(key: str, task: _Task) -> _Findings | None:
    """Return what the cache knows of a chapter, if it knows all that is wanted."""
    stored = task.cache.get(key_of(key, "findings"))
    if stored is None:
        return None
    try:
        findings = load(_Findings, stored, task.folder)
    except DAMAGED:
        return None  # whoever wrote it
    if not task.parts or findings.has_errors:
        return findings
    is_whole = findings.is_rendered and all(key_of(key, part) in task.cache for part in task.parts)
    return findings if is_whole else None


@dataclass(frozen=True, slots=True)
class _Result:
    """What compiling a chapter came to."""

    key: str
    findings: bytes
    unkept: dict[str, bytes]
    """The parts that the cache did not take."""


def _compile(task: _Task) -> _Result:
    """Compile a chapter, and put its parts into the cache."""
    with uncollected(), reading_once(task.cache), at_chapter(task.path):
        return _compiled(task)


def _compiled(task: _Task) -> _Result:
    # Of a build that has nothing to compile, these would be most of the time.
    from builder.authoring.new_corpus import sample_chapter
    from builder.authoring.stats import count_chapter
    from builder.checks.glyphs import check_glyphs
    from builder.checks.run import check_chapter
    from builder.corpus.reader import read_chapter

    source, unreadable = read_source(task.path)
    if unreadable:
        raise BuildError(f"{str(task.path)!r} was changed meanwhile: build again")
    chapter, diagnostics = read_chapter(source)
    diagnostics += check_chapter(chapter, rulebook(task.settings))
    # After the checks: the key is of the contents that they have seen.
    shown = _shown(chapter) if "![" in source.text else ()
    key = task.key(source.text, shown)
    if shown or "![" in source.text:
        task.cache.put(task.shown_key(source.text), dump(_Shown(shown)))
    outline = chapter.outline()
    findings = _Findings(
        outline=outline,
        digest=key_of(dump(outline, task.folder)),
        diagnostics=tuple(diagnostics),
        glyphs=tuple(check_glyphs(source)),
        is_sample=source.text == sample_chapter(),
    )
    parts: dict[str, bytes] = {}
    if not findings.has_errors:
        parts["counts"] = dump(count_chapter(chapter), task.folder)
    if not findings.has_errors and not _RENDERED.isdisjoint(task.parts):
        rendered = _rendered(chapter, task)
        folder = task.folder.resolve()
        media = ((name, str(path.relative_to(folder))) for name, path in rendered.media.items())
        findings = replace(findings, media=tuple(media), is_rendered=True)
        if "subdeck" in task.parts:
            parts["subdeck"] = dump(rendered.subdeck, task.folder)
        if "notes" in task.parts:
            parts["notes"] = dump_notes(pack(rendered.subdeck))
    parts["findings"] = dump(findings, task.folder)
    keyed = {key_of(key, name): part for name, part in parts.items()}
    unkept = {name: part for name, part in keyed.items() if not task.cache.put(name, part)}
    return _Result(key, parts["findings"], unkept)


def _shown(chapter: Chapter) -> tuple[str, ...]:
    passages = chapter.passages()
    return tuple(sorted({str(image.attrs["src"]) for passage in passages for _, image in pictures(passage)}))


def _rendered(chapter: Chapter, task: _Task) -> Rendered:
    """Render a chapter; code that the last one of its name had is not coloured again."""
    from builder.anki.render import render_chapter
    from builder.markdown.highlight import remembering

    key = key_of(fingerprint(), "code", task.settings.id, task.path.name)
    try:
        known = load(_Code, task.cache.get(key) or b"[{}]")
    except DAMAGED:
        known = _Code({})
    with remembering(known.html) as shown:
        rendered = render_chapter(chapter, task.settings, task.folder)
    if shown.keys() != known.html.keys():
        task.cache.put(key, dump(_Code(shown)))
    return rendered
