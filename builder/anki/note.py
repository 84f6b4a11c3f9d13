"""A rendered corpus: the deck, its subdecks and its notes, whose texts are HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.corpus.model import Role, Settings
from builder.diagnostics import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A rendered question. Texts are HTML; texts that the question lacks are empty."""

    id: str
    guid: str
    type: str
    """Name of its note type."""
    question: str
    """First id under which its question was published."""
    is_drill: bool
    number: str
    level: str
    shown_level: str = ""
    """Its level, in the language of the corpus."""
    core: int = 0
    """Its rank in the core, from 1 to 3; 0 outside of it."""
    topics: tuple[str, ...]
    """Author's own tags."""
    tags: tuple[str, ...]
    """Anki's tags: corpus, level, core, chapter and topics, sorted."""
    kind: str
    prompt: str
    context: tuple[str, ...]
    """Context of the prompt, as blocks of HTML."""
    lead: tuple[str, ...]
    """Lead of the answer, as blocks of HTML, without a choice's options and with cloze deletions filled."""
    options: str = ""
    """Options of a choice, as the front shows them."""
    solution: str = ""
    """Options of a choice, the right one marked, with reasons."""
    cloze: str = ""
    """Lead of a cloze question, with Anki's cloze deletions."""
    open: str = ""
    """Lead of a cloze question for print, with cloze deletions as HTML elements."""
    solved: str = ""
    """Lead for the back of a flashcard, if `open` is only for the front."""
    brief: str = ""
    """The whole answer in one line, if the lead is not an answer in words."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Texts of the fields that only its kind fills, by field name."""
    cards: tuple[int, ...]
    """Ordinals of its cards: of card templates, or cloze numbers minus one."""
    details: str
    sections: Mapping[Role, str]
    source: str
    language: str = ""
    """Language of its texts; empty if it is that of the corpus."""
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdeck:
    """A rendered chapter."""

    number: int
    slug: str
    words: str
    title: str
    introduction: tuple[str, ...]
    """Introduction, as blocks of HTML."""
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A rendered table of reference.md, for the cheat-sheet."""

    id: str
    title: str
    rows: tuple[tuple[str, str], ...]
    """Key and meaning of each row."""
    note: str
    answers: tuple[str, ...]
    """Ids of the questions that it answers."""
    rank: int
    """From 1 to 3; tables of rank 3 are left out first."""
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """A rendered corpus: what every output is made from."""

    settings: Settings
    subdecks: tuple[Subdeck, ...] = ()
    media: Mapping[str, Path] = field(default_factory=dict)
    """Image files by the names that the notes use."""
    tables: tuple[Table, ...] = ()
    """Tables of its reference.md."""

    def notes(self) -> Iterator[tuple[Subdeck, Note]]:
        """Yield every note in the order of the corpus, with its subdeck."""
        for subdeck in self.subdecks:
            for note in subdeck.notes:
                yield subdeck, note
