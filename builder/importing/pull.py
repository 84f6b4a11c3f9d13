"""Takes edits that were made in Anki back into the Markdown of their questions.

A note of a package is compared with the note that its question would publish now, field by field. A field
that was edited only in Anki is converted and written into the question's lines. If the corpus changed it,
too, it is a conflict. Edits that a chapter cannot express are reported and left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from builder.anki.adopted_notes import as_anki_keeps, published_text
from builder.anki.decks import StoredDecks, read_decks
from builder.anki.note_types import TEMPLATES
from builder.anki.release import PackedNote
from builder.anki.typed import PackageError
from builder.checks.content import CHAPTER_CHECKS
from builder.corpus.files import read_bytes
from builder.corpus.kinds import KINDS
from builder.corpus.kinds.choice import CHOICE
from builder.corpus.kinds.occlusion import OCCLUSION
from builder.corpus.kinds.typed import TYPED
from builder.corpus.model import CORE, Chapter, Question, QuestionOutline, Role, Settings
from builder.corpus.question_text import text_digest
from builder.corpus.reader import read_chapters
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.identity.adopted import Adopted, AdoptedNote, AdoptedType
from builder.identity.lock import Lock, NoteEntry, read_entry
from builder.identity.remember import Commit
from builder.identity.update import was_first_published
from builder.importing.field_tree import tree_of, visible_text, words_of
from builder.importing.html_to_markdown import LookLoss, Reading, to_markdown
from builder.importing.own_notes import named_fields
from builder.importing.write import tag_of
from builder.importing.written_parts import (
    LineEdit,
    UnsaidError,
    Written,
    WrittenBlock,
    line_edits,
    option_edits,
    pieces,
    same_pieces,
    section_parts,
    with_edits,
)
from builder.markdown.parser import parse
from builder.markdown.source import Source
from builder.runtime.regular_files import RefusedFile

_OWN: Mapping[str, tuple[str, ...]] = {
    "Prompt": ("prompt",),
    "Context": ("context",),
    "Answer": ("answer",),
    "Details": ("details",),
    "Why": (Role.WHY.value,),
    "Weak answer": (Role.WEAK_ANSWER.value,),
    "Pitfall": (Role.PITFALL.value,),
    "Follow-up": (Role.FOLLOW_UP.value,),
    "Read more": (Role.READ_MORE.value,),
}
"""Parts of a question by our fields that say nothing but them."""
_MADE: Mapping[str, str] = {
    "Level": "write the level into the heading",
    "Topics": "change the tags",
    "Reverse": "write .reversed into the heading, or remove it",
    "Number": "cardpress numbers the questions",
    "ID": "an id never changes",
    "Typed": "change the text between backticks in the answer, too",
}
"""Fields that a build makes of something else, and how to change that."""
_SILENT = frozenset({"Chapter", "Source", "Has sound"})
_MISSING = ("missing image", "missing sound")
_LATEST = (1 << 63) - 1
_MOST_VERSIONS = 4
"""Maximum versions of a note whose texts are looked up in git."""
_MOST_FILES = 3
"""Files that are kept once they were read: that before an edit and that behind it."""
Verdict = Literal["written", "left", "conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of a field, or of tags, that somebody changed in Anki."""

    verdict: Verdict
    place: Location
    question: str
    field: str
    message: str = ""
    here: str = ""
    """For a conflict: what the corpus says, as Markdown, and what Anki says."""
    there: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """A corpus as it would be published now, and what was published of it before."""

    folder: Path
    settings: Settings
    adopted: Adopted
    notes: Mapping[str, PackedNote]
    """By GUID."""
    questions: Mapping[str, QuestionOutline]
    """By GUID."""
    versions: Mapping[str, Mapping[int, str]]
    """Hashes of what was published, by GUID and time."""
    lock: Lock
    past: Callable[[str, int], PackedNote | None] = lambda guid, time: None
    """Returns a note as it was published at a time, if git has its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """Result of taking edits back; nothing is written yet."""

    notes: int
    """Notes of the corpus that the package has."""
    texts: Mapping[Path, tuple[str, str]] = field(default_factory=dict)
    """Texts of changed chapters before and after."""
    findings: tuple[Finding, ...] = ()
    own_tags: Mapping[str, int] = field(default_factory=dict)
    """Learners' own tags, with the number of notes that have them."""
    added: int = 0
    """Notes in decks of the corpus that are none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """A note of the package, with the names that its corpus has for its fields."""

    packed: PackedNote
    mod: int
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Texts of fields that its corpus does not have."""
    adopted: AdoptedNote | None = None


