"""Reads a corpus folder: chapters of Markdown become questions, each with its place.

A chapter, `NN-name.md`:

    # Title of the chapter                          one a file, before everything else
    An introduction.
    ## A question? {#id .level tags="a b"}          the id is the question's identity for ever; was="old-id"
                                                    keeps that of a question that was published as old-id;
                                                    allow="rule" lets it break a rule
    Code to read, or a picture                      only where `---` follows
    ---
    The lead: the answer in one breath.
    <!-- more -->                                   the sheet stops here, the card goes on
    Details.
    ### Why interviewers ask                        a section: no id
    ### A smaller question? {#another-id}           a drill: a note of its own

Reading never raises for what a file holds: what is wrong becomes a `Diagnostic`, the rest is read on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import pairwise

from builder.corpus.chapter_codes import (
    BAD_ATTRIBUTES,
    BAD_FILE_NAME,
    DUPLICATE_SECTION,
    EMPTY_HEADING,
    EMPTY_PROMPT,
    EMPTY_SECTION,
    MALFORMED_ID,
    MISSING_ID,
    NO_ANSWER,
    NO_CHAPTER_HEADING,
    SECOND_CHAPTER_HEADING,
    SECOND_CLASS,
    SECOND_DIVIDER,
    SECOND_ID,
    SECTION_AFTER_DRILL,
    SECTION_WITHOUT_QUESTION,
    UNDERLINED_HEADING,
    UNEXPECTED_ATTRIBUTES,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_CLASS,
    UNKNOWN_SECTION,
    UNSEEN_TEXT,
)
from builder.corpus.kinds import DEFAULT, KINDS
from builder.corpus.model import (
    SECTION_NAMES,
    Allowance,
    Chapter,
    Level,
    Question,
    Role,
    Section,
)
from builder.corpus.settings import ID
from builder.diagnostics import Code, Diagnostic, Location
from builder.faults import Work, at_chapter, at_question, pin_down
from builder.markdown.parser import (
    LONGEST_ATTRIBUTES,
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

Block = tuple[Token, ...]

_CHAPTER_NAME = re.compile(r"(\d+)-(.+)\.md")
_HEADING = re.compile(r"#{2,3}[ \t]+(?P<words>[^{]{0,60})[^{]*(?:\{#(?P<id>[a-z0-9-]+))?")
"""A line that begins a question, most likely: to say where something went wrong."""
_VALUES = ("tags", "was", "allow")
_LONGEST_QUOTE = 200
"""Characters of attributes that are quoted: all of them, nearly always."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A heading and the blocks up to the next one; the first part of a file has no heading."""

    heading: Block
    body: tuple[Block, ...]

    @property
    def level(self) -> int:
        return int(self.heading[0].tag[1]) if self.heading else 0

    @property
    def attributes(self) -> Attributes | None:
        attributes = self.heading[0].meta["attributes"] if self.heading else None
        assert attributes is None or isinstance(attributes, Attributes)
        return attributes

    @property
    def is_drill(self) -> bool:
        return self.level == 3 and self.attributes is not None


def read_chapter(source: Source) -> tuple[Chapter, list[Diagnostic]]:
    """Read the text of one chapter."""
    with at_chapter(source.path):
        reader = _ChapterReader(source)
        return reader.chapter(_parts(_parsed(source))), sorted(reader.diagnostics)


def _parsed(source: Source) -> list[Token]:
    try:
        return parse(source.text)
    except Exception as error:
        pin_down(error, parse, _pieces(source))
        raise


def _pieces(source: Source) -> Iterator[tuple[Work, str]]:
    """Yield what stands between two headings, as far as these can be told from the lines alone."""
    starts = [number for number, line in enumerate(source.lines) if _HEADING.match(line)]
    for start, end in pairwise([0, *starts, len(source.lines)]):
        if start == end:
            continue
        found = _HEADING.match(source.lines[start])
        work = (
            at_question(source.location(start), found["id"] or found["words"])
            if found
            else at_chapter(source.path)
        )
        yield work, "\n".join(source.lines[start:end])


def _parts(tokens: Sequence[Token]) -> list[_Part]:
    parts: list[tuple[Block, list[Block]]] = [((), [])]
    for block in blocks(tokens):
        if block[0].type == "heading_open" and block[0].tag in ("h1", "h2", "h3"):
            parts.append((block, []))
        else:
            parts[-1][1].append(block)
    return [_Part(heading, tuple(body)) for heading, body in parts]


