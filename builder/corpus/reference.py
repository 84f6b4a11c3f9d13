"""Reads a corpus's reference.md: short tables for the cheat-sheet. It is not a chapter.

    # Reference
    ## Status codes {#status-codes answers="client-errors" rank=1}

    | | |
    |---|---|
    | 200 | done, here it is |

    One note, if there is any.

The cheat-sheet prints the table instead of the questions in `answers`. Tables of rank 3 are left out first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from builder.corpus.model import RANKS, Chapter
from builder.diagnostics import Code, Diagnostic, Location
from builder.markdown.parser import (
    NO_ATTRIBUTES,
    Attributes,
    Passage,
    Source,
    Token,
    blocks,
    comments_in,
    parse,
    plain_text,
)

LONGEST_KEY = 23
"""Maximum characters of a key: in bold code, they take half of a column."""
_OUTPUTS = ("cheatsheet",)

BAD_REFERENCE_TABLE = Code(
    "bad-reference-table",
    reason="The cheat-sheet sets a key and its meaning on one line: other tables have no room on it.",
    of="words",
    bad="a heading of reference.md with a list below it, or a table of three columns",
    good="one table of two columns of words and code, `| | |` above it",
    outputs=_OUTPUTS,
)
LONG_REFERENCE_KEY = Code(
    "long-reference-key",
    reason="A long key leaves no room for its meaning on the line.",
    of="words",
    severity="warning",
    bad="`SESSION_COOKIE_PARTITIONED` as a key in reference.md",
    good="`…PARTITIONED` below the heading `SESSION_COOKIE_…`",
    outputs=_OUTPUTS,
)
SECOND_REFERENCE_NOTE = Code(
    "second-reference-note",
    reason="A table has one note, a few words below it: what needs more is a question.",
    of="words",
    bad="two paragraphs below a table of reference.md",
    good="one of them",
    outputs=_OUTPUTS,
)
UNKNOWN_ANSWERED = Code(
    "unknown-answered",
    reason="A table replaces the questions that it answers: a question with a misspelt id would be"
    " printed as well.",
    of="words",
    bad='`answers="status-code"`, where the question is `{#status-codes}`',
    good='`answers="status-codes"`',
    outputs=_OUTPUTS,
)
DUPLICATE_REFERENCE_ID = Code(
    "duplicate-reference-id",
    reason="Each table needs its own id.",
    of="words",
    bad="two headings `{#hooks}` in reference.md, or one without an id",
    good="`{#hooks}` and `{#hooks-of-blueprints}`",
    outputs=_OUTPUTS,
)
BAD_REFERENCE_ATTRIBUTE = Code(
    "bad-reference-attribute",
    reason="A table has an id, a rank from 1 to 3, and the questions that it answers, and nothing else.",
    of="words",
    bad="`{#hooks rank=first}`, or `{#hooks .core}`",
    good='`{#hooks rank=1 answers="request-hooks"}`',
    outputs=_OUTPUTS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTable:
    """A table of reference.md, as its author wrote it."""

    id: str
    title: Passage
    rows: tuple[tuple[Passage, Passage], ...]
    """Key and meaning of each row."""
    note: Passage
    answers: tuple[str, ...]
    """Ids of the questions that it answers."""
    rank: int
    location: Location


@dataclass(frozen=True, slots=True)
class Reference:
    """What a reference.md holds."""

    tables: tuple[ReferenceTable, ...]
    whole: Chapter
    """All of its text, as the introduction of a chapter, for checks of texts."""


def read_reference(source: Source) -> tuple[Reference, list[Diagnostic]]:
    """Read a reference.md; return it with the findings about it."""
    reader = _Reader(source)
    tables = tuple(reader.tables(parse(source.text)))
    return Reference(tables, reader.whole()), reader.diagnostics


def check_answers(reference: Reference, questions: Iterable[str]) -> Iterator[Diagnostic]:
    """Report ids in `answers` that are no question of the corpus."""
    known = {*questions}
    for table in reference.tables:
        for id_ in table.answers:
            if id_ not in known:
                yield UNKNOWN_ANSWERED.at(
                    table.location,
                    f"there is no question {id_!r}, which answers= names",
                    "give the id of a question",
                )


@dataclass
class _Reader:
    source: Source
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _tokens: list[Token] = field(default_factory=list)
    """Running text outside of headings."""
    _title: tuple[Token, ...] = ()

    def tables(self, tokens: Sequence[Token]) -> Iterator[ReferenceTable]:
        seen: set[str] = set()
        heading: tuple[Token, ...] = ()
        body: list[tuple[Token, ...]] = []
        for block in (*blocks(tokens), ()):
            is_heading = bool(block) and block[0].type == "heading_open" and block[0].tag in ("h1", "h2")
            if not block or is_heading:
                if heading and (table := self.table(heading, body, seen)):
                    yield table
                heading, body = (), []
            if is_heading and block[0].tag == "h2":
                heading = block
                self._tokens += block[1:2]
            elif is_heading:
                self._title = self._title or block[1:2]
            elif block:
                body.append(block)
                self._tokens += block

    def whole(self) -> Chapter:
        """Return all of the text as a chapter without questions."""
        return Chapter(
            source=self.source,
            end=len(self.source.lines),
            number=0,
            slug="reference",
            title=Passage(self.source, self._title),
            introduction=Passage(self.source, tuple(self._tokens)),
            questions=(),
        )

    def table(
        self, heading: tuple[Token, ...], body: Sequence[tuple[Token, ...]], seen: set[str]
    ) -> ReferenceTable | None:
        """Read the table below a heading; None if there is no valid one."""
        location = self.source.location((heading[0].map or (0, 0))[0])
        attributes = heading[0].meta["attributes"] or NO_ATTRIBUTES
        shown = [block for block in body if comments_in(block[0]) is None]
        tables = [block for block in shown if block[0].type == "table_open"]
        notes = [block for block in shown if block[0].type == "paragraph_open"]
        others = [block for block in shown if block not in (*tables, *notes)]
        rows = list(_rows(tables[0])) if tables else []
        if len(tables) != 1 or others or any(len(row) != 2 for row in rows) or _has_picture(shown):
            self.report(
                location,
                BAD_REFERENCE_TABLE,
                "below it must be exactly one table, of two columns with words and code",
                "write '| | |' and '|---|---|', then '| key | meaning |'; other text belongs in a chapter",
            )
            return None
        for second in notes[1:]:
            self.report(
                self.source.location((second[0].map or (0, 0))[0]),
                SECOND_REFERENCE_NOTE,
                "a second note below a table",
                "keep one, or join them",
            )
        passages = tuple(
            (Passage(self.source, (key,)), Passage(self.source, (value,))) for key, value in rows
        )
        for key, _ in passages:
            self.check_key(key)
        return ReferenceTable(
            id=self.id(location, attributes, seen),
            title=Passage(self.source, heading[1:2]),
            rows=passages,
            note=Passage(self.source, notes[0] if notes else ()),
            answers=tuple(dict(attributes.values).get("answers", "").split()),
            rank=self.rank(location, attributes),
            location=location,
        )

    def check_key(self, key: Passage) -> None:
        words = plain_text(key)
        if len(words) > LONGEST_KEY:
            self.report(
                key.locate(key.tokens[0]),
                LONG_REFERENCE_KEY,
                f"the key {words[:60]!r} has {len(words)} characters (maximum: {LONGEST_KEY})",
                "shorten it; put what all keys begin with into the heading",
            )

    def id(self, location: Location, attributes: Attributes, seen: set[str]) -> str:
        id_ = attributes.ids[0] if attributes.ids else ""
        if not id_ or id_ in seen:
            self.report(
                location,
                DUPLICATE_REFERENCE_ID,
                f"a second table {id_!r}" if id_ else "a table without an id",
                "give it an id of its own: {#its-id}",
            )
        seen.add(id_)
        return id_

    def rank(self, location: Location, attributes: Attributes) -> int:
        values: Mapping[str, str] = dict(attributes.values)
        rank = values.get("rank", RANKS[0])
        strange = (
            attributes.is_malformed
            or attributes.classes
            or len(attributes.ids) > 1
            or values.keys() - {"answers", "rank"}
        )
        if strange or rank not in RANKS:
            self.report(
                location,
                BAD_REFERENCE_ATTRIBUTE,
                f"its attributes are {attributes.written[:80]!r}",
                f'write {{#its-id answers="a-question" rank=1}}; ranks are {", ".join(RANKS)}',
            )
        return int(rank) if rank in RANKS else 1

    def report(self, location: Location, code: Code, message: str, hint: str) -> None:
        self.diagnostics.append(code.at(location, message, hint))


def _rows(table: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the cells' texts of each row below a table's head."""
    row: list[Token] = []
    is_body = False
    for token in table:
        is_body = is_body or token.type == "tbody_open"
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(token)
        elif token.type == "tr_close" and is_body:
            yield row


def _has_picture(body: Iterable[tuple[Token, ...]]) -> bool:
    tokens = (token for block in body for token in block)
    return any(child.type == "image" for token in tokens for child in token.children or ())
