"""Turns foreign pages into chapters: gives each question an id, and adapts its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import pairwise
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from builder.checks.fixes import Names
from builder.corpus.attributes import QUESTION_ID
from builder.corpus.files import name_of
from builder.importing.adapting import Line, Links, adapt
from builder.importing.choices import as_choice
from builder.importing.documents import Document
from builder.importing.media import Media
from builder.importing.model import ImportedChapter, ImportedQuestion, Loss
from builder.importing.shapes import Draft, Outline, Section
from builder.markdown.anchors import heading_anchor
from builder.markdown.parser import parse, plain_text
from builder.markdown.source import Passage, Source
from builder.text import slug

_TITLE = re.compile(r"<h1\b[^<>]{0,200}>(.{1,300}?)</h1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(slots=True)
class Page:
    """A document with its outline, and its place in the source."""

    document: Document
    outline: Outline
    path: PurePosixPath
    title: str = ""
    """Its name, if that is not its file's."""
    anchors: dict[str, str] = field(default_factory=dict)
    """Ids of its questions, by the anchors of links to them."""

    @property
    def name(self) -> str:
        """Return its name; that of a README in a folder is the folder's."""
        is_readme = self.path.stem.lower() in ("readme", "index") and len(self.path.parts) > 1
        if is_readme:
            return self.path.parent.name
        return self.title or self.path.stem


@dataclass
class Pages:
    """Documents that may have links to each other."""

    pages: Sequence[Page]
    media: Media
    root: Path
    """Folder to which their paths are relative."""
    are_chapters: bool = False
    """True if each is one chapter, even with several headings."""
    kind: str = ""
    """Kind of questions for which no other is known."""
    losses: list[Loss] = field(default_factory=list)
    has_names: bool = False
    """True if chapters may have the names of the files."""
    _anchors: dict[PurePosixPath, dict[str, str]] = field(default_factory=dict)

    def chapters(self) -> tuple[ImportedChapter, ...]:
        """Return the chapters of all documents; adds their losses to `losses`."""
        names = Names(())
        for page in self.pages:
            _give_ids(page, names)
            self._anchors[page.path] = page.anchors
        # A number at the beginning of a name is the chapter's number, so no two may be the same.
        numbers = [
            number for page in self.pages if (number := name_of(Path(f"{page.name}.md"))[0]) is not None
        ]
        self.has_names = self.are_chapters and len({*numbers}) == len(numbers)
        chapters: list[ImportedChapter] = []
        for page in self.pages:
            self.losses += page.outline.losses
            chapters += self._of_page(page)
        return tuple(chapters)

    def images(self, chapters: Sequence[ImportedChapter]) -> dict[str, Path]:
        """Return the images in some chapters, by name; an image on the web is a loss."""
        texts = [
            text
            for chapter in chapters
            for question in chapter.questions
            for text in (question.prompt, question.context, question.answer)
        ]
        texts += [chapter.introduction for chapter in chapters]
        self.losses += self.media.losses(texts)
        return self.media.used(texts)

    def _links_of(self, page: Page) -> Links:
        folder = self.root / page.path.parent
        anchors = self._anchors

        def link(href: str) -> str:
            path, _, anchor = href.partition("#")
            target = _normal(page.path.parent / unquote(path)) if path else page.path
            found = anchors.get(target, {})
            anchor = unquote(anchor).casefold()
            id_ = found.get(anchor) or found.get(anchor.strip("-"))
            return f"#{id_}" if id_ else ""

        def image(src: str) -> str:
            is_taken = src.startswith("media/") and src.removeprefix("media/") in self.media.taken
            return src if is_taken else self.media.take(src, folder)

        return Links(link, image)

    def _of_page(self, page: Page) -> list[ImportedChapter]:
        links = self._links_of(page)
        sections = page.outline.sections
        if self.are_chapters:
            sections = [self._joined(page)]
        waiting: list[Line] = []
        chapters: list[ImportedChapter] = []
        for section in sections:
            if not section.drafts:
                # Text that belongs to no question introduces the next chapter.
                waiting += self._as_text(page, section)
                continue
            introduction = self._text(page, [*waiting, *section.introduction], links)
            waiting = []
            title = adapt([(section.line, section.words)], page.document.name, links, is_title=True).text
            chapters.append(
                ImportedChapter(
                    title=words_of(title) or title_of(page.document) or page.name,
                    introduction=introduction,
                    questions=tuple(self._question(page, draft, links) for draft in section.drafts),
                    file_name=page.name if self.has_names else "",
                )
            )
        rest = self._text(page, waiting, links) if chapters else ""
        if rest:
            before = chapters[-1].introduction
            chapters[-1] = replace(chapters[-1], introduction=f"{before}\n\n{rest}".strip())
        return chapters

    def _joined(self, page: Page) -> Section:
        """Return a whole page as one section: headings become text of the chapter, or questions' anchors."""
        whole = Section("", page.outline.sections[0].line)
        for section in page.outline.sections:
            whole.introduction += self._as_text(page, section)
            whole.drafts += section.drafts
        return whole

    def _as_text(self, page: Page, section: Section) -> list[Line]:
        """Return a section's text with its heading; a heading without text is a loss."""
        line, words = section.line, words_of(section.words)
        if any(text.strip() for _, text in section.introduction):
            is_title = not words or words == title_of(page.document)
            heading = [] if is_title else [(line, ""), (line, f"#### {section.words}"), (line, "")]
            return [*heading, *section.introduction, (line, "")]
        if words and words != title_of(page.document):
            place = f"{page.document.name}:{line}"
            self.losses.append(Loss(place, "heading", f"the heading {words[:60]!r} is left out"))
        return []

    def _text(
        self,
        page: Page,
        lines: Sequence[Line],
        links: Links,
        *,
        has_options: bool = False,
        is_cloze: bool = False,
    ) -> str:
        """Return an adapted text, with the definitions that it uses."""
        if not any(text.strip() for _, text in lines):
            return ""
        document = page.document
        lines = document.with_definitions(lines)
        adapted = adapt(lines, document.name, links, has_options=has_options, is_cloze=is_cloze)
        self.losses += adapted.losses
        return adapted.text

    def _question(self, page: Page, draft: Draft, links: Links) -> ImportedQuestion:
        document = page.document
        prompt = adapt([(draft.line, draft.words)], document.name, links, is_title=True)
        self.losses += prompt.losses
        choice = as_choice(draft) if not draft.kind else None
        kind, context, body = choice or (draft.kind or self.kind, draft.context, draft.body)
        if not choice and draft.letter_words:
            body = [(draft.line, draft.letter_words), (draft.line, ""), *body]
        return ImportedQuestion(
            prompt=" ".join(prompt.text.split("\n")) or "Question",
            context=self._text(page, context, links),
            answer=self._text(page, body, links, has_options=kind == "choice", is_cloze=kind == "cloze"),
            kind=kind,
            tags=tuple(dict.fromkeys((*document.tags, *draft.tags))),
            id=draft.id,
            place=f"{document.name}:{draft.line}",
        )