@dataclass
class _ChapterReader:
    """Turns the parts of one file into a chapter, noting on the way what is wrong."""

    source: Source
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def chapter(self, parts: list[_Part]) -> Chapter:
        preamble, *rest = parts
        self.refuse_text(preamble, "text before the chapter's heading would be seen nowhere")
        name = self.name()
        title = Passage(self.source)
        introduction: list[Block] = []
        groups: list[list[_Part]] = []
        for part in rest:
            self.check_heading(part)
            if part.level == 1:
                if title.tokens:
                    self.error(
                        part,
                        SECOND_CHAPTER_HEADING,
                        "a second chapter heading {}",
                        "a chapter is a file: give it one of its own, or write '##' if it is a question",
                    )
                title = title if title.tokens else self.title(part)
                introduction += part.body
                self.refuse_attributes(part)
            elif part.level == 2:
                groups.append([part])
            elif groups:
                groups[-1].append(part)
            else:
                self.error(
                    part,
                    SECTION_WITHOUT_QUESTION,
                    "{} stands before the first question",
                    "move it below its question, or write '##' if it is one",
                )
        if not title.tokens:
            self.report(
                self.source.location(),
                NO_CHAPTER_HEADING,
                "the file has no chapter heading",
                "begin it with: # Title of the chapter",
            )
        return Chapter(
            source=self.source,
            number=name[0],
            slug=name[1],
            title=title,
            introduction=self.passage(introduction),
            questions=tuple(map(self.question, groups)),
        )

    def name(self) -> tuple[int, str]:
        match = _CHAPTER_NAME.fullmatch(self.source.path.name)
        if match and ID.fullmatch(match[2]):
            return int(match[1]), match[2]
        self.report(
            self.source.location(),
            BAD_FILE_NAME,
            f"{self.source.path.name!r} is not the name of a chapter",
            "name it NN-name.md, in a-z, 0-9 and hyphens; its number orders the chapters",
        )
        return 0, slug(self.source.path.stem) or "chapter"

    def check_heading(self, part: _Part) -> None:
        if part.heading[0].markup in ("=", "-"):
            self.error(
                part,
                UNDERLINED_HEADING,
                "{} is a heading because a line of '=' or '-' follows it",
                "put an empty line before the '---', or write the heading with '#'",
            )
        elif not plain_text(self.title(part)).strip():
            self.error(part, EMPTY_HEADING, "a heading without words", "write the question in it")

    def question(self, group: list[_Part]) -> Question:
        with at_question(self.location(group[0]), _name(group[0])):
            return self.whole_question(group)

    def whole_question(self, group: list[_Part]) -> Question:
        """Read a question with its sections and drills."""
        head, *rest = group
        question = self.one_question(head, None)
        sections: list[Section] = []
        roles: set[Role | None] = set()
        drills: list[Question] = []
        for part in rest:
            if part.is_drill:
                with at_question(self.location(part), _name(part)):
                    drills.append(self.one_question(part, question))
                continue
            section = self.section(part)
            if drills:
                self.error(
                    part,
                    SECTION_AFTER_DRILL,
                    "the section {} stands after a drill",
                    "move it up, before the first drill; or is it a drill without an id, {#like-this}?",
                )
            elif section.role and section.role in roles:
                self.error(part, DUPLICATE_SECTION, "a second section {}", "join it with the first one")
            sections.append(section)
            roles.add(section.role)
        return replace(question, sections=tuple(sections), drills=tuple(drills))

    def one_question(self, part: _Part, parent: Question | None) -> Question:
        """Read a question without what hangs on it; a drill is like its parent where it is silent."""
        context, lead, details = self.divide(part)
        attributes = part.attributes or NO_ATTRIBUTES
        levels, kinds = self.classes(part, attributes)
        values = dict(attributes.values)
        tags = values.get("tags")
        self.check_values(part, attributes)
        question = Question(
            id=self.identity(part, attributes),
            kind=kinds[0] if kinds else DEFAULT,
            level=levels[0] if levels else parent.level if parent else None,
            tags=tuple(tags.split()) if tags is not None else parent.tags if parent else (),
            title=self.title(part),
            context=self.passage(context),
            lead=self.passage(lead),
            details=self.passage(details),
            was=values.get("was", ""),
            allowed=tuple(self.allowances(part, values.get("allow", ""))),
            attributes=attributes,
            location=self.location(part),
        )
        question = replace(question, cards=KINDS[question.kind].cards(question))
        if question.lead.is_blank:
            self.error(
                part,
                NO_ANSWER,
                "{} has no answer" if not details else "{} has nothing before '<!-- more -->'",
                "write the answer under it"
                if not details
                else "begin with the answer in one breath: it is all that the sheet prints",
            )
        return question

    def divide(self, part: _Part) -> tuple[Sequence[Block], Sequence[Block], Sequence[Block]]:
        """Split what stands under a question into context, lead and details."""
        body = part.body
        rules = [i for i, block in enumerate(body) if _is_prompt_divider(block)]
        for index in rules[1:]:
            self.report_block(
                body[index],
                SECOND_DIVIDER,
                "a second '---' under one question",
                "the first one ends the prompt; a line across the answer is written '***'",
            )
        start = rules[0] + 1 if rules else 0
        end = next((i for i in range(start, len(body)) if _is_more(body[i])), len(body))
        context = body[: rules[0]] if rules else ()
        if rules and self.passage(context).is_blank:
            self.report_block(
                body[rules[0]],
                EMPTY_PROMPT,
                "nothing stands between the heading and this '---'",
                "the prompt is already complete: delete the line",
            )
        return context, body[start:end], body[end + 1 :]  # an end beyond the last block leaves no details

    def section(self, part: _Part) -> Section:
        body = self.passage(part.body)
        title = self.title(part)
        name = plain_text(title).strip()
        role = SECTION_NAMES.get(name.casefold())
        if role is None and (near := get_close_matches(name.casefold(), SECTION_NAMES, n=1, cutoff=0.85)):
            self.error(
                part,
                UNKNOWN_SECTION,
                "{} is almost the name of a section",
                f"write it {near[0].capitalize()!r}, or choose other words",
            )
        if role is None and name.endswith("?"):
            self.error(
                part,
                MISSING_ID,
                "{} looks like a drill, but has no id",
                f"add one, for ever: {{#{slug(name) or 'an-id'}}}; or leave out the question mark",
            )
        if body.is_blank:
            self.error(part, EMPTY_SECTION, "the section {} is empty", "write it, or delete the heading")
        return Section(title=title, body=body, role=role, location=self.location(part))

    def identity(self, part: _Part, attributes: Attributes) -> str:
        if attributes.is_malformed:
            meant = re.search(r"#([a-z0-9-]{1,60})", attributes.written)
            is_long = len(attributes.written) > LONGEST_ATTRIBUTES
            suggestion = meant[1] if meant else self.suggestion(part)
            self.report(
                self.source.find(attributes.written, _line(part.heading)),
                BAD_ATTRIBUTES,
                f"{_quote(attributes.written, _LONGEST_QUOTE)} cannot be read",
                f'attributes are written {{#{suggestion} .junior tags="one two"}}'
                + (f", in at most {LONGEST_ATTRIBUTES} characters" if is_long else ""),
            )
        elif not attributes.ids:
            hint = f"add one, for ever: {{#{self.suggestion(part)}}}"
            self.error(part, MISSING_ID, "{} has no id", hint)
        for extra in attributes.ids[1:]:
            self.report_word(part, f"#{extra}", SECOND_ID, f"a second id {extra!r}", "keep one")
        for wrong in (name for name in attributes.ids[:1] if not ID.fullmatch(name)):
            self.report_word(
                part,
                f"#{wrong}",
                MALFORMED_ID,
                f"{wrong!r} is not an id",
                f"use lower-case words joined by hyphens, as in {slug(wrong) or 'an-id'!r}",
            )
        return attributes.ids[0] if attributes.ids else ""

    def suggestion(self, part: _Part) -> str:
        return slug(plain_text(self.title(part))) or "an-id"

    def classes(self, part: _Part, attributes: Attributes) -> tuple[list[Level], list[str]]:
        known = (*Level, *(name for name in KINDS if name != DEFAULT))
        levels = [Level(name) for name in attributes.classes if name in tuple(Level)]
        kinds = [name for name in attributes.classes if name in known and name in KINDS]
        for name in attributes.classes:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                self.report_word(
                    part,
                    f".{name}",
                    UNKNOWN_CLASS,
                    f"there is no class {'.' + name!r}",
                    f"did you mean '.{near[0]}'?"
                    if near
                    else f"the classes are: {' '.join('.' + each for each in known)}",
                )
        for extra in (*levels[1:], *kinds[1:]):
            self.report_word(
                part,
                f".{extra}",
                SECOND_CLASS,
                f"{'.' + extra!r} beside another {'level' if extra in tuple(Level) else 'kind'}",
                "keep one of them",
            )
        return levels, kinds

    def check_values(self, part: _Part, attributes: Attributes) -> None:
        for name, _ in attributes.values:
            if name not in _VALUES:
                self.report_word(
                    part,
                    f"{name}=",
                    UNKNOWN_ATTRIBUTE,
                    f"there is no attribute {name!r}",
                    f"the attributes are: {', '.join(_VALUES)}",
                )
        was = dict(attributes.values).get("was")
        if was is not None and not ID.fullmatch(was):
            self.report_word(
                part,
                "was=",
                MALFORMED_ID,
                f"{was!r} is not an id",
                "name the id under which the question was first published",
            )

    def allowances(self, part: _Part, codes: str) -> Iterator[Allowance]:
        for code in codes.split():
            yield Allowance(code, self.place_of(part, code, after="allow="))

    def refuse_attributes(self, part: _Part) -> None:
        if part.attributes:
            self.report_word(
                part,
                part.attributes.written,
                UNEXPECTED_ATTRIBUTES,
                f"attributes {part.attributes.written!r} at the chapter's heading",
                "only questions and drills have attributes",
            )

    def refuse_text(self, part: _Part, message: str) -> None:
        for block in part.body:
            if not self.passage([block]).is_blank:
                self.report_block(
                    block,
                    UNSEEN_TEXT,
                    f"{message}: {_quote(self.source.lines[_line(block)])}",
                    "move it below the heading '# …'",
                )

    def title(self, part: _Part) -> Passage:
        return Passage(self.source, part.heading[1:2])

    def passage(self, body: Iterable[Block]) -> Passage:
        return Passage(self.source, tuple(token for block in body for token in block))

    def location(self, part: _Part) -> Location:
        return self.source.location(_line(part.heading))

    def error(self, part: _Part, code: Code, message: str, hint: str = "") -> None:
        """Report a finding about a heading; `{}` in the message becomes its words."""
        words = _quote(part.heading[1].content)
        self.report(self.location(part), code, message.replace("{}", words), hint)

    def report_block(self, block: Block, code: Code, message: str, hint: str = "") -> None:
        self.report(self.source.find("", _line(block)), code, message, hint)

    def report_word(self, part: _Part, word: str, code: Code, message: str, hint: str = "") -> None:
        """Report a finding about a word of a heading's attributes, at that word."""
        self.report(self.place_of(part, word), code, message, hint)

    def place_of(self, part: _Part, word: str, after: str = "") -> Location:
        """Find a word of a heading's attributes, after another one."""
        line = _line(part.heading)
        attributes = part.attributes
        written = attributes.written if attributes else ""
        braces = self.source.find(written, line)
        inset = max(written.find(word, written.find(after)), 0)
        return self.source.location(line, braces.column - 1 + inset)

    def report(self, location: Location, code: Code, message: str, hint: str = "") -> None:
        self.diagnostics.append(code.at(location, message, hint))


def _is_prompt_divider(block: Block) -> bool:
    return block[0].type == "hr" and block[0].markup.startswith("-")


def _is_more(block: Block) -> bool:
    return comments_in(block[0]) == ["more"]


def _name(part: _Part) -> str:
    """Return what a question is called where its place is told: its id, or else its prompt."""
    attributes = part.attributes
    return attributes.ids[0] if attributes and attributes.ids else part.heading[1].content[:60]


def _line(block: Block) -> int:
    assert block[0].map is not None
    return block[0].map[0]


def _quote(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else text[: most - 1] + "…")


def slug(text: str) -> str:
    """Return an id made of a text's words; empty if it has none of a-z and 0-9."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words[:6])
