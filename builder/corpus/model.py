"""Records of what an author writes, all frozen: Corpus, Chapter, Question, Section; and their outlines.

What an author writes (Chapter, Question, Section), and what can be known of a corpus without its texts
(Outline). The words are Anki's: a question is written, a note is stored, a card reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from builder.corpus.labels import ENGLISH, Labels
from builder.corpus.papers import STOCKS, Stock, Turn
from builder.corpus.versions import CheckedVersion
from builder.diagnostics import Location
from builder.markdown.anchors import anchor_in, heading_anchor
from builder.markdown.source import NO_ATTRIBUTES, Attributes, Passage, Source, plain_text

if TYPE_CHECKING:
    from builder.markdown.parser import Token


class Level(StrEnum):
    """Level of the learners that a question is for; written as a class of its heading."""

    JUNIOR = "junior"
    MID = "mid"
    SENIOR = "senior"


CORE = "core"
"""The class of a heading whose question is in the core; `core="2"` also gives its rank. Not inherited."""
RANKS = ("1", "2", "3")
"""The ranks of the core, the most important first; `.core` means the first."""


class Role(StrEnum):
    """Named sections of an answer that have a field of their own."""

    WHY = "why"
    WEAK_ANSWER = "weak answer"
    PITFALL = "pitfall"
    FOLLOW_UP = "follow-up"
    READ_MORE = "read more"
    ON_PAPER = "on paper"
    """Shorter answer, only for flashcards."""
    IN_ONE_BREATH = "in one breath"
    """A complete answer in one sentence, only for the cheat-sheet."""


SECTION_NAMES: Mapping[str, Role] = {
    "why interviewers ask": Role.WHY,
    "weak answer": Role.WEAK_ANSWER,
    "pitfall": Role.PITFALL,
    "follow-up": Role.FOLLOW_UP,
    "read more": Role.READ_MORE,
    "on paper": Role.ON_PAPER,
    "in one breath": Role.IN_ONE_BREATH,
}
"""Roles of sections by their English names in lower case, which are valid in every language."""


def title_of(role: Role, labels: Labels) -> str:
    """Return the label that is the title of a section."""
    return str(getattr(labels, role.value.replace(" ", "_").replace("-", "_")))


def section_names(labels: Labels) -> Mapping[str, Role]:
    """Return the roles of sections by every name that a corpus may use, in lower case."""
    if labels == ENGLISH:
        return SECTION_NAMES
    return {**{title_of(role, labels).casefold(): role for role in Role}, **SECTION_NAMES}


LARGE_PRINT = 5 / 3
"""Factor by which large print enlarges text."""


@dataclass(frozen=True, slots=True)
class OwnFont:
    """A font in a corpus folder."""

    name: str
    """Its path in the corpus folder: `fonts/X.ttf`."""
    digest: str = ""
    """SHA-256 of its file."""
    path: Path = field(default=Path(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """The `[print]` table of deck.toml, and choices that only commands have."""

    paper: str = "A4"
    columns: int = 3
    """Columns of the sheet: 3 on landscape paper, or 2 on portrait."""
    stock: str = ""
    """Stock of the flashcards; if empty, eighths of the paper."""
    turn: Turn = "long"
    """Edge over which the printer turns the paper; or `fold`, for printing on one side."""
    pages: int = 0
    """Maximum pages of the cheat-sheet; 0 means two for a core (one sheet), otherwise as many as needed."""
    is_mono: bool = False
    """True if the cheat-sheet is printed without colours."""
    is_of_all: bool = False
    """True if the cheat-sheet has all that is selected, and not only the core."""
    large_print: bool = False
    """True if all text is larger, for readers with low vision."""
    without_code: bool = False
    """True if blocks of code are left out of answers."""
    fonts: tuple[OwnFont, ...] = ()
    """Fonts of the corpus, for characters that Inter and JetBrains Mono lack."""

    @property
    def scale(self) -> float:
        """Factor of text sizes: in large print, the 9.6 points of a handbook become 16."""
        return LARGE_PRINT if self.large_print else 1


def stock_of(chosen: Print) -> Stock:
    """Return the stock for flashcards."""
    return STOCKS[chosen.stock or chosen.paper]


def can_be_folded(chosen: Print) -> bool:
    """Tell whether the stock has room for both sides of a card in a row, or no card is to be folded."""
    return chosen.turn != "fold" or stock_of(chosen).columns > 1


Choices = tuple[tuple[str, str | int], ...]
"""Choices in the `[rules]` table of deck.toml, by name: severities of rules, and their numbers."""


FOOTER = ("number", "chapter", "level", "topics", "source")
"""Parts that the footer on the back of a card may have, in their usual order."""
LONGEST_TITLE, LONGEST_DESCRIPTION = 200, 600
"""Maximum characters of a corpus's title and description that sheets print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The `[accepted]` table of deck.toml: dangers to learners' histories that the author accepts."""

    ids: tuple[str, ...] = ()
    """Former ids of the corpus; with a new id, every learner starts again."""
    decks: tuple[str, ...] = ()
    """Former root decks: learners have to rename theirs."""
    retired: tuple[str, ...] = ()
    """First ids of retired questions."""
    cards: tuple[str, ...] = ()
    """Cards that a question no longer has, by cloze number, as in `g-lifetime:2`."""


NOTHING_ACCEPTED = Accepted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """The `[cards]` table of deck.toml."""

    footer: tuple[str, ...] = FOOTER
    """Parts of the footer on the backs of cards, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The `[adopted]` table of deck.toml: how the note types of an existing deck are published."""

    keep_scripts: bool = False
    """True if scripts in its card templates and fields are published, too."""
    our_style: bool = False
    """True if the style sheet of cardpress is added after its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a corpus, from deck.toml."""

    id: str
    """First part of every GUID; must not change once published."""
    title: str
    deck: str
    """Root deck in Anki; each chapter is a subdeck of it."""
    language: str = "en"
    description: str = ""
    authors: tuple[str, ...] = ()
    licence: str = ""
    version: str = ""
    source: str = ""
    """Web address of the corpus folder; file names are appended to it."""
    outputs: tuple[str, ...] = ()
    """Names of the outputs to build; empty means all."""
    chapters: tuple[str, ...] = ()
    """Patterns of its chapters' files; empty means every Markdown file in its folder."""
    exclude: tuple[str, ...] = ()
    """Patterns of files that are not chapters."""
    study: tuple[str, ...] = ()
    """Paragraphs on how to study, for the deck's overview in Anki."""
    checked: tuple[tuple[str, tuple[CheckedVersion, ...]], ...] = ()
    """Library versions that chapters, by file name, and questions, by id, were checked against."""
    print: Print = Print()
    rules: Choices = ()
    accepted: Accepted = NOTHING_ACCEPTED
    cards: Cards = Cards()
    adopted: Adoption = Adoption()
    labels: Labels = ENGLISH
    """The fixed words on cards and pages."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A rule that a question may break, `allow="yes-no-question"`, and where it says so."""

    code: str
    location: Location


