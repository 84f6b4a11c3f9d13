"""Reads a corpus folder: chapters of Markdown become questions, each with its place.

A chapter, `NN-name.md`, or of any other name:

    ---                                             front matter, if there is any: its title and tags count
    tags: [a, b]
    ---
    # Title of the chapter                          the file's name where there is none; a second one, with
                                                    questions below it, begins another chapter
    An introduction.
    ## A question? {#id .level tags="a b"}          the id is the question's permanent identity; was="old-id"
                                                    keeps that of a question that was published as old-id;
                                                    allow="rule" lets it break a rule;
                                                    .core puts it into the core, core="2" with a rank
    Code to read, or an image                      only where `---` follows
    ---
    The lead: the answer in one breath.
    <!-- more -->                                   the sheet stops here, the card goes on
    Details.
    ### Why interviewers ask                        a section: no id
    ### A smaller question? {#another-id}           a drill: a note of its own

Reading never raises for the content of a file: a fault becomes a `Diagnostic`, and reading continues.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from difflib import get_close_matches
from itertools import pairwise

from builder.corpus.attributes import QUESTION_ID
from builder.corpus.chapter_codes import (
    BAD_ATTRIBUTES,
    DUPLICATE_SECTION,
    EMPTY_HEADING,
    EMPTY_PROMPT,
    EMPTY_SECTION,
    MALFORMED_ID,
    MISSING_ID,
    NO_ANSWER,
    NOTHING_BEFORE_MORE,
    SECOND_CLASS,
    SECOND_DIVIDER,
    SECOND_ID,
    SECTION_AFTER_DRILL,
    SECTION_WITHOUT_QUESTION,
    STRAY_HEADING,
    TRAILING_DIVIDER,
    UNDERLINED_HEADING,
    UNEXPECTED_ATTRIBUTES,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_CLASS,
    UNKNOWN_SECTION,
    UNKNOWN_VALUE,
)
from builder.corpus.files import name_of
from builder.corpus.front_matter import FrontMatter, read_front_matter, without_front_matter
from builder.corpus.headings import beginnings
from builder.corpus.kinds import DEFAULT, KINDS
from builder.corpus.labels import ENGLISH, Labels, callout_titles
from builder.corpus.model import (
    CORE,
    RANKS,
    Allowance,
    Chapter,
    Level,
    Question,
    Role,
    Section,
    section_names,
)
from builder.corpus.settings import ID
from builder.diagnostics import Code, Diagnostic, Edit, Location
from builder.faults import Work, at_chapter, at_question, pin_down
from builder.markdown.language_tags import wrong_tag
from builder.markdown.parser import (
    LONGEST_ATTRIBUTES,
    NO_ATTRIBUTES,
    Attributes,
    Passage,
    Source,
    Token,
    blocks,
    comments_in,
    inline_text,
    parse,
    plain_text,
)
from builder.text import as_line, slug

Block = tuple[Token, ...]

_HEADING = re.compile(r"#{2,3}[ \t]+(?P<words>[^{]{0,60})[^{]*(?:\{#(?P<id>[A-Za-z0-9_-]+))?")
"""Line that most likely begins a question: used to find the place of an error."""
_LANGUAGE = "lang"
_VALUES = ("tags", "was", "allow", _LANGUAGE, CORE)
_LONGEST_QUOTE = 200
"""Maximum characters of attributes to quote: nearly always all of them."""
_MOST_MOVED = 50
"""Maximum sections and drills of a question that `check --fix` moves."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A heading and the blocks up to the next one; the first part of a file has no heading."""

    heading: Block
    body: tuple[Block, ...]
    end: int
    """The line (from 0) after it."""
    separator: Block = ()
    """The thematic break at its end, which only divides it from the next part; never shown."""

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


def read_chapter(source: Source, index: int = 0) -> tuple[Chapter, list[Diagnostic]]:
    """Read one chapter of a file, by its index in the file."""
    return next(each for each in read_chapters(source) if each[0].index == index)


def read_chapters(
    source: Source, numbers: Mapping[int, int] | None = None, labels: Labels = ENGLISH
) -> list[tuple[Chapter, list[Diagnostic]]]:
    """Read the chapters of a file: all of them, or only those whose indices are in `numbers`, by number.

    By default, the first has the number of the file's name, if there is one. Findings about the whole file
    are reported with the first. Standard sections may have the titles in `labels`.
    """
    names = section_names(labels)
    with at_chapter(source.path):
        front, found = read_front_matter(source)
        parts = _parts(_parsed(source, callout_titles(labels)), len(source.lines))
        is_underlined = not any(part.level == 2 and part.heading[0].markup == "##" for part in parts)
        starts = [0, *beginnings([part.level for part in parts])[1:]]
        chapters: list[tuple[Chapter, list[Diagnostic]]] = []
        for index, (start, end) in enumerate(pairwise([*starts, len(parts)])):
            if numbers is None or index in numbers:
                wrong = [] if index else found
                reader = _ChapterReader(source, front, wrong, names, is_underlined=is_underlined)
                chapter = reader.chapter(parts[start:end], index, (numbers or {}).get(index, 0))
                chapters.append((chapter, sorted(reader.diagnostics)))
        return chapters


