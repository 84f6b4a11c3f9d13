"""A corpus made ready to show: the deck, its subdecks and notes, whose texts are HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.corpus.model import Role, Settings
from builder.diagnostics import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A question made ready to show. Texts are HTML; what a question lacks is empty."""

    id: str
    guid: str
    type: str
    """The name of its note type."""
    question: str
    """The first id that its question was published under."""
    is_drill: bool
    number: str
    level: str
    core: int = 0
    """Its rank in the core, from 1 to 3; 0 outside of it."""
    topics: tuple[str, ...]
    """The author's own tags."""
    tags: tuple[str, ...]
    """Anki's tags: corpus, level, core, chapter and topics, sorted."""
    kind: str
    prompt: str
    context: tuple[str, ...]
    """What belongs to the prompt, block by block."""
    lead: tuple[str, ...]
    """The answer up to its divider, block by block; a choice's options are not in it, gaps are filled."""
    options: str = ""
    """A choice's options, as they are asked."""
    solution: str = ""
    """The same, the right one marked, with the reasons."""
    gapped: str = ""
    """The lead of a cloze question, with its gaps marked for Anki."""
    open: str = ""
    """The same, with its gaps as elements, for paper."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Texts of fields that only its kind fills, by their names."""
    cards: tuple[int, ...]
    """The ordinals of its cards: of templates, or one less than the numbers of gaps."""
    details: str
    sections: Mapping[Role, str]
    source: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdeck:
    """A chapter made ready to show."""

    number: int
    slug: str
    words: str
    title: str
    introduction: tuple[str, ...]
    """Block by block."""
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """A corpus made ready to show: what every output takes."""

    settings: Settings
    subdecks: tuple[Subdeck, ...] = ()
    media: Mapping[str, Path] = field(default_factory=dict)
    """Each picture's file, by the name that the notes use."""

    def notes(self) -> Iterator[tuple[Subdeck, Note]]:
        """Yield every note in the order of the corpus, with its subdeck."""
        for subdeck in self.subdecks:
            for note in subdeck.notes:
                yield subdeck, note