def read_edited(path: Path, deck: str) -> StoredDecks:
    """Read a package, or a deck of a whole collection. Raises `BuildError`."""
    try:
        return read_decks(path, deck)
    except PackageError as error:
        raise BuildError(f"{str(path)!r} {error}") from error


def published_versions(lock: Lock, past: Sequence[Commit]) -> dict[str, dict[int, str]]:
    """Return the hashes that notes were published with, by GUID and time: of the lock, and of its history."""
    found: dict[str, dict[int, str]] = {}
    for commit in past:
        for line in commit.lines:
            with suppress(ValueError):
                entry = read_entry(line)
                if isinstance(entry, NoteEntry):
                    found.setdefault(entry.guid, {})[entry.mod] = entry.hash
    for entry in lock.notes.values():
        found.setdefault(entry.guid, {})[entry.mod] = entry.hash
    return found


def commits_of(past: Iterable[Commit]) -> dict[tuple[str, int], str]:
    """Return the commits that brought what was published, by GUIDs and times."""
    found: dict[tuple[str, int], str] = {}
    for commit in past:
        for line in commit.lines:
            with suppress(ValueError):
                entry = read_entry(line)
                if isinstance(entry, NoteEntry):
                    found.setdefault((entry.guid, entry.mod), commit.id)
    return found


def pull(stored: StoredDecks, corpus: Publishing) -> Pulled:
    """Take the edits of a package's notes back into a corpus; return the new texts of its chapters."""
    notes = list(_notes_of(stored, corpus))
    work = _Work(corpus, _release_of(notes, corpus))
    for note in notes:
        work.take(note)
    return Pulled(
        notes=len(notes),
        texts={path: (old, work.texts[path]) for path, old in work.before.items() if work.texts[path] != old},
        findings=tuple(work.findings),
        own_tags=Counter(tag for note in notes for tag in note.packed.own_tags),
        added=_added(stored, {note.packed.guid for note in notes}, corpus),
    )


def _added(stored: StoredDecks, known: Collection[str], corpus: Publishing) -> int:
    """Return how many notes somebody added to the decks of a corpus."""
    root = corpus.settings.deck
    decks = {note.cards[0].deck for note in stored.notes if note.guid not in known}
    own = {deck for deck in decks if deck == root or deck.startswith(f"{root}::")}
    return sum(note.guid not in known and note.cards[0].deck in own for note in stored.notes)


# --- notes ----------------------------------------------------------------------------------------


def _notes_of(stored: StoredDecks, corpus: Publishing) -> Iterator[_Note]:
    """Yield the notes of a package that are of a corpus."""
    kept = {note.guid: note for note in corpus.adopted.notes.values()}
    beginnings = tuple(f"{corpus.settings.id}:{name}:" for name in TEMPLATES)
    for note in stored.notes:
        if note.guid in kept:
            yield _adopted_note(note, stored.types[note.type], kept[note.guid], corpus)
        elif note.guid.startswith(beginnings):
            yield _own_note(note, stored.types[note.type], corpus.settings.id)


def _own_note(note: AdoptedNote, kind: AdoptedType, corpus_id: str) -> _Note:
    fields, unknown = named_fields(kind, note.fields)
    prefix = f"{corpus_id}::"
    packed = PackedNote(
        guid=note.guid,
        type=note.guid.split(":")[1],
        question=note.guid.split(":", 2)[2],
        fields={name: html for name, html in fields.items() if html},
        tags=tuple(tag for tag in note.tags if tag.casefold().startswith(prefix)),
        own_tags=tuple(tag for tag in note.tags if not tag.casefold().startswith(prefix)),
        deck=note.cards[0].deck,
        cards=tuple(card.ordinal for card in note.cards),
    )
    return _Note(packed=packed, mod=note.mod, unknown=unknown)