@dataclass(frozen=True, slots=True)
class RightPlace:
    """Place of the right option of a choice among all its options."""

    place: int
    """From 0."""
    of: int
    """Number of options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A `###` section of an answer; it has a role if its title is that of a standard section."""

    title: Passage
    body: Passage
    role: Role | None
    location: Location


@dataclass(frozen=True, kw_only=True)  # no slots: a cached property needs a `__dict__`
class Question:
    """A `##` question, or a `###` drill under it, as its author wrote it."""

    id: str
    kind: str
    """Name of its kind, as in `builder.corpus.kinds.KINDS`."""
    level: Level | None
    core: int = 0
    """Its rank in the core, from 1, the most important, to 3; 0 outside of the core."""
    tags: tuple[str, ...]
    title: Passage
    """Words of the heading."""
    context: Passage
    """Text above the divider `---`, shown with the prompt: code to read, an image."""
    lead: Passage
    """Answer up to `<!-- more -->`; the sheet prints nothing after it."""
    details: Passage
    sections: tuple[Section, ...] = ()
    drills: tuple[Question, ...] = ()
    was: str = ""
    """Id under which it was first published, if that is another one."""
    allowed: tuple[Allowance, ...] = ()
    attributes: Attributes = NO_ATTRIBUTES
    """Attributes of its heading, in braces."""
    language: str = ""
    """Language of its texts; empty if it is that of the corpus."""
    cards: tuple[int, ...] = (0,)
    """Ordinals of its cards: of card templates, or cloze numbers minus one."""
    right_place: RightPlace | None = None
    """Place of the right option of a choice, if its author fixes the order of options; None otherwise."""
    location: Location

    @cached_property
    def prompt(self) -> str:
        """Words of the heading, without mark-up."""
        return plain_text(self.title)

    def passages(self) -> Iterator[Passage]:
        """Yield all its texts except the titles of its sections."""
        yield from (self.title, self.context, self.lead, self.details)
        for section in self.sections:
            yield section.body

    @property
    def identity(self) -> str:
        """Key of learners' histories: the first id that it was published under."""
        return self.was or self.id


