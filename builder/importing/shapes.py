"""Detects the shape of questions in Markdown: which elements are prompts, chapters and answers.

An element is a heading of a level, the summary of a `<details>`, a bold item or line, or a line `Q: …`. A
document is read once for each way in which its prompts could be marked. The guess is the way that explains
most of the text. The author can give the elements other roles.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise
from pathlib import Path

from builder.importing.adapting import Line
from builder.importing.documents import Document
from builder.importing.model import Loss, Role
from builder.markdown.parser import DEEPEST, Token, parse, plain_text
from builder.markdown.source import Passage, Source

Roles = Mapping[str, Role]
"""Roles of a document's elements, by their names: `heading 2`, `summary`, `bold item`."""

HEADINGS = tuple(f"heading {level}" for level in range(1, 7))
SUMMARY, ITEM, BOLD, LABELLED = "summary", "bold item", "bold line", "Q: line"
ASKING = "item that asks"
ELEMENTS = (*HEADINGS, SUMMARY, ITEM, BOLD, LABELLED, ASKING)
"""Names of all elements that may be prompts."""

_ANSWER_WORDS = (
    "answers?|ans|solutions?|explanations?|respuestas?|réponses?|antwort(?:en)?|lösung(?:en)?|risposta"
    "|resposta|ответ|відповідь|cevap|yanıt|odpowiedź|antwoord|jawaban|đáp án|答案|解答|回答|答え|정답|답"
    "|(?:ال)?إجابة|(?:ال)?جواب|پاسخ|תשובה|คำตอบ"
)
ANSWER = re.compile(
    r"^\W*(?:(?:show|view|see|check|reveal|click(?: here)?(?: (?:to|for))?(?: (?:see|view|show))?)\s+)?"
    rf"(?:the\s+)?(?:correct\s+|right\s+)?(?:{_ANSWER_WORDS})\b(?:\s+\d{{1,4}})?(?:\s+is)?\W*?"
    r"(?:[\s:：.=–—-]+\W*?(?P<letter>[A-Za-z]|\d{1,2})(?![\w+#-])[\s.):]*)?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
"""Words that begin an answer, with the letter of the right option if they name one."""
_TO_TOP = re.compile(
    r"^\W*(?:(?:back|go|return|up|jump)\b[\w ]{0,12}\b(?:top|contents?|index|toc|menu|questions?)|to top|top"
    r"|table of contents?|contents?|index|回到顶部|返回目录|目录|volver arriba|nach oben|↑|⬆\S*|🔝|🔼)\W*$"
    r"|^[\W\s]*[↥⬆↑🔝🔼][\W\s]*",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"^\W*(?:table of contents?|contents?|toc|index|目录|目次|inhalt(?:sverzeichnis)?|índice|sommaire|sumário"
    r"|оглавление|содержание|İçindekiler|daftar isi)\W*$",
    re.IGNORECASE,
)
_BADGE = re.compile(
    r"shields\.io|badge|travis-ci|codecov|/workflows/|circleci|coveralls|opencollective", re.I
)
_NUMBER = re.compile(
    r"^(?:Q(?:uestion|n)?s?[ .]?(?:[-#№ ]{0,2}\d{1,4})?\s*[.:)：、–—-]+\s*"
    r"|(?:question|pregunta|frage|вопрос|题)\s*\d{1,4}\s*[.:)：、–—-]*\s+"
    r"|[#№]?\s*\d{1,4}\s*[.:)：、．]+(?=\D)\s*|\(\d{1,4}\)\s*|\[\d{1,4}\]\s*|#\s+(?=\d{1,4}[.:)]))",
    re.IGNORECASE,
)
_IS_NUMBERED_Q = re.compile(r"\W*Q\s*\d{1,4}\s*[.:)]", re.IGNORECASE)
_IS_Q = re.compile(r"\W*Q", re.IGNORECASE)
_ENDS = re.compile(r"[?？؟\u037e]\W*$")
"""End of a question, in Greek too."""
_WHOLE = re.compile(r"<(b|strong|h[1-6]|u|i|em)>\s*((?:(?!</?\1).)*?)\s*</\1>", re.IGNORECASE | re.DOTALL)
_ASKS = re.compile(
    r"^\W*(?:what|how|why|when|where|which|who|explain|describe|define|list|name|compare|is|are|can"
    r"|does|do|did|should|would|could|write|implement|give|tell|difference|true or false|was|wie|warum|wann"
    r"|wo|welche|wer|qué|cómo|por qué|cuál|quand|comment|pourquoi|quel|что|как|почему|什么|如何|为什么)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:[-*+]\s+|\d+[.)]\s+)?(?:\*\*|__)?Q(?:uestion)?\s*\d{0,4}\s*[:：](?:\*\*|__)?\s*(?=\S)", re.I
)
_LABEL_ALONE = re.compile(r"(?:Q(?:uestion)?|A(?:ns(?:wer)?)?)\s*\d{0,4}\s*[:：]", re.IGNORECASE)
_ANSWER_LABEL = re.compile(
    r"^(?:[-*+]\s+)?(?:\*\*|__)?A(?:ns(?:wer)?)?\s*\d{0,4}\s*[:：](?:\*\*|__)?[ \t]*", re.I
)
OPTION_LETTER = re.compile(
    r"(?P<mark>\*\*|__|`)?\(?([A-Za-z]|\d{1,2})(?![\w+#-])[.):]{0,2}(?:(?P=mark))?[.):]?\s*"
)
"""Letter of an option at the beginning of an answer."""
_SECOND_OPTION = re.compile(r"\s*(?:[-*+]\s+)?(?:\*\*|__|`)?\(?B[).:：]", re.IGNORECASE)
"""Beginning of a second option: then `A:` is the first one, and no answer."""
_SUMMARY_BLOCK = re.compile(r"\s*<summary>(.*)</summary>\s*", re.DOTALL | re.IGNORECASE)
_HTML_TAG = re.compile(r"<[^<>]*>")
_NOWHERE = Path("imported.md")
_WEAK = 0.8
"""How sure a guess is if its prompts are not questions, as in headings of notes."""


@dataclass(slots=True)
class Draft:
    """A question in a document, before its text is adapted."""

    words: str
    """Its prompt, as Markdown."""
    line: int
    """Number of its line in the source."""
    body: list[Line] = field(default_factory=list)
    context: list[Line] = field(default_factory=list)
    letter: str = ""
    """Letter of the right option, if the answer names one."""
    letter_words: str = ""
    """Words of the right option, if they are no longer in the body."""
    anchors: list[str] = field(default_factory=list)
    """Words of its headings, to which links may lead."""
    id: str = ""
    is_marked: bool = False
    """True if it has a number, or another mark of questions."""
    kind: str = ""
    tags: tuple[str, ...] = ()
    has_answer_mark: bool = False

    @property
    def asks(self) -> bool:
        """Return whether its prompt looks like a question."""
        return self.is_marked or _asks(self.words)


@dataclass(slots=True)
class Section:
    """A chapter in a document, before its text is adapted."""

    words: str
    line: int
    introduction: list[Line] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Outline:
    """The content of a document, read with certain roles of its elements."""

    sections: list[Section]
    losses: list[Loss]
    total: int = 0
    """Number of letters in the document."""
    explained: float = 0.0
    """Share of its text in questions; then how sure the guess is."""
    sure: float = 1.0

    @property
    def drafts(self) -> list[Draft]:
        """All of its questions."""
        return [draft for section in self.sections for draft in section.drafts]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a document: an element, or a text."""

    kind: str
    """Name of an element, `text`, `open` or `close`."""
    lines: Sequence[Line]
    words: str = ""
    token: Token | None = None
    rest: Sequence[Line] = ()
    """The text on the lines of an element."""


def counts_of(document: Document) -> dict[str, int]:
    """Return the number of each element in a document."""
    counts = dict.fromkeys(ELEMENTS, 0)
    tokens = document.tokens
    for token, following in pairwise([*tokens, Token("", "", 0)]):
        if token.type == "heading_open" and not ANSWER.match(following.content):
            counts[HEADINGS[int(token.tag[1]) - 1]] += 1
        elif token.type == "html_block" and (found := _SUMMARY_BLOCK.fullmatch(token.content)):
            counts[SUMMARY] += not ANSWER.match(_text_of(found[1]))
        elif token.type == "inline" and _LABEL.match(token.content):
            counts[LABELLED] += 1
        elif token.type == "inline" and (bold := _bold(token)) and not ANSWER.match(bold[0]):
            counts[ITEM if token.level > 1 else BOLD] += 1
        elif token.type == "inline" and token.level > 1 and _asks_alone(token):
            counts[ASKING] += 1
    return counts


def guess(document: Document) -> Roles:
    """Return the roles of a document's elements that explain most of its text."""
    counts = {name: number for name, number in counts_of(document).items() if number}
    best: tuple[float, Roles] = (-1.0, {})
    for name in counts:
        roles = _roles(name, counts)
        outline = outline_of(document, roles)
        number = len(outline.drafts)
        value = outline.explained * (1 - 1 / (number + 1)) ** 2 if number else 0.0
        if value > best[0]:
            best = (value, roles)
    return best[1]


def _roles(prompt: str, counts: Mapping[str, int]) -> dict[str, Role]:
    """Return the roles of elements if those with a name are prompts."""
    roles: dict[str, Role] = {}
    for name in counts:
        if name == prompt:
            roles[name] = "prompt"
        elif name in HEADINGS:
            is_above = prompt not in HEADINGS or name < prompt
            roles[name] = "chapter" if is_above else "answer"
        else:
            roles[name] = "answer"
    return roles


def outline_of(document: Document, roles: Roles) -> Outline:
    """Read a document with certain roles of its elements."""
    builder = _Builder(document, roles)
    return builder.outline()


@dataclass
class _Builder:
    """Builds an outline from the pieces of a document."""

    document: Document
    roles: Roles
    losses: list[Loss] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    draft: Draft | None = None
    is_split: bool = False
    depth: int = 0
    """How many `<details>` are open."""
    question_depth: int = 0
    """Which of them is the question's."""
    passed: int = 0
    """Number of letters in navigation."""

    def outline(self) -> Outline:
        document = self.document
        first = document.lines[0][0] if document.lines else 1
        self.sections = [Section(document.title, first)]
        for piece in _pieces(document, document.tokens, 0, self.roles):
            self.add(piece)
        self.close()
        deep = next((token for token in document.tokens if token.level >= DEEPEST and token.map), None)
        if deep is not None and deep.map:
            line = document.lines[deep.map[0]][0]
            self.lose(line, "depth", f"what is nested deeper than {DEEPEST} levels may be left out")
        total = sum(len(line.strip()) for _, line in document.lines) or 1
        outline = Outline(self.sections, [*document.losses, *self.losses], total)
        self.measure(outline)
        return outline

    def measure(self, outline: Outline) -> None:
        """Compute the share of the document that its questions explain."""
        drafts = outline.drafts
        if not drafts:
            return
        asking = sum(draft.asks for draft in drafts) / len(drafts)
        outline.sure = 1.0 if asking >= 0.5 else _WEAK
        size = sum(
            sum(len(line.strip()) for _, line in (*draft.context, *draft.body))
            # A list of questions does not replace answers elsewhere in the document.
            + len(draft.words) * (1 if draft.body else 0.3)
            for draft in drafts
        )
        share = size / max(outline.total - self.passed, 1)
        outline.explained = min(share, 1.0) * (0.4 + 0.6 * asking)

    def lose(self, line: int, kind: str, message: str) -> None:
        self.losses.append(Loss(f"{self.document.name}:{line}", kind, message))

    @property
    def section(self) -> Section:
        return self.sections[-1]

    def add(self, piece: _Piece) -> None:
        if piece.kind in ("open", "close"):
            self.step(piece)
        elif piece.kind in HEADINGS:
            self.heading(piece)
        elif piece.kind == SUMMARY:
            self.summary(piece)
        elif piece.kind in (ITEM, BOLD, LABELLED, ASKING):
            self.begin(piece, piece.rest)
        elif self.is_navigation(piece):
            self.passed += sum(len(line.strip()) for _, line in piece.lines)
        else:
            self.text(piece.lines)

    def step(self, piece: _Piece) -> None:
        if piece.kind == "open":
            self.depth += 1
            return
        if self.depth == self.question_depth:
            self.close()
        self.depth = max(self.depth - 1, 0)

    def heading(self, piece: _Piece) -> None:
        words = piece.words
        role = self.roles.get(piece.kind, "answer")
        found = ANSWER.match(_plain(words))
        if found and self.draft and (role != "prompt" or not found["rest"]):
            self.split(found["letter"] or "", words)
            if found["rest"].strip():
                self.text([(piece.lines[0][0], found["rest"].strip())])
            return
        if _CONTENTS.match(_plain(words)):
            self.lose(piece.lines[0][0], "navigation", f"{_plain(words)!r} is left out")
            if role in ("prompt", "chapter"):
                self.close()
            return
        if role == "answer" and _IS_NUMBERED_Q.match(_plain(words)) and self.are_numbered():
            role = "prompt"  # probably a wrong level, by mistake
        if role == "prompt" and not self.is_part(piece):
            self.begin(piece, ())
        elif role == "chapter" and self.is_inside(piece):
            self.text(piece.lines)
        elif role == "chapter" or (role == "prompt" and self.is_chapter(piece)):
            self.close()
            line = piece.lines[0][0]
            self.sections.append(Section(_without_number(words)[0], line, anchors=[_plain(words)]))
        elif role == "nothing":
            self.lose(piece.lines[0][0], "heading", f"the heading {_plain(words)[:60]!r} is left out")
        else:
            if self.draft:
                self.draft.anchors.append(_plain(words))
            self.text(piece.lines)

    def are_numbered(self) -> bool:
        """Return whether the headings that are prompts have numbers such as `Q1.`."""
        known = self.document.__dict__.setdefault("numbered", {})
        kinds = tuple(name for name, role in self.roles.items() if role == "prompt")
        if kinds not in known:
            words = [
                inline.content
                for token, inline in pairwise(self.document.tokens)
                if token.type == "heading_open" and f"heading {token.tag[1]}" in kinds
            ]
            known[kinds] = sum(_IS_NUMBERED_Q.match(each) is not None for each in words) > 0.8 * len(words)
        return bool(known[kinds])

    def is_inside(self, piece: _Piece) -> bool:
        """Return whether a heading is in the list or the `<details>` of a question."""
        if self.draft is None:
            return False
        is_in_list = piece.token is not None and piece.token.level > 0
        return is_in_list or (self.question_depth > 0 and self.depth >= self.question_depth)

    def is_part(self, piece: _Piece) -> bool:
        """Return whether a heading between questions is not one: nearly all others have a number, or ask."""
        if not self.mostly_marked(piece.kind):
            return False
        words, is_marked = _without_number(piece.words)
        if piece.token is not None and piece.token.level > 0:
            return False
        if is_marked and not _IS_Q.match(piece.words) and self.is_chapter(piece):
            return not _asks(_plain(words))
        return not is_marked and not _asks(_plain(words))

    def is_chapter(self, piece: _Piece) -> bool:
        """Return whether a heading is a chapter's: it is not a question, and has no text below it."""
        line = piece.lines[-1][0]
        texts = (text for number, text in self.document.lines if number > line)
        following = next((text for text in texts if _text_of(text)), "#")
        return following.lstrip().startswith("#")

    def mostly_marked(self, kind: str) -> bool:
        """Return whether nearly all headings of a level are numbered, or ask."""
        known = self.document.__dict__.setdefault("mostly marked", {})
        if kind not in known:
            words = [
                (token, inline.content)
                for token, inline in pairwise(self.document.tokens)
                if token.type == "heading_open" and f"heading {token.tag[1]}" == kind
            ]
            asking = sum(
                token.level > 0 or _without_number(text)[1] or _asks(_plain(text)) for token, text in words
            )
            known[kind] = asking >= 0.8 * len(words)
        return bool(known[kind])

    def summary(self, piece: _Piece) -> None:
        words = _text_of(piece.words)
        found = ANSWER.match(words)
        if self.roles.get(SUMMARY) == "prompt" and not found:
            self.begin(piece, ())
            self.question_depth = self.depth
        elif found and self.draft:
            self.split(found["letter"] or "", words)
        else:
            self.text([(piece.lines[0][0], ""), (piece.lines[0][0], f"**{piece.words.strip()}**")])
            self.text([(piece.lines[0][0], "")])

    def begin(self, piece: _Piece, rest: Sequence[Line]) -> None:
        self.close()
        line = piece.lines[0][0]
        words, is_marked = _without_number(piece.words)
        in_list = piece.token is not None and piece.token.level > 0 and piece.kind in HEADINGS
        attributes = piece.token.meta.get("attributes") if piece.token is not None else None
        ids = attributes.ids if attributes else ()
        self.draft = Draft(
            words,
            line,
            list(rest),
            anchors=[_plain(piece.words)],
            id=ids[0] if ids else "",
            is_marked=is_marked or in_list or piece.kind == LABELLED,
        )
        if attributes and attributes.written and words.endswith(attributes.written):
            self.draft.words = words.removesuffix(attributes.written).rstrip()
        self.section.drafts.append(self.draft)
        self.is_split = False
        self.question_depth = 0

    def close(self) -> None:
        """End a question."""
        draft, self.draft = self.draft, None
        self.question_depth = 0
        if draft and not draft.words.strip():
            # A heading with only a number is above its question.
            place = next(
                (at for at, (_, text) in enumerate(draft.context or draft.body) if text.strip()), None
            )
            lines = draft.context or draft.body
            if place is not None:
                end = next((at for at in range(place, len(lines)) if not lines[at][1].strip()), len(lines))
                draft.words = " ".join(text.strip() for _, text in lines[place:end])
                del lines[:end]
            else:
                draft.words = draft.anchors[0] or "Question"

    def split(self, letter: str, words: str) -> None:
        """End the front of a question: its answer begins."""
        assert self.draft is not None
        if letter and not self.draft.letter:
            self.draft.letter, self.draft.letter_words = letter, words
        self.draft.has_answer_mark = True
        if not self.is_split:
            self.draft.context, self.draft.body = self.draft.body, []
            self.is_split = True

    def text(self, lines: Sequence[Line]) -> None:
        target = self.draft.body if self.draft else self.section.introduction
        is_first = not any(text.strip() for _, text in target)
        if target and lines:
            target.append((target[-1][0], ""))
        target += lines
        if self.draft and not self.is_split:
            self.answer_label(lines)
        elif self.draft and is_first and not self.draft.letter and lines:
            self.named_letter(lines[0])

    def answer_label(self, lines: Sequence[Line]) -> None:
        """Find an answer with a label, `A: …` or `**Answer:** B`."""
        assert self.draft is not None
        body = self.draft.body
        start = len(body) - len(lines)
        is_options = any(_SECOND_OPTION.match(text) for _, text in lines)
        for place, (number, text) in enumerate(lines):
            found = None if is_options else _ANSWER_LABEL.match(text)
            is_label = found and (place == 0 or self.is_labelled())
            named = ANSWER.match(_plain(text)) if not found and place == 0 else None
            if named and named["letter"] and not named["rest"].strip():
                found, is_label = re.match(".*", text), True
            if found and is_label and number not in _numbers_of_code(self.document):
                rest = text[found.end() :]
                marks = re.findall(r"\*\*|__", found[0])
                if len(marks) == 1:
                    rest = marks[0] + rest  # the bold words go on
                letter = OPTION_LETTER.match(rest)
                context = body[: start + place]
                self.draft.letter = (named["letter"] if named else "") or (letter[2] if letter else "")
                self.draft.letter_words = text.strip() if named else ""
                self.draft.body = [(number, rest), *body[start + place + 1 :]]
                if any(line.strip() for _, line in context):
                    self.draft.context = context
                self.is_split = self.draft.has_answer_mark = True
                return

    def named_letter(self, first: Line) -> None:
        """Find the letter of the right option at the beginning of an answer: `**Answer: B**`."""
        assert self.draft is not None
        found = ANSWER.match(_plain(first[1]))
        if found and found["letter"] and not found["rest"].strip():
            self.draft.letter, self.draft.letter_words = found["letter"], first[1].strip()
            self.draft.body.remove(first)

    def is_labelled(self) -> bool:
        return self.roles.get(LABELLED) == "prompt"

    def is_navigation(self, piece: _Piece) -> bool:
        """Leave out navigation: contents, links to the top, badges."""
        tokens = piece.token
        number = piece.lines[0][0]
        text = "\n".join(line for _, line in piece.lines)
        if tokens is not None and tokens.type == "html_block":
            words = _text_of(text).strip()
            if "href" in text and "<img" not in text.lower() and _TO_TOP.match(words):
                self.lose(number, "navigation", f"the link {words[:40]!r} is left out")
                return True
            if not words and not re.search(r"<(?:img|video|audio|iframe|object|svg)\b", text, re.I):
                return "<!--" not in text
            if not words and self.draft is None and _BADGE.search(text):
                self.lose(number, "navigation", "badges are left out")
                return True
            return False
        if "](" not in text and "][" not in text:
            return False
        inlines = [child for child in _children(self.document, piece) if child.type != "softbreak"]
        kind = _navigation(inlines)
        if kind == "badge" and self.draft is not None:
            return False
        if kind:
            what = {"top": "a link to the top", "contents": "a table of contents", "badge": "badges"}[kind]
            self.lose(number, "navigation", f"{what}: left out")
        return bool(kind)


def _numbers_of_code(document: Document) -> frozenset[int]:
    return frozenset(document.lines[place][0] for place in document.code)


def _children(document: Document, piece: _Piece) -> list[Token]:
    """Return the inline tokens of a piece."""
    first, last = piece.lines[0][0], piece.lines[-1][0]
    return [child for token in _inlines_between(document, first, last) for child in token.children or ()]


def _inlines_between(document: Document, first: int, last: int) -> Iterator[Token]:
    known = document.__dict__
    if "inlines" not in known:
        inlines = [token for token in document.tokens if token.type == "inline" and token.map]
        known["inlines"] = inlines, [document.lines[token.map[0]][0] for token in inlines if token.map]
    inlines, numbers = known["inlines"]
    for token in inlines[bisect_left(numbers, first) :]:
        if document.lines[token.map[0]][0] > last:
            return
        yield token


def _navigation(children: Sequence[Token]) -> str:
    """Return the kind of navigation that inline tokens are; empty if they have other content."""
    inside: list[str] = []
    texts, linked = 0, 0
    links = anchors = images = badges = 0
    words: list[str] = []
    for child in children:
        if child.type == "link_open":
            href = str(child.attrs["href"])
            inside.append(href)
            links += 1
            anchors += href.startswith("#")
        elif child.type == "link_close":
            inside.pop()
        elif child.type == "image":
            images += 1
            badges += bool(_BADGE.search(str(child.attrs["src"]))) or bool(
                inside and _BADGE.search(inside[-1])
            )
        elif child.type in ("text", "code_inline"):
            size = len(re.sub(r"[\W\d_]+", "", child.content))
            texts += size
            if inside and inside[-1].startswith("#"):
                linked += size
                words.append(child.content)
    if images and badges == images and not texts:
        return "badge"
    if anchors == links == 1 and linked == texts and _TO_TOP.match(" ".join(words)):
        return "top"
    if anchors >= 2 and anchors >= 0.8 * links and linked >= 0.8 * texts:
        return "contents"
    return ""


def _plain(words: str) -> str:
    """Return the words of a line of Markdown without its marks."""
    if not re.search(r"[*_`\[\]<&\\~=^$]", words):
        return words.strip()
    tokens = [token for token in parse(f"# {words}") if token.type == "inline"]
    passage = Passage(Source(_NOWHERE, words), tuple(tokens[:1]))
    return plain_text(passage).strip()


def _asks(words: str) -> bool:
    """Return whether words end like a question, or begin like a question or a task."""
    return _ENDS.search(words[-20:]) is not None or _ASKS.match(words) is not None


def _text_of(html: str) -> str:
    return unescape(_HTML_TAG.sub("", html)).strip()


def _without_number(words: str) -> tuple[str, bool]:
    """Return a prompt without its number or `Q.`, and whether it had one."""
    text = re.sub(r"^(?:<a\b[^<>]*>\s*</a>\s*)+", "", words.strip())
    while len(text) < 2_000 and (whole := _WHOLE.fullmatch(text)):
        text = whole[2]
    bold = re.fullmatch(r"(\*\*|__)(?=\S)((?:(?!\1).)+)(?<=\S)\1[:：]?", text, re.DOTALL)
    if bold:
        text = bold[2].strip()
    is_marked = False
    inner = re.match(r"(\*\*|__)(?=\S)(.*)", text, re.DOTALL)
    for _ in range(2):
        found = _NUMBER.match(text)
        if found:
            text, is_marked = text[found.end() :].strip(), True
        elif inner and (found := _NUMBER.match(inner[2])) and inner[2][found.end() :].startswith(inner[1]):
            text = inner[2][found.end() + len(inner[1]) :].strip()  # **1.** What is it?
            is_marked, inner = True, None
    return text.strip(), is_marked


def _asks_alone(token: Token) -> bool:
    """Return whether an item's text is only one line, and a question."""
    return token.content.rstrip().endswith(("?", "？", "؟")) and "\n" not in token.content.strip()


def _bold(token: Token) -> tuple[str, str] | None:
    """Return the bold words at the beginning of a text's first line, and the rest of that line."""
    content = token.content
    if not content.startswith(("**", "__")):
        return None
    mark = content[:2]
    end = content.find(mark, 2)
    first = content.find("\n")
    if end < 3 or (0 <= first < end):
        return None
    rest = content[end + 2 : first if first >= 0 else None].strip()
    words = content[2:end].strip()
    if _LABEL_ALONE.fullmatch(words):
        return None
    if (
        rest
        and not re.match(r"(?:[:：–—-]|<br ?/?>|\?)", rest)
        and not words.endswith(("?", ":", "？", "："))
    ):
        return None
    return words, rest


def _pieces(document: Document, tokens: Sequence[Token], indent: int, roles: Roles) -> Iterator[_Piece]:
    """Yield the pieces of sibling blocks, and of lists that contain questions."""
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end = _end_of(tokens, place)
        block = tokens[place:end]
        place = end
        if token.map is None:
            continue
        if token.type in ("bullet_list_open", "ordered_list_open") and _opens(block, roles):
            yield from _of_list(document, block, roles)
            continue
        first, last = token.map
        lines = _dedented(document, first, last, indent)
        if token.type == "heading_open":
            words = " ".join(part.strip() for part in block[1].content.split("\n"))
            yield _Piece(f"heading {token.tag[1]}", lines, words, token)
        elif token.type == "html_block":
            yield _of_html(token, lines)
        elif token.type == "paragraph_open":
            yield from _of_paragraph(block, lines, roles)
        else:
            yield _Piece("text", lines, token=token)


def _of_html(token: Token, lines: Sequence[Line]) -> _Piece:
    content = token.content.strip().lower()
    lines = lines[: len(token.content.rstrip("\n").split("\n"))]
    if re.fullmatch(r"<details\b[^<>]*>", content):
        return _Piece("open", lines, token=token)
    if re.fullmatch(r"</details\s*>", content):
        return _Piece("close", lines, token=token)
    if found := _SUMMARY_BLOCK.fullmatch(token.content):
        return _Piece(SUMMARY, lines, found[1], token)
    return _Piece("text", lines, token=token)


def _of_paragraph(block: Sequence[Token], lines: Sequence[Line], roles: Roles) -> Iterator[_Piece]:
    """Yield the pieces of a paragraph: it may begin with a prompt in bold, or labelled lines."""
    inline, opening = block[1], block[0]
    bold = _bold(inline) if roles.get(BOLD) == "prompt" else None
    if bold and not ANSWER.match(bold[0]) and not _NOT_A_PROMPT.match(bold[0]):
        rest = _rest(bold[1], lines)
        yield _Piece(BOLD, lines, bold[0], opening, rest)
        return
    if roles.get(LABELLED) == "prompt":
        starts = [at for at, (_, text) in enumerate(lines) if _LABEL.match(text)]
        if starts and starts[0] == 0:
            for start, end in pairwise([*starts, len(lines)]):
                part = lines[start:end]
                words = _LABEL.sub("", part[0][1])
                answer = next(
                    (at for at, (_, text) in enumerate(part) if _ANSWER_LABEL.match(text)), len(part)
                )
                words = " ".join([words.strip(), *(text.strip() for _, text in part[1:answer])])
                yield _Piece(LABELLED, part, words, opening)
                if part[answer:]:
                    yield _Piece("text", part[answer:], token=opening)
            return
    yield _Piece("text", lines, token=opening)


_NOT_A_PROMPT = re.compile(
    r"^(?:note|tip|warning|important|example|output|hint|pro tip|n\.?b\.?)s?\b\W*$", re.I
)


def _rest(words: str, lines: Sequence[Line]) -> list[Line]:
    """Return the text after a bold prompt."""
    words = re.sub(r"^(?:\s*(?:[:：–—-]|<br ?/?>))+\s*", "", words)
    first = [(lines[0][0], words)] if words else []
    return [
        *first,
        *((number, text.strip() if at == 0 else text) for at, (number, text) in enumerate(lines[1:])),
    ]


def _opens(block: Sequence[Token], roles: Roles) -> bool:
    """Return whether a list contains prompts or chapters."""
    for place, token in enumerate(block):
        if token.type != "list_item_open" or place + 1 >= len(block):
            continue
        first = block[place + 1]
        if first.type == "heading_open" and roles.get(f"heading {first.tag[1]}") in ("prompt", "chapter"):
            return True
        is_text = first.type == "paragraph_open"
        if is_text and roles.get(ITEM) == "prompt" and _bold(block[place + 2]):
            return True
        if is_text and roles.get(ASKING) == "prompt" and _asks_alone(block[place + 2]):
            return True
        if is_text and roles.get(LABELLED) == "prompt" and _LABEL.match(block[place + 2].content):
            return True
        if first.type == "html_block" and roles.get(SUMMARY) == "prompt" and "<details" in first.content:
            return True
    return False


def _of_list(document: Document, block: Sequence[Token], roles: Roles) -> Iterator[_Piece]:
    place = 1
    while place < len(block) - 1:
        item, end = block[place], _end_of(block, place)
        inner = block[place + 1 : end - 1]
        place = end
        if item.map is None or not inner or inner[0].map is None:
            continue
        indent = _inset(document, item)
        first = inner[0]
        bold = _bold(inner[1]) if first.type == "paragraph_open" else None
        if bold and roles.get(ITEM) == "prompt" and not ANSWER.match(bold[0]):
            start, stop = first.map or (0, 0)
            lines = _dedented(document, start, stop, indent)
            yield _Piece(ITEM, lines, bold[0], first, _rest(bold[1], lines))
            inner = inner[3:]
        elif roles.get(ASKING) == "prompt" and first.type == "paragraph_open" and _asks_alone(inner[1]):
            start, stop = first.map or (0, 0)
            yield _Piece(ASKING, _dedented(document, start, stop, indent), inner[1].content.strip(), first)
            inner = inner[3:]
        elif not _leads(inner, roles):
            # An item between questions is a text, with its mark.
            yield _Piece("text", _dedented(document, item.map[0], item.map[1], 0), token=item)
            continue
        yield from _pieces(document, inner, indent, roles)


def _leads(inner: Sequence[Token], roles: Roles) -> bool:
    """Return whether an item's text is a question, or contains some."""
    first = inner[0]
    if first.type == "heading_open":
        return True
    if first.type == "html_block" and roles.get(SUMMARY) == "prompt":
        return True
    if first.type == "paragraph_open" and _LABEL.match(inner[1].content):
        return roles.get(LABELLED) == "prompt"
    return any(
        _opens(inner[at:], roles) for at, token in enumerate(inner) if token.type.endswith("list_open")
    )


def _inset(document: Document, item: Token) -> int:
    """Return the indentation of an item's text."""
    assert item.map is not None
    line = document.texts[item.map[0]].expandtabs(4)
    found = re.match(r"[\s>]*(?:[-*+]|\d{1,9}[.)])(\s*)", line)
    if found is None:
        return 0
    blanks = len(found[1])
    return found.end() if 0 < blanks <= 4 else found.end() - blanks + 1


def _dedented(document: Document, first: int, last: int, indent: int) -> list[Line]:
    """Return lines without their indentation in a list."""
    lines = document.lines[first:last]
    if indent:
        lines = [(number, _cut(text, indent, is_first=at == 0)) for at, (number, text) in enumerate(lines)]
    while lines and not lines[-1][1].strip():
        lines.pop()
    return lines or document.lines[first : first + 1]


def _cut(text: str, indent: int, *, is_first: bool) -> str:
    text = text.expandtabs(4) if "\t" in text[:indent] else text
    if is_first and re.match(r"[\s>]*(?:[-*+]|\d{1,9}[.)])(?=\s|$)", text[:indent] + " "):
        return text[indent:]
    blanks = len(text) - len(text.lstrip(" "))
    return text[min(blanks, indent) :]


def _end_of(tokens: Sequence[Token], start: int) -> int:
    level = tokens[start].level
    if tokens[start].nesting <= 0:
        return start + 1
    for place in range(start + 1, len(tokens)):
        if tokens[place].level == level and tokens[place].nesting < 0:
            return place + 1
    return len(tokens)