def _adopted_note(note: AdoptedNote, kind: AdoptedType, kept: AdoptedNote, corpus: Publishing) -> _Note:
    own = corpus.adopted.types[kept.type]
    by_id = {each.id: html for each, html in zip(kind.fields, note.fields, strict=True) if each.id}
    by_name = {each.name: html for each, html in zip(kind.fields, note.fields, strict=True)}
    fields: dict[str, str] = {}
    for each, adopted in zip(own.fields, kept.fields, strict=True):
        html = by_id[each.id] if each.id in by_id else by_name.get(each.name, "")
        is_as_adopted = as_anki_keeps(html) == as_anki_keeps(adopted)
        fields[each.name] = published_text(adopted, corpus.settings) if is_as_adopted else html
    known = {tag.casefold(): tag for tag in kept.tags}
    prefix = f"{corpus.settings.id}::"
    is_ours = {tag: tag.casefold() in known or tag.casefold().startswith(prefix) for tag in note.tags}
    taken = {each.id for each in own.fields} | {each.name for each in own.fields}
    packed = PackedNote(
        guid=note.guid,
        type=own.key,
        question=kept.question,
        fields=fields,
        tags=tuple(known.get(tag.casefold(), tag) for tag in note.tags if is_ours[tag]),
        own_tags=tuple(tag for tag in note.tags if not is_ours[tag]),
        deck=note.cards[0].deck,
        cards=tuple(card.ordinal for card in note.cards),
    )
    packed = replace(packed, origin=corpus.notes[note.guid].origin if note.guid in corpus.notes else None)
    unknown = {
        each.name: html
        for each, html in zip(kind.fields, note.fields, strict=True)
        if html and each.id not in taken and each.name not in taken
    }
    return _Note(packed=packed, mod=note.mod, unknown=unknown, adopted=kept)


@dataclass(frozen=True, slots=True)
class _Release:
    """What is known of the release that a package has."""

    since: int
    """Time of the latest publication that arrived there: of the notes that nobody edited, the last one's."""
    before: int
    """Time of the first publication that did not arrive there."""

    def may_have(self, time: int, note: _Note) -> bool:
        """Tell whether what was published of a note at a time may have arrived there."""
        return time < self.before and time <= note.mod

    def has(self, time: int, note: _Note, entry: NoteEntry | None) -> bool:
        """Tell whether it did for certain: others of the time, or later, arrived, or it was the first."""
        if time <= self.since:
            return True
        if note.adopted:
            return time == note.adopted.mod
        return entry is not None and was_first_published(entry, time)


def _release_of(notes: Iterable[_Note], corpus: Publishing) -> _Release:
    since, before = 0, _LATEST
    for note in notes:
        versions = corpus.versions.get(note.packed.guid, {})
        before = min((before, *(time for time in versions if time > note.mod)))
        since = max((since, *(time for time, hash_ in versions.items() if hash_ == note.packed.hash)))
    return _Release(since, before)


# --- fields ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _FieldOf:
    """A field, and the blocks of the question that it shows."""

    name: str
    parts: tuple[str, ...]
    left_out: frozenset[tuple[int, int]] = frozenset()
    """Lines of blocks of these parts that another field shows."""
    only: frozenset[tuple[int, int]] | None = None
    """Lines of those blocks that it shows; None if it shows all."""
    is_titled: bool = True
    """False if the title of its section is the name of the field."""
    has_labels: bool = False
    """True if sections that have a field of ours share this one, each below its title."""

    def blocks(self, written: Written) -> list[WrittenBlock]:
        """Return its blocks in a question."""
        return [
            block
            for block in written.blocks(self.parts)
            if (self.is_titled or block.form != "title")
            and (self.has_labels or block.form != "label")
            and (block.start, block.end) not in self.left_out
            and (self.only is None or (block.start, block.end) in self.only)
        ]


@dataclass(frozen=True, slots=True)
class _File:
    """A chapter's file as it was read."""

    source: Source
    text: str
    questions: Mapping[str, Question]
    """By id."""
    digests: Mapping[str, str]
    """Digests of the questions' texts, by id."""
    errors: int