@dataclass(frozen=True, kw_only=True)  # no slots, as in Question
class Chapter:
    """A content file, or a part of one: each `#` heading with questions below it begins a chapter."""

    source: Source
    """The whole file, so that lines are counted from its beginning."""
    index: int = 0
    """Its place among the chapters of its file, from 0."""
    start: int = 0
    """Its first line, from 0, and the line after its last one."""
    end: int
    number: int
    slug: str
    title: Passage
    introduction: Passage
    questions: tuple[Question, ...]
    unanswered: tuple[Question, ...] = ()
    """Questions and drills without an answer yet: they are counted, but left out of every output."""

    @cached_property
    def lines(self) -> Sequence[str]:
        """Its own lines of the file, without their ends."""
        return self.source.lines[self.start : self.end]

    @cached_property
    def text(self) -> str:
        """Its own lines of the file, as one text."""
        return "\n".join(self.lines)

    def all_questions(self) -> Iterator[Question]:
        """Yield the questions, each followed by its drills."""
        for question in self.questions:
            yield question
            yield from question.drills

    def passages(self) -> Iterator[Passage]:
        """Yield every passage that is shown anywhere."""
        yield self.title
        yield self.introduction
        for question in self.all_questions():
            yield from question.passages()
            for section in question.sections:
                yield section.title

    @cached_property
    def texts(self) -> tuple[tuple[Passage, Token], ...]:
        """All blocks with text, nested ones too, each with its passage: a fifth of all tokens."""
        return tuple(
            (passage, token) for passage in self.passages() for token in passage.tokens if token.nesting == 0
        )

    @cached_property
    def code(self) -> tuple[tuple[Question | None, Passage, Token], ...]:
        """All blocks of code, each with its passage and its question (None in the introduction)."""
        owned = chain(
            [(None, self.introduction)],
            ((question, passage) for question in self.all_questions() for passage in question.passages()),
        )
        return tuple(
            (question, passage, token)
            for question, passage in owned
            for token in passage.tokens
            if token.type in ("fence", "code_block")
        )

    def outline(self) -> ChapterOutline:
        """Return the chapter without its texts."""
        return ChapterOutline(
            path=self.source.path,
            index=self.index,
            line=self.start + 1,
            number=self.number,
            slug=self.slug,
            title=plain_text(self.title),
            questions=tuple(
                entry
                for question in self.questions
                for entry in (
                    _outline(question, None),
                    *(_outline(drill, question) for drill in question.drills),
                )
            ),
            unanswered=tuple(_outline(question, None) for question in self.unanswered),
            links=tuple(self._links()),
        )

    def _links(self) -> Iterator[Link]:
        if "](" not in self.source.text and "]:" not in self.source.text:
            return
        for passage, block in self.texts:
            for token in block.children or ():
                if token.type == "link_open" and (anchor := anchor_in(str(token.attrs["href"]))):
                    yield Link(anchor, passage.locate(block, token))