def _give_ids(page: Page, names: Names) -> None:
    """Give each question of a page an id, and collect the anchors of links to it."""
    seen: Counter[str] = Counter()
    for section in page.outline.sections:
        for words in section.anchors:
            seen[heading_anchor(words)] += 1
        for draft in section.drafts:
            wanted = draft.id if QUESTION_ID.fullmatch(draft.id) else slug(words_of(draft.words))
            draft.id = names.take(wanted) if wanted else ""
            for words in draft.anchors:
                anchor = heading_anchor(words)
                number = seen[anchor]
                seen[anchor] += 1
                page.anchors.setdefault(f"{anchor}-{number}" if number else anchor, draft.id)
    drafts = page.outline.drafts
    if len(drafts) == 1:
        page.anchors.setdefault("", drafts[0].id)


def title_of(document: Document) -> str:
    """Return the title of a document: its front matter's, or else its first heading of one `#`."""
    if document.title:
        return document.title
    for token, inline in pairwise(document.tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return words_of(inline.content)
        if token.type == "html_block" and (found := _TITLE.search(token.content)):
            return " ".join(unescape(_TAG.sub("", found[1])).split())
    return ""


def words_of(markdown: str) -> str:
    """Return the words of a line of Markdown."""
    tokens = [token for token in parse(f"# {markdown}") if token.type == "inline"]
    return " ".join(plain_text(Passage(Source(Path("imported.md"), markdown), tuple(tokens[:1]))).split())


def _normal(path: PurePosixPath) -> PurePosixPath:
    """Return a path without `.` and `..`."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts[-1:] = []
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)
