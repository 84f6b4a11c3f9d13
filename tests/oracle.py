"""What a chapter says, read a second way: stock markdown-it, nothing of the builder's own.

The tests compare what Anki shows, and what the PDF prints, with this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import takewhile
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from builder.markdown.cloze import deletions_in_code

KINDS = ("reversed", "cloze", "typed", "choice")
STOCK = MarkdownIt("commonmark", {"html": True}).enable("table")
SECTIONS = {
    "Why interviewers ask": "why",
    "Weak answer": "weak",
    "Pitfall": "pitfall",
    "Follow-up": "follow-up",
    "Read more": "read-more",
}
PRINTED_ONLY = ("In one breath", "On paper")


@dataclass
class Shown:
    """Visible text: words with white space folded, code blocks as they are, and images' texts."""

    words: str = ""
    code: list[str] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)

    def folded(self) -> tuple[str, list[str], list[str]]:
        return " ".join(self.words.split()), self.code, self.alts


@dataclass
class Written:
    """One question or drill of a chapter, as its author wrote it."""

    id: str
    is_drill: bool
    kind: str
    parts: dict[str, Shown]


class _Reader(HTMLParser):
    """Gathers what HTML shows, by the class of the outermost `div` that is a part; `None` outside of all."""

    def __init__(self, *, ignore: Iterable[str] = ()) -> None:
        super().__init__()
        self.parts: dict[str | None, Shown] = {}
        self.ignore = set(ignore)
        self.stack: list[tuple[str, str]] = []

    @property
    def current(self) -> Shown:
        classes = next(
            (c for tag, c in self.stack if tag == "div" and c not in ("cp", "folds", "table")), None
        )
        name = classes.split()[-1] if classes else None
        return self.parts.setdefault(name, Shown())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.current.alts.append(values.get("alt", ""))
        elif tag not in ("br", "hr", "meta", "link"):
            self.stack.append((tag, values.get("class", "")))
            if tag == "pre":
                self.current.code.append("")
        if tag not in ("span", "code", "em", "strong", "a", "b", "i"):
            self.current.words += " "

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass
        if tag in ("p", "li", "td", "th", "h3", "h4", "div", "pre"):
            self.current.words += " "

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.stack]
        if self.ignore & {*tags, *(c for _, classes in self.stack for c in classes.split())}:
            return
        if "pre" in tags:
            self.current.code[-1] += data
        else:
            self.current.words += data


def shown(html: str, *, ignore: Iterable[str] = ()) -> dict[str | None, Shown]:
    """Read what a page shows, by the class of its outermost boxes."""
    reader = _Reader(ignore=ignore)
    reader.feed(html)
    reader.close()
    return reader.parts


def written(path: Path) -> Iterator[Written]:
    """Read the questions of a chapter from its Markdown, gaps filled."""
    text = path.read_text(encoding="utf-8")
    tokens = STOCK.parse(deletions_in_code(text)[0] if ".cloze}" in text or ".cloze " in text else text)
    for start, heading in enumerate(tokens):
        if heading.type != "heading_open" or heading.tag not in ("h2", "h3"):
            continue
        text = tokens[start + 1].content
        if "{#" not in text:
            continue
        title, _, attributes = text.rpartition("{")
        body = list(
            takewhile(lambda token: token.type != "heading_open" or token.tag == "h4", tokens[start + 3 :])
        )
        parts = {"prompt": _show(STOCK.parseInline(title.strip()))}
        cut = next(
            (i for i, token in enumerate(body) if token.type == "hr" and token.markup.startswith("-")), None
        )
        if cut is not None:
            parts["context"] = _show(body[:cut])
            body = body[cut + 1 :]
        more = next(
            (i for i, token in enumerate(body) if token.content.strip() == "<!-- more -->"), len(body)
        )
        parts["answer"] = _show(body[:more])
        sections = _sections(tokens[start + 3 :]) if heading.tag == "h2" else {}
        named = (*SECTIONS, *PRINTED_ONLY)
        others = [token for title, section in sections.items() if title not in named for token in section]
        parts["details"] = _show([*body[more:], *others])
        known = {SECTIONS[title]: section for title, section in sections.items() if title in SECTIONS}
        parts |= {name: _show(section[3:]) for name, section in known.items()}
        name, *classes = attributes[1:-1].split()
        kind = next((word[1:] for word in classes if word[1:] in KINDS), "plain")
        yield Written(name, heading.tag == "h3", kind, parts)


def _sections(tokens: Sequence[Token]) -> dict[str, list[Token]]:
    """Return a question's sections by their titles, with their headings."""
    sections: dict[str, list[Token]] = {}
    tokens = list(takewhile(lambda token: (token.type, token.tag) != ("heading_open", "h2"), tokens))
    for start, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h3" and "{#" not in tokens[start + 1].content:
            body = takewhile(lambda token: token.type != "heading_open", tokens[start + 3 :])
            sections[tokens[start + 1].content] = [*tokens[start : start + 3], *body]
    return sections


def _show(tokens: Sequence[Token]) -> Shown:
    html = STOCK.renderer.render(tokens, STOCK.options, {})
    result = shown(html).get(None, Shown())
    # Every block of code ends with a line feed in Markdown's own HTML; on a card it ends with its last line.
    result.code = [code.removesuffix("\n") for code in result.code]
    return result