@dataclass
class _Work:
    """Takes edits back note by note, and keeps the texts of the chapters."""

    corpus: Publishing
    release: _Release
    texts: dict[Path, str] = field(default_factory=dict)
    before: dict[Path, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    files: list[_File] = field(default_factory=list)
    """Files that were read last."""

    def take(self, note: _Note) -> None:
        """Take the edits of a note back."""
        packed, versions = note.packed, self.corpus.versions.get(note.packed.guid, {})
        self.name_unknown(note)
        if packed.hash in versions.values():
            return
        if packed.guid not in self.corpus.notes:
            place = Location(self.corpus.folder)
            self.find("left", place, packed.question, "note", "its question is no longer in the corpus")
            return
        ours, outline = self.corpus.notes[packed.guid], self.corpus.questions[packed.guid]
        if packed.hash == ours.hash:
            return
        base = self.base(note, ours, versions)
        self.fields(note, ours, outline, base)
        self.tags(note, ours, outline, base)

    def base(self, note: _Note, ours: PackedNote, versions: Mapping[int, str]) -> PackedNote | None:
        """Return the note as it was when it was edited in Anki; None if that is not known.

        Where several versions may be it, it is the one that the fewest fields differ from.
        """
        entry = self.corpus.lock.notes.get(note.packed.guid)
        found: list[PackedNote] = []
        for time in sorted(versions, reverse=True):
            if not self.release.may_have(time, note):
                continue
            past = ours if versions[time] == ours.hash else self.corpus.past(note.packed.guid, time)
            if past is None or past.hash not in (versions[time], ours.hash) or len(found) == _MOST_VERSIONS:
                return None
            found.append(past)
            if self.release.has(time, note, entry):
                break
        else:
            return None  # there may be others that nobody knows of
        return min(found, key=lambda each: len(_differing(each, note.packed)))

    def find(self, verdict: Verdict, place: Location, question: str, name: str, message: str = "") -> None:
        """Record what became of a field."""
        self.findings.append(
            Finding(verdict=verdict, place=place, question=question, field=name, message=message)
        )

    def name_unknown(self, note: _Note) -> None:
        outline = self.corpus.questions.get(note.packed.guid)
        place = outline.location if outline else Location(self.corpus.folder)
        for name in note.unknown:
            self.find("left", place, note.packed.question, name, "the corpus has no such field")

    def text(self, path: Path) -> str:
        if path not in self.texts:
            try:
                self.texts[path] = read_bytes(path).decode()
            except (RefusedFile, UnicodeDecodeError) as error:
                raise BuildError(f"{str(path)!r} cannot be read: {error}") from error
            self.before[path] = self.texts[path]
        return self.texts[path]

    def written(self, outline: QuestionOutline) -> Written:
        """Return a question as its chapter has it by now."""
        path = outline.location.path
        return self.read(path, self.text(path), outline.id)[0]

    def read(self, path: Path, text: str, id_: str) -> tuple[Written, dict[str, str], int]:
        """Read a chapter's file: a question of it, the texts of all others, and how many errors there are."""
        file = self.file(path, text)
        if id_ not in file.questions:
            raise UnsaidError("its question would not be read again")
        written = Written(
            question=file.questions[id_],
            lines=file.source.lines,
            folder=self.corpus.folder,
            labels=self.corpus.settings.labels,
            known=self.corpus.adopted.media,
        )
        others = {other: digest for other, digest in file.digests.items() if other != id_}
        return written, others, file.errors

    def file(self, path: Path, text: str) -> _File:
        """Read a chapter's file, or return what was read of the same text: reading is what takes time."""
        for known in self.files:
            if known.source.path == path and known.text == text:
                return known
        source = Source(path, text.removeprefix("\ufeff"))
        questions: dict[str, Question] = {}
        digests: dict[str, str] = {}
        errors = 0
        for chapter, wrong in read_chapters(source, labels=self.corpus.settings.labels):
            checks: tuple[Callable[[Chapter], Iterable[Diagnostic]], ...] = (
                *(check for kind in KINDS.values() for check in kind.checks),
                *CHAPTER_CHECKS,
            )
            said = (*wrong, *(each for check in checks for each in check(chapter)))
            errors += sum(each.severity == "error" for each in said)
            for question in (*chapter.all_questions(), *chapter.unanswered):
                questions.setdefault(question.id, question)
                digests[question.id] = f"{text_digest(question, str)} {question.attributes.written}"
        file = _File(source, text, questions, digests, errors)
        self.files = [file, *self.files[: _MOST_FILES - 1]]
        return file

    def fields(
        self, note: _Note, ours: PackedNote, outline: QuestionOutline, base: PackedNote | None
    ) -> None:
        """Take back the edits of a note's fields."""
        place, packed = outline.location, note.packed
        differing = _differing(ours, packed)
        if base:
            edited = _differing(base, packed)
            differing = [name for name in differing if name in edited]
        here = _differing(base, ours) if base else differing
        if not differing:
            return
        if outline.kind == OCCLUSION.name:
            for name in differing:
                if name not in _SILENT:
                    message = "change an image with boxes in its chapter"
                    self.find("left", place, outline.id, name, message)
            return
        layout = self.layout(note, ours, outline, differing)
        if outline.kind == CHOICE.name and {"Options", "Solution"} & {*differing}:
            self.choice(note, outline, is_changed_here=bool({"Options", "Solution"} & {*here}))
            differing = [name for name in differing if name not in ("Options", "Solution")]
        if outline.kind == TYPED.name and note.adopted is None and {"Answer", "Typed"} & {*differing}:
            differing = self.typed(note, ours, outline, differing)
        for name in differing:
            each = layout.get(name)
            if each is not None:
                html = ours.fields.get(name, "")
                self.field(each, note, html, outline, is_changed_here=name in here)
            elif name in _MADE and name not in here:
                self.find("left", place, outline.id, name, f"a build makes it: {_MADE[name]}")
            elif name not in _SILENT and name not in _MADE and packed.fields.get(name):
                self.find("left", place, outline.id, name, "no part of the question has this field")

    def layout(
        self, note: _Note, ours: PackedNote, outline: QuestionOutline, differing: Sequence[str]
    ) -> dict[str, _FieldOf]:
        """Return the fields of a note that say parts of its question, by name."""
        written = self.written(outline)
        titled = [
            name
            for name, section in zip(section_parts(written.question), written.question.sections, strict=True)
            if section.role is None
        ]
        if note.adopted is None:
            found = {name: _FieldOf(name, parts) for name, parts in _OWN.items()}
            return {**found, "Details": _FieldOf("Details", ("details", *titled))}
        return _adopted_layout(self.corpus.adopted.types[note.adopted.type], note, written)

    def field(
        self, each: _FieldOf, note: _Note, ours: str, outline: QuestionOutline, *, is_changed_here: bool
    ) -> None:
        """Take back the edits of one field."""
        theirs = note.packed.fields.get(each.name, "")
        place, path = outline.location, outline.location.path
        try:
            written = self.written(outline)
            reading = _reading(written, each)
            losses = _new_losses(ours, theirs, reading)
            _check_losses(losses)
            edits = _field_edits(written, each, ours, theirs, reading)
            if edits and is_changed_here:
                self.conflict(each.name, outline, ours, theirs, reading)
                return
            if edits:
                if not to_markdown(theirs, reading).is_exact:
                    raise UnsaidError("its text cannot be written as Markdown")
                self.texts[path] = self.checked(each, outline, edits, theirs)
                self.find("written", place, outline.id, each.name)
        except UnsaidError as error:
            self.find("left", place, outline.id, each.name, str(error))
            return
        for loss in losses:
            self.find(
                "left", place, outline.id, each.name, f"{loss.message}: no chapter has it [{loss.kind}]"
            )

    def conflict(self, name: str, outline: QuestionOutline, ours: str, theirs: str, reading: Reading) -> None:
        self.findings.append(
            Finding(
                verdict="conflict",
                place=outline.location,
                question=outline.id,
                field=name,
                message="changed here and in Anki since the release that the package has",
                here=to_markdown(ours, reading).text,
                there=to_markdown(theirs, reading).text,
            )
        )

    def checked(
        self, each: _FieldOf, outline: QuestionOutline, edits: Sequence[LineEdit], theirs: str
    ) -> str:
        """Return a file's text after the edits of a field. Raises `UnsaidError` if it reads otherwise."""
        path = outline.location.path
        text = with_edits(self.texts[path], edits)
        before, others, errors = self.read(path, self.texts[path], outline.id)
        after, others_after, errors_after = self.read(path, text, outline.id)
        if others != others_after or errors_after > errors:
            raise UnsaidError("written into its chapter, it would be read differently")
        fresh = _FieldOf(each.name, each.parts)
        blocks = _shifted(each, before, after)
        shown = "\n".join(block.html for block in blocks)
        reading = _reading(after, fresh)
        if _seen(shown, reading) != _seen(theirs, reading):
            raise UnsaidError("written into its chapter, it would show another text")
        again = same_pieces(after, blocks, shown, reading)
        if line_edits(after, blocks, again, pieces(to_markdown(theirs, reading).text), each.parts):
            raise UnsaidError("written into its chapter, it would not be the same again")
        if _elsewhere(before, each.parts) != _elsewhere(after, each.parts):
            raise UnsaidError("written into its chapter, it would change another part of its question")
        return text

    def choice(self, note: _Note, outline: QuestionOutline, *, is_changed_here: bool) -> None:
        """Take back what was edited in the options of a choice."""
        place, path = outline.location, outline.location.path
        listed, solved = (note.packed.fields.get(name, "") for name in ("Options", "Solution"))
        try:
            if note.adopted is not None:
                raise UnsaidError("change the options of a choice in its chapter")
            written = self.written(outline)
            edits = option_edits(written, listed, solved)
            if not edits:
                return
            if is_changed_here:
                ours = self.corpus.notes[note.packed.guid].fields.get("Solution", "")
                self.conflict("Solution", outline, ours, solved, written.reading("options"))
                return
            text = with_edits(self.text(path), edits)
            before, others, errors = self.read(path, self.text(path), outline.id)
            after, others_after, errors_after = self.read(path, text, outline.id)
            is_same = others == others_after and errors_after <= errors
            if not is_same or option_edits(after, listed, solved):
                raise UnsaidError("written into its chapter, it would be read differently")
            if _elsewhere(before, ("options",)) != _elsewhere(after, ("options",)):
                raise UnsaidError("written into its chapter, it would change another part of its question")
            self.texts[path] = text
            self.find("written", place, outline.id, "Options")
        except UnsaidError as error:
            self.find("left", place, outline.id, "Options", str(error))

    def typed(
        self, note: _Note, ours: PackedNote, outline: QuestionOutline, differing: Sequence[str]
    ) -> list[str]:
        """Return the fields to take back of a question whose answer is typed: both of its two, or neither."""
        wanted = "".join(words_of(note.packed.fields.get("Typed", "")))
        answer = pieces(to_markdown(note.packed.fields.get("Answer", "")).text)
        first = next(
            (
                child.content
                for piece in answer
                for token in parse(piece.text)
                for child in token.children or ()
                if child.type == "code_inline"
            ),
            "",
        )
        if wanted == first:
            return [name for name in differing if name != "Typed"]
        changed = [name for name in differing if name in ("Answer", "Typed")]
        message = f"the answer has {first!r}, and Typed has {wanted!r}: change both fields"
        for name in changed:
            self.find("left", outline.location, outline.id, name, message)
        return [name for name in differing if name not in changed]

    def tags(self, note: _Note, ours: PackedNote, outline: QuestionOutline, base: PackedNote | None) -> None:
        """Take back the tags below the corpus's id: an author's, who wrote them in Anki."""
        prefix = f"{self.corpus.settings.id}::"
        here, there = (_topics(each.tags, prefix) for each in (ours, note.packed))
        if base is not None and there == _topics(base.tags, prefix):
            return
        added = [tag for key, tag in there.items() if key not in here]
        removed = [tag for key, tag in here.items() if key not in there]
        if not added and not removed:
            return
        place, path = outline.location, outline.location.path
        said = ", ".join((*(f"+{tag}" for tag in added), *(f"-{tag}" for tag in removed)))
        if base is None or _topics(base.tags, prefix) != here:
            message = f"changed here and in Anki since the release that the package has: {said}"
            self.find("conflict", place, outline.id, "tags", message)
            return
        try:
            made = [tag for tag in (*added, *removed) if _is_made(tag)]
            if made:
                raise UnsaidError(f"{said}: a build makes {prefix}{made[0]} of the heading or the chapter")
            if wrong := [tag for tag in added if tag_of(tag) != tag]:
                raise UnsaidError(f"no chapter has a tag {wrong[0]!r}")
            text = self.tagged(outline, added, removed)
            self.texts[path] = text
            self.find("written", place, outline.id, "tags", said)
        except UnsaidError as error:
            self.find("left", place, outline.id, "tags", str(error))

    def tagged(self, outline: QuestionOutline, added: Sequence[str], removed: Sequence[str]) -> str:
        """Return a file's text with other tags of a question."""
        path = outline.location.path
        written, others, errors = self.read(path, self.text(path), outline.id)
        question = written.question
        gone = {tag.casefold() for tag in removed}
        own = dict(question.attributes.values).get("tags")
        kept = question.tags if own is None else own.split()
        names = [*(tag for tag in kept if tag.casefold() not in gone), *added]
        line = question.location.line - 1
        old = written.lines[line]
        braces = question.attributes.written
        new = braces.replace(f'tags="{own}"', f'tags="{" ".join(names)}"') if own is not None else ""
        if own is None:
            new = f'{braces[:-1]} tags="{" ".join(names)}"}}'
        if not names:
            new = braces.replace(f' tags="{own}"', "")
        if new == braces or old.count(braces) != 1:
            raise UnsaidError("the tags of its heading are written in another way")
        text = with_edits(self.texts[path], [LineEdit(line, line + 1, (old.replace(braces, new),))])
        after, others_after, errors_after = self.read(path, text, outline.id)
        wanted = {tag.casefold() for tag in question.tags} - gone | {tag.casefold() for tag in added}
        if {tag.casefold() for tag in after.question.tags} != wanted or errors_after > errors:
            raise UnsaidError("the tags are those of the whole chapter, or of the question above")
        if {id_ for id_ in others if others[id_] != others_after.get(id_)}:
            raise UnsaidError("it would change the tags of another question")
        return text


def _differing(one: PackedNote, other: PackedNote) -> list[str]:
    """Return the names of the fields that two notes have other texts in."""
    return [
        name
        for name in dict.fromkeys((*one.fields, *other.fields))
        if as_anki_keeps(one.fields.get(name, "")) != as_anki_keeps(other.fields.get(name, ""))
    ]


def _topics(tags: Iterable[str], prefix: str) -> dict[str, str]:
    """Return the tags below the corpus's id without it, by their names without case."""
    found = (tag[len(prefix) :] for tag in tags if tag.casefold().startswith(prefix))
    return {tag.casefold(): tag for tag in found if tag}


def _is_made(tag: str) -> bool:
    return tag == CORE or tag.startswith(("chapter::", "level::"))


def _reading(written: Written, each: _FieldOf) -> Reading:
    return written.reading("answer" if "answer" in each.parts else each.parts[0])


def _field_edits(
    written: Written, each: _FieldOf, ours: str, theirs: str, reading: Reading
) -> list[LineEdit]:
    own = each.blocks(written)
    found = pieces(to_markdown(theirs, reading).text)
    return line_edits(written, own, same_pieces(written, own, ours, reading), found, each.parts)


def _new_losses(ours: str, theirs: str, reading: Reading) -> list[LookLoss]:
    """Return what of a field's look a chapter cannot have, and what it had already."""
    before = Counter(to_markdown(ours, reading).losses)
    return list((Counter(to_markdown(theirs, reading).losses) - before).elements())


def _check_losses(losses: Iterable[LookLoss]) -> None:
    """Refuse a field that shows a file which the corpus does not have."""
    for loss in losses:
        if loss.kind in _MISSING:
            name = loss.message.partition(" is not in the source")[0]
            raise UnsaidError(f"{name} is not in the corpus: copy it there, and show it in the chapter")


def _seen(html: str, reading: Reading) -> str:
    tree = tree_of(html, is_cloze=reading.is_cloze)
    if tree is None:
        raise UnsaidError("it is too long, or too deeply nested")
    return visible_text(tree.body)


def _elsewhere(written: Written, parts: Sequence[str]) -> list[str]:
    """Return the HTML of all parts of a question but some."""
    names = ("prompt", "context", "answer", "details", *section_parts(written.question))
    found = [block.html for block in written.blocks(name for name in names if name not in parts)]
    if written.question.kind == CHOICE.name and "options" not in parts:
        for option, text, reason in written.options():
            found += [str(option.is_right), *(block.html for block in (*text, *reason))]
    return found


def _shifted(each: _FieldOf, before: Written, after: Written) -> list[WrittenBlock]:
    """Return the blocks of a field after an edit: those that other fields show are as many as before."""
    if not each.left_out and each.only is None:
        return each.blocks(after)
    whole = replace(each, left_out=frozenset(), only=None)
    own, every = each.blocks(before), whole.blocks(before)
    first = next((place for place, block in enumerate(every) if block in own), 0)
    behind = len(every) - first - len(own)
    found = whole.blocks(after)
    return found[first : len(found) - behind]


# --- notes of an existing deck --------------------------------------------------------------------

_FOLLOWS: Mapping[str, str] = {
    "context": "prompt",
    "details": "answer",
    **{role.value: "answer" for role in Role if role not in (Role.ON_PAPER, Role.IN_ONE_BREATH)},
}
"""Parts whose field a part follows if it has none of its own."""


def _adopted_layout(kind: AdoptedType, note: _Note, written: Written) -> dict[str, _FieldOf]:
    """Return the fields of an adopted note that say parts of its question.

    As long as the note is as it was, some fields have a part of their own that an edited note has in the
    field of the answer: their sections, and what was joined with another field.
    """
    question = written.question
    assert note.adopted is not None
    adopted = dict(zip((each.name for each in kind.fields), note.adopted.fields, strict=True))
    merged = {name: note.packed.fields.get(name, "") for name in kind.merged}
    taken: dict[str, tuple[str, ...]] = {}
    joined: dict[str, tuple[str, list[WrittenBlock]]] = {}
    titles = {
        section.title.tokens[0].content.casefold(): name
        for name, section in zip(section_parts(question), question.sections, strict=True)
    }
    for name, html in merged.items():
        if not html.strip():
            continue
        if name.casefold() in titles:
            taken[name] = (titles[name.casefold()],)
        elif found := _joined(adopted.get(name, ""), written) or _joined(html, written):
            joined[name] = found
    used = {part for parts in taken.values() for part in parts}
    # Those without a field of ours are details, which come first; the others have our order.
    used |= {Role.ON_PAPER.value, Role.IN_ONE_BREATH.value}  # no note has them
    roles = [role.value for role in Role]
    others = sorted(
        (name for name in section_parts(question) if name not in used),
        key=lambda name: roles.index(name) if name in roles else -1,
    )
    layout: dict[str, _FieldOf] = {}
    for part, name in kind.mapping.items():
        parts = [part] if part in ("prompt", "context", "answer", "details") else []
        parts += [
            other
            for other in ("context", "details", *others)
            if other not in kind.mapping and _FOLLOWS.get(other, "answer") == part
        ]
        lines = {
            (block.start, block.end)
            for other, blocks in joined.values()
            for block in blocks
            if other in parts
        }
        if parts:
            so_far = layout.get(name)
            layout[name] = _FieldOf(
                name,
                (*(so_far.parts if so_far else ()), *parts),
                frozenset(lines) | (so_far.left_out if so_far else frozenset()),
                has_labels=True,
            )
    for name, parts_of in taken.items():
        layout[name] = _FieldOf(name, parts_of, is_titled=False)
    for name, (part, blocks) in joined.items():
        layout[name] = _FieldOf(name, (part,), only=frozenset((block.start, block.end) for block in blocks))
    return layout


def _joined(html: str, written: Written) -> tuple[str, list[WrittenBlock]] | None:
    """Return the blocks of a part that one field became, which is in a part with another one."""
    for part in ("context", "answer", "details"):
        reading = written.reading(part)
        wanted = [piece.text for piece in pieces(to_markdown(html, reading).text)]
        own = written.blocks((part,))
        texts = same_pieces(written, own, "", reading)
        for start in range(len(own) - len(wanted) + 1) if wanted else ():
            if texts[start : start + len(wanted)] == wanted:
                return part, own[start : start + len(wanted)]
    return None
