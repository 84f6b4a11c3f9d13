"""A new question: its heading, with an id derived from the prompt, and room for its answer.

It is inserted into a chapter's bytes. Nothing else in the file changes, not even line ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count

from builder.checks.making_codes import MISREAD_QUESTION
from builder.corpus.chapter_codes import NO_ANSWER
from builder.corpus.front_matter import without_front_matter
from builder.corpus.kinds import DEFAULT, KINDS
from builder.corpus.model import Chapter, Level, Question
from builder.corpus.reader import read_chapters
from builder.diagnostics import Diagnostic, Location
from builder.markdown.parser import Source, blocks, comments_in, parse
from builder.text import slug

_LINE_END = re.compile(rb"\r\n?|\n")
_DIRECTIVE = re.compile(r"[\w-]+( [\w-]+)?:|more$|clear-namespace$")
"""Beginning of a comment that belongs to the text above it: a proof of code, or a divider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question to write: the author's choices."""

    prompt: str
    kind: str = DEFAULT
    level: Level | None = None
    tags: tuple[str, ...] = ()

    def heading(self, marks: str, id_: str) -> str:
        """Return the heading, a line of Markdown."""
        words = [f"#{id_}"]
        words += [f".{name}" for name in (self.level, self.kind) if name and name != DEFAULT]
        words += [f'tags="{" ".join(self.tags)}"'] if self.tags else []
        return f"{marks} {self.prompt} {{{' '.join(words)}}}"


@dataclass(frozen=True, slots=True)
class Begun:
    """A chapter with a new question."""

    text: bytes
    id: str
    location: Location
    """Place for writing its answer."""


def id_for(prompt: str, taken: Collection[str], otherwise: str) -> str:
    """Return a free id derived from a prompt, or from `otherwise` if the prompt has no letter or digit."""
    words = slug(prompt) or otherwise
    return next(id_ for n in count(1) if (id_ := words if n == 1 else f"{words}-{n}") not in taken)


def begin(
    text: bytes, chapter: Chapter, draft: Draft, id_: str, parent: Question | None = None
) -> Begun | list[Diagnostic]:
    """Insert a question at the end of a chapter, or a drill after the last one of its question.

    Return findings instead, if Markdown would read the question as something else.
    """
    before, after = _divided(text, _end_of(parent, chapter))
    found = _LINE_END.search(text)
    new_line = found[0] if found else b"\n"
    room = KINDS[draft.kind].room
    lines = [draft.heading("###" if parent else "##", id_), "", *room]
    lines += [""] * (1 if room else 2) if after else []
    before += _gap(before, new_line)
    new = before + b"".join(line.encode() + new_line for line in lines) + after
    heading = len(_LINE_END.findall(before))
    source = Source(chapter.source.path, new.decode("utf-8-sig"))
    begun = Begun(new, id_, source.location(heading + 2, KINDS[draft.kind].column))
    return (
        _misread(read_chapters(source)[chapter.index], source.location(heading), draft, id_, parent) or begun
    )


def _divided(text: bytes, line: int) -> tuple[bytes, bytes]:
    """Divide a text before a line (from 0)."""
    ends = [match.end() for match in _LINE_END.finditer(text)]
    place = ends[line - 1] if line - 1 < len(ends) else len(text)
    return text[:place], text[place:]


def _gap(before: bytes, new_line: bytes) -> bytes:
    """Return the line breaks that make an empty line after the text before."""
    if not before.strip():
        return b""
    end = before[len(before.rstrip(b" \t\r\n")) :]
    is_line_ended = end.endswith((b"\n", b"\r"))
    return new_line * max(2 - (len(_LINE_END.findall(end)) if is_line_ended else 0), 0)


def _end_of(parent: Question | None, chapter: Chapter) -> int:
    """Return the line (from 0) after a question and its drills, or after a chapter.

    Comments about the next question come after that line.
    """
    start, end = chapter.start, chapter.end
    if parent is None and end == len(chapter.source.lines):
        return end
    tokens = [block[0] for block in blocks(parse(without_front_matter(chapter.source)))]
    if parent:
        start = parent.location.line - 1
        headings = [token for token in tokens if token.type == "heading_open" and token.tag in ("h1", "h2")]
        following = [token.map[0] for token in headings if token.map]
        end = min((line for line in following if line > start), default=end)
    for token in reversed([token for token in tokens if token.map and start < token.map[0] < end]):
        comments = comments_in(token)
        if not comments or any(_DIRECTIVE.match(comment) for comment in comments):
            break
        assert token.map
        end = token.map[0]
    return end


def _misread(
    read: tuple[Chapter, list[Diagnostic]], place: Location, draft: Draft, id_: str, parent: Question | None
) -> list[Diagnostic]:
    """Return findings if the new chapter is not read as intended."""
    known, found = read
    wrong = [
        finding for finding in found if finding.location.line == place.line and finding.code != NO_ANSWER.name
    ]
    siblings = next(
        (question.drills for question in known.questions if parent and question.id == parent.id),
        known.questions,
    )
    # It has no answer yet, unless its kind has room for one.
    question = next((each for each in (*siblings, *known.unanswered) if each.id == id_), None)
    if wrong or (question and _says(question, draft, parent)):
        return wrong
    if question:
        what = f"{draft.prompt!r}, with its level, kind and tags, would be read as something else"
        hint = "a prompt is one line of Markdown, tags are words"
    else:
        what = "a question added here would become part of the text above it"
        hint = "run cardpress check: a block of code or a comment is not closed"
    return [MISREAD_QUESTION.at(place, what, hint)]


def _says(question: Question, draft: Draft, parent: Question | None) -> bool:
    (title,) = question.title.tokens
    level = draft.level or (parent.level if parent else None)
    wanted: Sequence[object] = (draft.prompt, draft.kind, level)
    # Without tags of its own it has those of the front matter, or of its question.
    return [title.content, question.kind, question.level] == list(wanted) and set(draft.tags) <= {
        *question.tags
    }
