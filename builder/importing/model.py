"""Records of the content of a source, all frozen: Material, ImportedChapter, ImportedQuestion, Loss.

Every source (a package, a table, a folder of notes) becomes these records, and `write` makes chapters of
them. All texts are Markdown as in a chapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from builder.identity.adopted import NOTHING_ADOPTED, Adopted
from builder.identity.lock import Lock

Role = Literal[
    "prompt", "context", "answer", "details", "section", "options", "id", "tags", "chapter", "guid", "nothing"
]
"""What a part of a source becomes: a note type's field, a column of a table, headings of one level.

A section's title is the name of its part. A part without a role is a loss, unless it is empty.
"""
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMap:
    """The mapping of a note type, a table or a shape of Markdown: the kind of questions, and roles."""

    kind: str = ""
    """Name in `builder.corpus.kinds.KINDS`; empty for the default."""
    parts: Mapping[str, Role] = field(default_factory=dict)
    """Roles by the names of parts, in their order in the source."""


PartMaps = Mapping[str, PartMap]
"""Mappings by the names of note types, tables and shapes, guessed or decided: the mapping file's content."""


class SourceError(Exception):
    """A source that cannot be read. Its message continues a sentence that begins with the source's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of an import."""

    scratch: Path
    """Temporary folder for media without a file of their own; it exists until the corpus is written."""
    maps: PartMaps = field(default_factory=dict)
    """The author's decisions; everything else is guessed."""
    deck: str = ""
    """Deck to import, with its subdecks; empty for all."""
    fetch: Callable[[str], Path | None] | None = None
    """Downloads an image and returns its file, with a suffix; None if nothing is to be downloaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format that can be imported: each is the constant `FORMAT` of its module."""

    name: str
    """Its name in a sentence, with an article: "an Anki package"."""
    explains: Callable[[Path], float]
    """Returns how well a file or folder fits, from 0 to 1, by a quick look; never raises."""
    read: Callable[[Path, Request], Material]
    """Reads a source. Raises `SourceError`."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something in the source that the corpus lacks or changes: a colour, a script, a missing file."""

    place: str
    """Place in the source: `README.md:12`, or a deck and the first words of a note."""
    kind: str
    """Short name of its kind, by which losses are counted."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedQuestion:
    """A question to write."""

    prompt: str
    """Words of the heading, one line."""
    context: str = ""
    """Text on the front below the prompt, such as code or an image; written above a `---`."""
    answer: str = ""
    """Empty for a draft."""
    details: str = ""
    """Text after `<!-- more -->`."""
    sections: tuple[tuple[str, str], ...] = ()
    """Titles and texts of its sections."""
    kind: str = ""
    """Name in `builder.corpus.kinds.KINDS`; empty for the default."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Attributes of its kind, as in `KindSpec.attributes`, with their values."""
    has_ordered_options: bool = True
    """False if the source gives a choice no order, as a table with a column for the right option."""
    level: str = ""
    core: int = 0
    """Its rank in the core, from 1 to 3; 0 outside of it."""
    tags: tuple[str, ...] = ()
    is_drill: bool = False
    """True if it belongs to the question before it."""
    language: str = ""
    """Language of the text, if it is not that of the corpus."""
    id: str = ""
    """Id from the source; if it is not valid, one is derived from the prompt."""
    guid: str = ""
    """GUID of its note, if learners are to keep their history."""
    place: str = ""
    """Place in the source, as `Loss.place`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedChapter:
    """A chapter, made from a subdeck, or from a file of notes."""

    title: str
    heading: str = ""
    """Its title as Markdown, if that has marks."""
    introduction: str = ""
    questions: tuple[ImportedQuestion, ...] = ()
    file_name: str = ""
    """The file's name in the source, without its suffix, if the chapter was a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything found in a source."""

    title: str
    """Plain text, not Markdown; so are titles of chapters."""
    deck: str = ""
    """Name of the root deck, if that is not the title."""
    id: str = ""
    """Id of the corpus that the source was made of by cardpress: its learners' histories hang on it."""
    lock: Lock | None = None
    """What was published of that corpus, as the source says it."""
    language: str = ""
    """Empty if the source does not say it."""
    source: str = ""
    """Web address of that corpus's folder."""
    chapters: tuple[ImportedChapter, ...] = ()
    media: Mapping[str, Path] = field(default_factory=dict)
    """Files to copy, by their name in the corpus's folder `media/`, which is the one that texts refer to."""
    losses: tuple[Loss, ...] = ()
    maps: PartMaps = field(default_factory=dict)
    """The mappings of the source, as guessed or decided, for the mapping file."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Counts for the report, by plural noun: notes, cards, files."""
    scripts: tuple[str, ...] = ()
    """Places of scripts in the source: they are dropped."""
    adopted: Adopted = NOTHING_ADOPTED
    """The original notes, by GUID, if the source is a deck whose learners are to keep their history."""
    explained: float = 1.0
    """Share of the source's text that became questions, introductions or known settings, 0 to 1."""