def _parsed(source: Source, titles: Mapping[str, str]) -> list[Token]:
    text = without_front_matter(source)
    try:
        return parse(text, titles)
    except Exception as error:
        pin_down(error, parse, _pieces(source))
        raise


def _pieces(source: Source) -> Iterator[tuple[Work, str]]:
    """Yield the pieces of a text between its headings, found by lines alone."""
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


def _parts(tokens: Sequence[Token], lines: int) -> list[_Part]:
    parts: list[tuple[Block, list[Block]]] = [((), [])]
    for block in blocks(tokens):
        if block[0].type == "heading_open" and block[0].tag in ("h1", "h2", "h3"):
            parts.append((block, []))
        else:
            parts[-1][1].append(block)
    ends = [*(_line(heading) for heading, _ in parts[1:]), lines]
    return [_part(heading, body, end) for (heading, body), end in zip(parts, ends, strict=True)]


def _part(heading: Block, body: list[Block], end: int) -> _Part:
    last = next((block for block in reversed(body) if comments_in(block[0]) is None), ())
    if not last or last[0].type != "hr":
        return _Part(heading, tuple(body), end)
    return _Part(heading, tuple(block for block in body if block is not last), end, last)


@dataclass
class _ChapterReader:
    """Turns the parts of one file into a chapter, and collects the findings."""

    source: Source
    front: FrontMatter
    diagnostics: list[Diagnostic]
    names: Mapping[str, Role]
    """Roles of sections by their names in lower case."""
    _: KW_ONLY
    is_underlined: bool
    """True if the file underlines all of its headings."""
    doubtful: set[int] = field(default_factory=set)
    """Lines (from 0) of headings that were probably not intended as headings."""

    def chapter(self, parts: Sequence[_Part], index: int, given: int) -> Chapter:
        number, name = name_of(self.source.path)
        headings = [part for part in parts if part.level == 1]
        begins = beginnings([part.level for part in parts])
        titled = parts[begins[0]] if begins else headings[0] if headings else None
        introduction: list[Block] = []
        groups: list[list[_Part]] = []
        for part in parts:
            if part.level:
                self.check_heading(part)
            if part.level < 2:
                introduction += part.body
            if part.level == 1:
                self.refuse_attributes(part)
                # The title of the whole file may be above that of its first chapter.
                if part is not titled and (groups or part is not headings[0]):
                    self.refuse_stray(part)
            elif part.level == 2:
                groups.append([part])
            elif part.level and groups:
                groups[-1].append(part)
            elif part.level:
                self.error(
                    part,
                    SECTION_WITHOUT_QUESTION,
                    "{} is before the first question",
                    "move it below its question, or write '##' if it is one",
                )
        if titled:
            title = self.title(titled)
        else:
            words = self.front.title or _words_of(name)
            title = Passage(self.source, (inline_text(words, self.front.end and 1),))
        named = slug(plain_text(title)) if index else name if ID.fullmatch(name) else slug(name)
        questions = tuple(map(self.question, groups))
        return Chapter(
            source=self.source,
            index=index,
            start=_line(parts[0].heading) if index else 0,
            end=parts[-1].end,
            number=given if index or number is None else number,
            slug=named or "chapter",
            title=title,
            introduction=self.passage(introduction),
            questions=tuple(map(_answered, filter(_is_answered, questions))),
            unanswered=tuple(_unanswered(questions)),
        )

    def refuse_stray(self, part: _Part) -> None:
        self.error(
            part,
            STRAY_HEADING,
            "a chapter heading {} with no question below it, which ends the answer above",
            "write '##' if it is a question; put code between two lines of ```",
        )

    def check_heading(self, part: _Part) -> None:
        """Report a heading that was probably not intended, or has no words.

        An underlined one is doubtful unless all headings of the file are underlined.
        """
        heading, text = part.heading[:2]
        is_meant = heading.markup == "=" or self.is_underlined or part.attributes
        if heading.markup in ("=", "-") and ("\n" in text.content or not is_meant):
            assert heading.map is not None
            line = heading.map[1]
            self.doubtful.add(_line(part.heading))
            self.error(
                part,
                UNDERLINED_HEADING,
                "{} is a heading because a line of '=' or '-' follows it",
                f"put an empty line before the {heading.markup * 3!r}; or write the heading with '##'",
                Edit(line, 1, line, 1, "\n"),
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
        places: dict[Role, tuple[int, _Part]] = {}
        drills: list[Question] = []
        for part in rest:
            if part.is_drill:
                with at_question(self.location(part), _name(part)):
                    drills.append(self.one_question(part, question))
                continue
            section = self.section(part)
            if section.role and section.role in places:
                place, first = places[section.role]
                self.error(
                    part,
                    DUPLICATE_SECTION,
                    "a second section {}",
                    "join it with the first one: cards show it there",
                    *self.moved(part, first.end, len(rest), is_joined=True),
                )
                tokens = sections[place].body.tokens + section.body.tokens
                sections[place] = replace(sections[place], body=Passage(self.source, tokens))
                continue
            if drills and not _asks(section):
                before = next(each for each in rest if each.is_drill)
                self.error(
                    part,
                    SECTION_AFTER_DRILL,
                    "the section {} is after a drill, but belongs to the question",
                    "move it up, before the first drill; a drill has an id, {#like-this}",
                    *self.moved(part, _line(before.heading), len(rest)),
                )
            if section.role:
                places[section.role] = (len(sections), part)
            sections.append(section)
        return replace(question, sections=tuple(sections), drills=tuple(drills))

    def moved(self, part: _Part, line: int, parts: int, *, is_joined: bool = False) -> tuple[Edit, ...]:
        """Return the edits that move a part before a line (from 0), without its heading if it is joined.

        If the question has too many `parts`, return none, because each would be moved by itself.
        """
        if parts > _MOST_MOVED:
            return ()
        start = _line(part.heading)
        written = self.source.lines[start + is_joined * _height(part.heading) : part.end]
        text = "\n".join(written).strip("\n") + "\n\n"
        return Edit.of_lines(start + 1, part.end + 1), Edit.of_lines(line + 1, line + 1, text)

    def one_question(self, part: _Part, parent: Question | None) -> Question:
        """Read a question without its sections and drills.

        A drill inherits its parent's level, tags and language.
        """
        context, lead, details = self.divide(part)
        attributes = part.attributes or NO_ATTRIBUTES
        levels, kinds = self.classes(part, attributes)
        values = dict(attributes.values)
        tags = values.get("tags")
        kind = kinds[0] if kinds else DEFAULT
        self.check_values(part, attributes, kind)
        question = Question(
            id=self.identity(part, attributes),
            kind=kind,
            level=levels[0] if levels else parent.level if parent else None,
            core=self.core(part, attributes),
            tags=self.tags(tags, parent),
            title=self.title(part),
            context=self.passage(context),
            lead=self.passage(lead),
            details=self.passage(details),
            was=values.get("was", ""),
            allowed=tuple(self.allowances(part, values.get("allow", ""))),
            attributes=attributes,
            language=_language(values.get(_LANGUAGE), parent),
            location=self.location(part),
        )
        spec = KINDS[kind]
        question = replace(question, cards=spec.cards(question), right_place=spec.right_place(question))
        if not _is_answered(question):
            self.error(
                part,
                NO_ANSWER,
                "{} has no answer yet: it is left out of every output",
                "write the answer under it",
            )
        elif question.lead.is_blank:
            self.error(
                part,
                NOTHING_BEFORE_MORE,
                "{} has nothing before '<!-- more -->'",
                "write the short answer first: the study sheet prints only that",
            )
        elif part.separator and part.separator[0].markup.startswith("-"):
            self.report_block(
                part.separator,
                TRAILING_DIVIDER,
                "nothing is below this '---', which ends a prompt",
                "write '***' between questions; or the answer below it",
                self.across(part.separator),
            )
        return question

    def tags(self, written: str | None, parent: Question | None) -> tuple[str, ...]:
        """Return a question's tags, after the chapter's; a drill without tags has those of its question."""
        if written is None and parent:
            return parent.tags
        return tuple(dict.fromkeys((*self.front.tags, *(written or "").split())))

    def across(self, block: Block) -> Edit:
        """Return the edit that turns a divider `---` into a thematic break `***`."""
        line = self.source.lines[_line(block)]
        start = len(line) - len(line.lstrip())
        return Edit.within(_line(block) + 1, start + 1, line.strip(), "***")

    def divide(self, part: _Part) -> tuple[Sequence[Block], Sequence[Block], Sequence[Block]]:
        """Split the blocks under a question into context, lead and details."""
        body = part.body
        rules = [i for i, block in enumerate(body) if _is_prompt_divider(block)]
        for index in rules[1:]:
            self.report_block(
                body[index],
                SECOND_DIVIDER,
                "a second '---' under one question",
                "the first one ends the prompt; write '***' for a horizontal line in the answer",
                self.across(body[index]),
            )
        start = rules[0] + 1 if rules else 0
        end = next((i for i in range(start, len(body)) if _is_more(body[i])), len(body))
        context = body[: rules[0]] if rules else ()
        if rules and self.passage(context).is_blank:
            self.report_block(
                body[rules[0]],
                EMPTY_PROMPT,
                "nothing is between the heading and this '---'",
                "the prompt is already complete: delete the line",
                Edit.of_lines(_line(body[rules[0]]) + 1, _line(body[rules[0]]) + 2),
            )
        return context, body[start:end], body[end + 1 :]  # without '<!-- more -->', no details

    def section(self, part: _Part) -> Section:
        body = self.passage(part.body)
        title = self.title(part)
        name = plain_text(title).strip()
        role = self.names.get(name.casefold())
        if role is None and (near := get_close_matches(name.casefold(), self.names, n=1, cutoff=0.85)):
            words, line = part.heading[1].content, _line(part.heading)
            column = self.source.lines[line].find(words)
            self.error(
                part,
                UNKNOWN_SECTION,
                "{} is almost the name of a section",
                f"write it {near[0].capitalize()!r}, or choose other words",
                *([Edit.within(line + 1, column + 1, words, near[0].capitalize())] if column >= 0 else ()),
            )
        if _asks_for(role, name):
            self.error(
                part,
                MISSING_ID,
                "{} looks like a drill, but has no id",
                f"add a permanent id: {{#{slug(name) or 'an-id'}}}; or leave out the question mark",
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
                f'write attributes as {{#{suggestion} .junior tags="one two"}}'
                + (f", in at most {LONGEST_ATTRIBUTES} characters" if is_long else ""),
            )
        elif not attributes.ids and self.is_answered(part) and _line(part.heading) not in self.doubtful:
            hint = f"add a permanent id: {{#{self.suggestion(part)}}}"
            self.error(part, MISSING_ID, "{} has no id", hint)
        for extra in attributes.ids[1:]:
            self.report_word(part, f"#{extra}", SECOND_ID, f"a second id {extra!r}", "keep one")
        for wrong in (name for name in attributes.ids[:1] if not QUESTION_ID.fullmatch(name)):
            self.report_word(
                part,
                f"#{wrong}",
                MALFORMED_ID,
                f"{wrong!r} is not an id",
                f"use words of letters and digits joined by hyphens, as in {slug(wrong) or 'an-id'!r}",
            )
        return attributes.ids[0] if attributes.ids else ""

    def suggestion(self, part: _Part) -> str:
        return slug(plain_text(self.title(part))) or "an-id"

    def classes(self, part: _Part, attributes: Attributes) -> tuple[list[Level], list[str]]:
        known = (*Level, CORE, *(name for name in KINDS if name != DEFAULT))
        levels = [Level(name) for name in attributes.classes if name in tuple(Level)]
        kinds = [name for name in attributes.classes if name in known and name in KINDS]
        for name in attributes.classes:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                self.report_word(
                    part,
                    f".{name}",
                    UNKNOWN_CLASS,
                    f"unknown class {'.' + name!r}",
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

    def core(self, part: _Part, attributes: Attributes) -> int:
        """Return a question's rank in the core, 0 outside of it; drills do not inherit it."""
        rank = dict(attributes.values).get(CORE)
        if rank is None:
            return int(CORE in attributes.classes)
        if CORE in attributes.classes:
            self.report_word(
                part,
                f".{CORE}",
                SECOND_CLASS,
                f"'.{CORE}' in addition to a rank in the core",
                f"'.{CORE}' is short for {CORE}=\"{RANKS[0]}\": keep one of them",
            )
        return int(rank) if rank in RANKS else int(RANKS[0])

    def check_values(self, part: _Part, attributes: Attributes, kind: str) -> None:
        chosen = {CORE: RANKS, **KINDS[kind].attributes}
        known = dict.fromkeys((*_VALUES, *chosen))
        for name, value in attributes.values:
            if name not in known:
                kinds = [f"'.{spec.name}'" for spec in KINDS.values() if name in spec.attributes]
                self.report_word(
                    part,
                    f"{name}=",
                    UNKNOWN_ATTRIBUTE,
                    f"only a {' or a '.join(kinds)} question has an attribute {name!r}"
                    if kinds
                    else f"unknown attribute {name!r}",
                    f"the attributes are: {', '.join(known)}",
                )
            elif name in chosen and value not in chosen[name]:
                self.report_word(
                    part,
                    f"{name}=",
                    UNKNOWN_VALUE,
                    f"{name!r} is {_quote(value)}",
                    f"it may be {' or '.join(map(repr, chosen[name]))}",
                )
            elif name == _LANGUAGE and (hint := wrong_tag(value)):
                message = f"{name!r} is {_quote(value)}"
                self.report_word(part, f"{name}=", UNKNOWN_VALUE, message, hint)
        was = dict(attributes.values).get("was")
        if was is not None and not QUESTION_ID.fullmatch(was):
            self.report_word(
                part,
                "was=",
                MALFORMED_ID,
                f"{was!r} is not an id",
                "give the id under which the question was first published",
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

    def title(self, part: _Part) -> Passage:
        return Passage(self.source, part.heading[1:2])

    def passage(self, body: Iterable[Block]) -> Passage:
        return Passage(self.source, tuple(token for block in body for token in block))

    def location(self, part: _Part) -> Location:
        return self.source.location(_line(part.heading))

    def is_answered(self, part: _Part) -> bool:
        return not self.passage(part.body).is_blank

    def error(self, part: _Part, code: Code, message: str, hint: str = "", *edits: Edit) -> None:
        """Report a finding about a heading; `{}` in the message becomes its words."""
        words = _quote(part.heading[1].content)
        self.report(self.location(part), code, message.replace("{}", words), hint, *edits)

    def report_block(self, block: Block, code: Code, message: str, hint: str = "", *edits: Edit) -> None:
        self.report(self.source.find("", _line(block)), code, message, hint, *edits)

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

    def report(self, location: Location, code: Code, message: str, hint: str = "", *edits: Edit) -> None:
        self.diagnostics.append(code.at(location, message, hint, *edits))


def _language(written: str | None, parent: Question | None) -> str:
    """Return a question's language, if it is valid; a drill without one has that of its question."""
    if written is None and parent:
        return parent.language
    return written if written and not wrong_tag(written) else ""


def _is_answered(question: Question) -> bool:
    """Tell whether a question has an answer: more than the blank lines of `cardpress new question`."""
    if not question.details.is_blank:
        return True
    room = KINDS[question.kind].room
    return not (question.lead.is_blank or (room and _written(question.lead) == _trimmed(room)))


def _written(passage: Passage) -> str:
    """Return the lines of a passage as they were written, without spaces at their ends."""
    spans = [token.map for token in passage.tokens if token.map]
    start = min((span[0] for span in spans), default=0)
    end = max((span[1] for span in spans), default=0)
    return _trimmed(passage.source.lines[start:end])


def _trimmed(lines: Iterable[str]) -> str:
    return "\n".join(map(str.rstrip, lines)).strip("\n")


def _answered(question: Question) -> Question:
    return replace(question, drills=tuple(filter(_is_answered, question.drills)))


def _unanswered(questions: Iterable[Question]) -> Iterator[Question]:
    """Yield the questions and drills without an answer, and all drills of such questions."""
    for question in questions:
        if not _is_answered(question):
            yield replace(question, drills=())
            yield from question.drills
        else:
            yield from (drill for drill in question.drills if not _is_answered(drill))


def _asks(section: Section) -> bool:
    return _asks_for(section.role, plain_text(section.title).strip())


def _asks_for(role: Role | None, name: str) -> bool:
    """Tell whether a section looks like a drill, because its title asks something."""
    return role is None and name.endswith("?")


def _words_of(name: str) -> str:
    """Return a title derived from a file's name."""
    words = re.sub(r"[-_\s]+", " ", as_line(name)).strip()
    return words[:1].upper() + words[1:] or "Chapter"


def _height(heading: Block) -> int:
    assert heading[0].map is not None
    return heading[0].map[1] - heading[0].map[0]


def _is_prompt_divider(block: Block) -> bool:
    return block[0].type == "hr" and block[0].markup.startswith("-")


def _is_more(block: Block) -> bool:
    return comments_in(block[0]) == ["more"]


def _name(part: _Part) -> str:
    """Return a question's name for messages: its id, or else its prompt."""
    attributes = part.attributes
    return attributes.ids[0] if attributes and attributes.ids else part.heading[1].content[:60]


def _line(block: Block) -> int:
    assert block[0].map is not None
    return block[0].map[0]


def _quote(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else text[: most - 1] + "…")
