"""Writes an import as a corpus: a folder with deck.toml, chapters and media, or nothing after an error.

Every chapter is read again before it is written. A text that would end its answer, or begin another question,
is changed until it does not.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from builder.corpus.attributes import QUESTION_ID, in_order
from builder.corpus.kinds.choice import AS_WRITTEN, CHOICE, is_task_list, options, shown_place
from builder.corpus.labels import labels_of
from builder.corpus.model import CORE, SECTION_NAMES
from builder.corpus.reader import read_chapters
from builder.corpus.settings import ID, SETTINGS_FILE
from builder.diagnostics import BuildError
from builder.identity.adopted import Adopted
from builder.importing.model import ImportedChapter, ImportedQuestion, Loss, Material
from builder.markdown.parser import Passage, Source, blocks, headings, parse, to_html
from builder.text import as_line, hyphenated, slug

MEDIA = "media"
"""Folder of media in a corpus."""
_LARGEST = 1_000_000
"""Maximum bytes of a chapter that is written; a larger one is divided."""
_MOST_LINES = 40_000
"""Maximum lines of a chapter: reading needs memory for each."""
_LONGEST_NAME = 60
_SIGNS = re.compile(r"[\\`*_{}\[\]<>$~^=|&#!]")
_DIVIDER = re.compile(r"^ {0,3}(?:-[ \t]*){3,}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A question and its id."""

    id: str
    question: ImportedQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A corpus to write."""

    files: Mapping[str, str]
    """Texts by the names of files."""
    media: Mapping[str, Path]
    """Files to copy, by their names in the media folder."""
    questions: tuple[Named, ...]
    """All questions and drills, in order."""
    losses: tuple[Loss, ...] = ()


def plan_corpus(material: Material, id_: str) -> Planned:
    """Return the files for a corpus with an id."""
    losses: list[Loss] = []
    named: list[Named] = []
    names = _Names()
    ids = _Ids()
    chapters = [part for chapter in material.chapters for part in _divided(chapter, losses)]
    width = max(2, len(str(len(chapters))))
    files = {SETTINGS_FILE: _settings(material, id_), ".gitignore": "dist/\n"}
    files[".gitattributes"] = "deck.lock merge=union text eol=lf\n"
    what_is_this = labels_of(material.language or "en", {}).what_is_this
    for number, chapter in enumerate(chapters, 1):
        own = [
            Named(id=ids.take(question, slug(chapter.title) or "question"), question=question)
            for question in (_completed(each, what_is_this, losses) for each in chapter.questions)
        ]
        own = [replace(each, question=with_order(each)) for each in own]
        named += own
        stem = slug(chapter.title) or "chapter"
        name = names.take(chapter.file_name or f"{number:0{width}}-{stem}"[:_LONGEST_NAME].rstrip("-"))
        text = _chapter(chapter, own)
        losses += _differences(text, own)
        files[name] = text
    return Planned(files=files, media=material.media, questions=tuple(named), losses=tuple(losses))


def write_corpus(planned: Planned, folder: Path, finish: Callable[[Path], None] = lambda made: None) -> None:
    """Write a corpus into a new or empty folder. Raises `BuildError`; then nothing is written.

    `finish` gets the temporary folder, before it is renamed, to write more files into it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BuildError(f"{str(folder)!r} is not empty: name a folder that does not exist yet")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}.unfinished-"))
    except OSError as error:
        raise BuildError(f"cannot write {str(folder)!r}: {error.strerror}") from error
    try:
        for name, text in planned.files.items():
            (made / name).write_text(text, encoding="utf-8", newline="\n")
        for name, source in planned.media.items():
            (made / MEDIA).mkdir(exist_ok=True)
            shutil.copyfile(source, made / MEDIA / name)
        finish(made)
        made.chmod(0o755)
        with suppress(FileNotFoundError):
            folder.rmdir()
        made.rename(folder)
    except OSError as error:
        raise BuildError(f"cannot write {str(folder)!r}: {error.strerror}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def adopted_by(planned: Planned, adopted: Adopted) -> Adopted:
    """Return the adopted notes of a corpus, by the ids of the questions that were made from them."""
    notes = {
        named.id: replace(adopted.notes[named.question.guid], question=named.id)
        for named in planned.questions
        if named.question.guid in adopted.notes
    }
    return replace(adopted, notes=notes)


def id_of(folder: Path) -> str:
    """Return the id of a corpus in a folder. Raises `BuildError` if its name cannot be one."""
    name = folder.resolve().name
    if not ID.fullmatch(name):
        raise BuildError(
            f"{name!r} cannot be the id of a corpus, which its folder's name is: use lower-case words of a-z"
            f" and 0-9 joined by hyphens, as in {slug(name) or 'a-name'!r}"
        )
    return name


class _Ids:
    """Chooses unique ids of questions; ids from the source are kept if possible."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def take(self, question: ImportedQuestion, otherwise: str) -> str:
        given = question.id
        if QUESTION_ID.fullmatch(given) and given.lower() not in self._taken:
            self._taken.add(given.lower())
            return given
        words = slug(_words(question.prompt)) or otherwise
        first = self._last.get(words, 0) + 1
        number = next(n for n in count(first) if self._id(words, n) not in self._taken)
        self._last[words] = number
        self._taken.add(self._id(words, number))
        return self._id(words, number)

    @staticmethod
    def _id(words: str, number: int) -> str:
        return words if number == 1 else f"{words}-{number}"


class _Names:
    """Chooses names of files, unique even if case does not count."""

    def __init__(self) -> None:
        self._taken = {"readme.md", "reference.md", "changelog.md"}

    def take(self, stem: str) -> str:
        stem = re.sub(r'[\s/\\:*?"<>|\x00-\x1f]+', "-", stem).strip(".-") or "chapter"
        names = (f"{stem}.md" if n == 1 else f"{stem}-{n}.md" for n in count(1))
        name = next(name for name in names if name.casefold() not in self._taken)
        self._taken.add(name.casefold())
        return name


def _words(markdown: str) -> str:
    """Return a prompt without the addresses of images and links, which do not belong in an id."""
    return re.sub(r"\]\([^)]*\)|&#?\w+;|<[^>]*>", " ", markdown)


def _divided(chapter: ImportedChapter, losses: list[Loss]) -> Iterator[ImportedChapter]:
    """Yield a chapter, divided into several if it is too long for one file."""
    parts: list[list[ImportedQuestion]] = [[]]
    size = lines = 0
    for question in chapter.questions:
        texts = [question.prompt, question.context, question.answer, question.details]
        texts += [text for section in question.sections for text in section]
        size += sum(len(text.encode()) for text in texts) + 200
        lines += sum(text.count("\n") + 2 for text in texts if text) + 2
        if parts[-1] and not question.is_drill and (size > _LARGEST or lines > _MOST_LINES):
            parts.append([])
            size = lines = 0
        parts[-1].append(question)
    if len(parts) > 1:
        losses.append(
            Loss(chapter.title, "divided chapter", f"it is too long for one file, so it became {len(parts)}")
        )
    for number, part in enumerate(parts, 1):
        title = chapter.title if number == 1 else f"{chapter.title} ({number})"
        name = chapter.file_name if number == 1 or not chapter.file_name else f"{chapter.file_name}-{number}"
        introduction = chapter.introduction if number == 1 else ""
        yield replace(chapter, title=title, file_name=name, introduction=introduction, questions=tuple(part))


def _completed(question: ImportedQuestion, otherwise: str, losses: list[Loss]) -> ImportedQuestion:
    """Return a question with a prompt; if it has no answer, other text becomes the answer."""
    prompt = " ".join(question.prompt.split())
    question = replace(question, prompt=_in_heading(prompt) if prompt else otherwise)
    if question.answer.strip():
        return question
    if question.details.strip():
        losses.append(Loss(question.place, "no answer", "the details became the answer, which is empty"))
        return replace(question, answer=question.details, details="")
    if question.context.strip():
        losses.append(Loss(question.place, "no answer", "the front became the answer, which is empty"))
        return replace(question, answer=question.context, context="")
    return question


def with_order(named: Named) -> ImportedQuestion:
    """Return a choice that gives the same chapter when its deck is imported again.

    A card has the right option at a place of its own, unless the chapter says `order="as-written"`. This is
    said of options that have an order; among others, the right one is written where the card shows it.
    """
    question = named.question
    attributes = dict(question.attributes)
    if question.kind != CHOICE.name or "order" in attributes:
        return question
    source = Source(Path("chapter.md"), question.answer)
    passages = (Passage(source, block) for block in blocks(parse(question.answer)))
    listed = next(filter(is_task_list, passages), None)
    own = options(listed) if listed else []
    rights = [place for place, each in enumerate(own) if each.is_right]
    wanted = shown_place(attributes.get("was") or named.id, len(own))
    if len(rights) != 1 or rights[0] == wanted:
        return question
    if question.has_ordered_options:
        return replace(question, attributes=(*question.attributes, ("order", AS_WRITTEN)))
    lines = question.answer.split("\n")
    texts = ["\n".join(lines[slice(*(each.item.map or (0, 0)))]).rstrip("\n") for each in own]
    texts.insert(wanted, texts.pop(rights[0]))
    start, end = (listed and listed.tokens[0].map) or (0, 0)
    return replace(question, answer="\n".join((*lines[:start], *texts, *lines[end:])))


def _in_heading(prompt: str) -> str:
    """Return a prompt for a heading, in which braces at the end are not read as attributes."""
    for text in (prompt, prompt.replace("{", "&#123;").replace("}", "&#125;")):
        found = list(headings(f"## {text} {{#an-id}}"))
        if len(found) == 1 and found[0][1] == text and found[0][2] and found[0][2].ids == ("an-id",):
            return text
    return prompt


# --- text -----------------------------------------------------------------------------------------


def _settings(material: Material, id_: str) -> str:
    title = " ".join(material.title.split())[:200] or id_
    deck = "::".join(part.replace(":", " ").strip() or "-" for part in (material.deck or title).split("::"))
    lines = [f"id = {_toml(id_)}", f"title = {_toml(title)}", f"deck = {_toml(deck)}"]
    if material.language:
        lines.append(f"language = {_toml(material.language)}")
    if material.source:
        lines.append(f"source = {_toml(material.source)}")
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    """Return a text as a TOML string; its quotes and escapes are JSON's."""
    return json.dumps(as_line(text), ensure_ascii=False)


def _chapter(chapter: ImportedChapter, questions: Sequence[Named]) -> str:
    parts = [f"# {chapter.heading or _title(chapter.title)}"]
    if chapter.introduction.strip():
        parts.append(_within(chapter.introduction, 2))
    for named in questions:
        parts += _question(named)
    return "\n\n".join(parts) + "\n"


def question_text(named: Named) -> str:
    """Return a question as a chapter has it."""
    return "\n\n".join(_question(named)) + "\n"


def _question(named: Named) -> Iterator[str]:
    question = named.question
    yield f"{'###' if question.is_drill else '##'} {question.prompt} {_attributes(named)}"
    if question.context.strip():
        yield _within(question.context)
        yield "---"
    if question.answer.strip():
        yield _within(question.answer)
    sections = [(title, text) for title, text in question.sections if text.strip()]
    details = [question.details] if question.details.strip() else []
    if question.is_drill:  # a drill has no sections
        details += [f"**{_title(title)}**\n\n{text}" for title, text in sections]
    if details:
        yield "<!-- more -->"
        yield _within("\n\n".join(details))
    for title, text in sections if not question.is_drill else ():
        yield f"### {_section_title(title)}"
        yield _within(text)


def _attributes(named: Named) -> str:
    question = named.question
    tags = dict.fromkeys(filter(None, map(tag_of, question.tags)))
    classes = (question.level, CORE if question.core == 1 else "", question.kind)
    words = [f"#{named.id}", *(f".{name}" for name in classes if name)]
    words += [f'{CORE}="{question.core}"'] if question.core > 1 else []
    words += [f'{name}="{value}"' for name, value in question.attributes]
    words += [f'lang="{question.language}"'] if question.language else []
    words += [f'tags="{" ".join(tags)}"'] if tags else []
    return in_order(f"{{{' '.join(words)}}}")


def tag_of(text: str) -> str:
    """Return a valid tag, nested with `::`; empty if it has no valid part."""
    parts = (part.strip("-:") for part in hyphenated(text.strip().lstrip("#"), "_.+#/:&'()-").split("::"))
    return "::".join(part for part in parts if part)


def _title(text: str) -> str:
    """Return plain words as the text of a heading."""
    words = " ".join(text.split()) or "Chapter"
    found = parse(f"# {words}")
    children = found[1].children or [] if len(found) == 3 else []
    is_plain = [(each.type, each.content) for each in children] == [("text", words)] and not words.endswith(
        "}"
    )
    return words if is_plain else _SIGNS.sub(lambda sign: f"&#{ord(sign[0])};", words)


def _section_title(text: str) -> str:
    return text if text.casefold() in SECTION_NAMES else _title(text)


def _within(text: str, above: int = 3) -> str:
    """Return a text without lines that would end its part: dividers, and headings.

    Headings of levels up to `above` end a part.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    found = list(blocks(parse("\n".join(lines))))
    for number, block in enumerate(found, 1):
        token = block[0]
        if token.type == "hr" and token.map and number == len(found):
            lines[token.map[0]] = ""  # at the end of a part, it only divides it from the next one
        elif token.type == "hr" and token.map and _DIVIDER.match(lines[token.map[0]]):
            lines[token.map[0]] = "***"
        elif token.type == "heading_open" and int(token.tag[1]) <= above and token.map:
            start, end = token.map
            words = lines[start].lstrip().lstrip("#").strip() if token.markup.startswith("#") else ""
            words = words or " ".join(line.strip() for line in lines[start : end - 1])
            lines[start:end] = [f"{'#' * (above + 1)} {words}", *[""] * (end - start - 1)]
    return "\n".join(lines).rstrip("\n")


def _differences(text: str, questions: Sequence[Named]) -> Iterator[Loss]:
    """Yield a loss for each question that is read differently from its source."""
    found = {
        question.id: question
        for chapter, _ in read_chapters(Source(Path("chapter.md"), text))
        for question in (*chapter.all_questions(), *chapter.unanswered)
    }
    for named in questions:
        question = found.get(named.id)
        meant = named.question
        if question is None:
            yield Loss(meant.place, "question", f"{named.id!r} cannot be read again: look at its heading")
            continue
        pairs = [
            (question.context, meant.context),
            (question.lead, meant.answer),
            (question.details, meant.details),
        ]
        if any(_html(passage) != _html_of(markdown) for passage, markdown in pairs):
            yield Loss(meant.place, "text", f"{named.id!r} reads differently from its source: compare it")


def _html(passage: Passage) -> str:
    return to_html(passage, {})


def _html_of(markdown: str) -> str:
    text = _within(markdown) if markdown.strip() else ""
    return to_html(Passage(Source(Path("chapter.md"), text), tuple(parse(text))), {})


def summary_of(losses: Iterable[Loss]) -> Mapping[str, int]:
    """Return the number of losses of each kind, the most frequent first."""
    counts: dict[str, int] = {}
    for loss in losses:
        counts[loss.kind] = counts.get(loss.kind, 0) + 1
    return dict(sorted(counts.items(), key=lambda each: -each[1]))