def _outline(question: Question, parent: Question | None) -> QuestionOutline:
    return QuestionOutline(
        id=question.id,
        was=question.was,
        kind=question.kind,
        level=question.level,
        core=question.core,
        right_place=question.right_place,
        tags=question.tags,
        has_own_tags=parent is None or question.tags != parent.tags,
        prompt=question.prompt,
        has_context=not question.context.is_blank,
        is_drill=parent is not None,
        cards=question.cards,
        allowed=question.allowed,
        language=question.language,
        location=question.location,
    )


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another question."""

    anchor: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionOutline:
    """A question without its text: what other parts of a corpus need to know of it."""

    id: str
    was: str
    kind: str
    """Name of its kind, as in `builder.corpus.kinds.KINDS`."""
    level: Level | None
    core: int = 0
    """Its rank in the core, from 1, the most important, to 3; 0 outside of the core."""
    right_place: RightPlace | None = None
    """Place of the right option of a choice, if its author fixes the order of options; None otherwise."""
    tags: tuple[str, ...]
    has_own_tags: bool
    """True if its tags are its own; False if a drill has only those of its question."""
    prompt: str
    """Words of its heading, without mark-up."""
    has_context: bool
    """True if its prompt is more than its heading."""
    is_drill: bool
    cards: tuple[int, ...] = (0,)
    """Ordinals of its cards."""
    allowed: tuple[Allowance, ...] = ()
    language: str = ""
    """Language of its texts; empty if it is that of the corpus."""
    location: Location

    @property
    def identity(self) -> str:
        """Key of learners' histories: the first id that it was published under."""
        return self.was or self.id

    def anchors(self) -> Iterator[str]:
        """Yield the anchors by which a link can lead to it."""
        yield from filter(None, (self.id, self.was, heading_anchor(self.prompt)))


def core_first(question: Question | QuestionOutline) -> int:
    """Return the sort key of a chapter's questions in the order of study: the core by rank, then the rest."""
    return question.core or len(RANKS) + 1


def _at(question: QuestionOutline, place: Location) -> QuestionOutline:
    allowed = tuple(replace(each, location=place) for each in question.allowed)
    return replace(question, location=place, allowed=allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterOutline:
    """A chapter without its texts: what other parts of a corpus need to know of it."""

    path: Path
    index: int = 0
    """Its place among the chapters of its file, from 0."""
    line: int = 1
    """The line of the file in which it begins, from 1."""
    number: int
    slug: str
    title: str
    questions: tuple[QuestionOutline, ...]
    """In the order of the file, drills after their questions."""
    unanswered: tuple[QuestionOutline, ...] = ()
    """Questions that have no answer yet."""
    links: tuple[Link, ...] = ()
    """Links to questions, from anywhere in it."""

    @property
    def study_order(self) -> list[int]:
        """The places of its questions, from 0, in the order of study: the core first, by rank."""
        return sorted(range(len(self.questions)), key=lambda place: core_first(self.questions[place]))

    def place_at(self, line: int) -> int | None:
        """Return the index of the question that contains a line; None if the line is before the first."""
        places = [index for index, question in enumerate(self.questions) if question.location.line <= line]
        return places[-1] if places else None

    def placeless(self) -> ChapterOutline:
        """Return it with every place at the beginning of its file, to compare it regardless of places."""
        nowhere = Location(self.path)
        return replace(
            self,
            line=1,
            questions=tuple(_at(question, nowhere) for question in self.questions),
            unanswered=tuple(_at(question, nowhere) for question in self.unanswered),
            links=tuple(replace(link, location=nowhere) for link in self.links),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedIdentity:
    """Identity of the note of an existing deck that a question was made from."""

    guid: str
    type: str
    """Name of its note type in the lock."""
    is_cloze: bool
    cards: tuple[int, ...]
    """Ordinals of its cards."""


NOTHING_ADOPTED: Mapping[str, AdoptedIdentity] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A corpus without its texts, for checks of the whole."""

    folder: Path
    settings: Settings
    chapters: tuple[ChapterOutline, ...]
    adopted: Mapping[str, AdoptedIdentity] | None = field(default_factory=lambda: NOTHING_ADOPTED)
    """Notes that were taken over from an existing deck, by the identities of their questions; None if
    deck.adopted cannot be read."""

    def questions(self) -> Iterator[QuestionOutline]:
        """Yield every question and drill in the order of the files."""
        for chapter in self.chapters:
            yield from chapter.questions
