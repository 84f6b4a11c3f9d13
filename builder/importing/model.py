"""Records of what a source holds, all frozen: Material, ImportedChapter, ImportedQuestion, Loss.

Every source (a package, a table, a folder of notes) becomes these, and one module writes them to chapters.
All texts are Markdown as a chapter has it; which HTML it was made from is the source's own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from builder.identity.adopted import NOTHING_ADOPTED, Adopted

Role = Literal[
    "prompt", "context", "answer", "details", "section", "options", "id", "tags", "chapter", "guid", "nothing"
]
"""What a part of a source becomes: a note type's field, a column of a table, headings of one level.

A section has the name of its part as its title. What becomes nothing is a loss, unless it is empty.
"""
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMap:
    """A note type, a table or a shape of Markdown: what its questions are, and what each part becomes."""

    kind: str = ""
    """Name in `builder.corpus.kinds.KINDS`; empty for the default."""
    parts: Mapping[str, Role] = field(default_factory=dict)
    """Roles by the names of parts, in their order in the source."""


PartMaps = Mapping[str, PartMap]
"""By the names of note types, tables and shapes: what the mapping file holds, guessed or decided."""


class SourceError(Exception):
    """A source that cannot be read. Its message continues a sentence that begins with the source's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an author asks for when importing a source."""

    scratch: Path
    """Temporary folder for media that lie in no file yet; it lives until the corpus is written."""
    maps: PartMaps = field(default_factory=dict)
    """What the author decided; everything else is guessed."""
    deck: str = ""
    """Deck to import, with its subdecks; empty for all."""
    fetch: Callable[[str], Path | None] | None = None
    """Downloads an image and returns its file, with its suffix; None if images on the web stay there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of source that can be imported: each is the constant `FORMAT` of its module."""

    name: str
    """In a sentence, with its article: "an Anki package"."""
    explains: Callable[[Path], float]
    """Returns how well a file or folder fits, from 0 to 1, by a quick look; never raises."""
    read: Callable[[Path, Request], Material]
    """Reads a source. Raises `SourceError`."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something of the source that the corpus lacks or has otherwise: a colour, a script, a missing file."""

    place: str
    """Place in the source: `README.md:12`, or a deck and the first words of a note."""
    kind: str
    """Short name, the same for all of its kind: losses are counted by it."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedQuestion:
    """A question as it will be written."""

    prompt: str
    """One line: what the heading says."""
    context: str = ""
    """What the front shows below the prompt: code, an image; written above a `---`."""
    answer: str = ""
    """Empty for a draft."""
    details: str = ""
    """What follows `<!-- more -->`."""
    sections: tuple[tuple[str, str], ...] = ()
    """Titles and texts of its sections."""
    kind: str = ""
    """Name in `builder.corpus.kinds.KINDS`; empty for the default."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Attributes that only its kind has, as `KindSpec.attributes`, with their values."""
    tags: tuple[str, ...] = ()
    is_drill: bool = False
    """True if it belongs to the question before it."""
    language: str = ""
    """Language of the text, if it is another than the corpus's."""
    id: str = ""
    """The id that the source gives it, if that is a valid one; else an id is derived from the prompt."""
    guid: str = ""
    """GUID of the note that it was, if its learners are to keep their history."""
    place: str = ""
    """Place in the source, as `Loss.place`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedChapter:
    """A chapter: of a deck a subdeck, of a folder of notes a file."""

    title: str
    introduction: str = ""
    questions: tuple[ImportedQuestion, ...] = ()
    file_name: str = ""
    """The file's name in the source, without its suffix, if chapters are files there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that was found in a source."""

    title: str
    """Plain text, and no Markdown; titles of chapters too."""
    deck: str = ""
    """Name of the root deck, if that is not the title."""
    language: str = ""
    """Empty if the source does not say it."""
    chapters: tuple[ImportedChapter, ...] = ()
    media: Mapping[str, Path] = field(default_factory=dict)
    """Files to copy, by their name in the corpus's folder `media/`, which is the one that texts refer to."""
    losses: tuple[Loss, ...] = ()
    maps: PartMaps = field(default_factory=dict)
    """What each part of the source became, as guessed or decided: the mapping file says so."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Numbers of what was found, by plural nouns, for the report: notes, cards, files."""
    scripts: tuple[str, ...] = ()
    """Places of scripts in the source: they are dropped."""
    adopted: Adopted = NOTHING_ADOPTED
    """What the notes were, by their GUIDs, if the source is a deck: its learners then keep their history."""
    explained: float = 1.0
    """Share of the source's text that became questions, introductions or known settings, 0 to 1."""
