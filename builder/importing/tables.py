"""Imports tables of questions: CSV, TSV, and Anki's text exports, with their headers `#key:value`.

It treats such a file as Anki's own import does: separators from headers, comments, quotes, HTML, and columns
for decks, tags and note types.
"""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from builder.corpus.attributes import QUESTION_ID
from builder.importing.cloze_prompts import prompt_of_cloze
from builder.importing.documents import LANGUAGE, UNREADABLE, decoded, first_bytes
from builder.importing.html_to_markdown import Reading, to_markdown
from builder.importing.media import Media
from builder.importing.model import (
    Format,
    ImportedChapter,
    ImportedQuestion,
    Loss,
    Material,
    PartMap,
    Request,
    Role,
    SourceError,
)
from builder.markdown.parser import parse
from builder.runtime.regular_files import RefusedFile, read_regular
from builder.text import word_class

NAME = "table"
"""Name of a table in the mapping file, if its rows have no note types."""
_LARGEST = 20_000_000
"""Maximum bytes of a table: a hundred thousand questions."""
_LONGEST_FIELD = 1_000_000
_MOST_COLUMNS = 1_000
_MOST_ROWS = 100_000
_MOST_SEPARATORS = 50_000
"""On one line: what has more is no table, and is not divided to find out."""
_GLANCE = 64_000
_SAMPLE = 50
_SEPARATORS = {"tab": "\t", "semicolon": ";", "comma": ",", "pipe": "|", "colon": ":", "space": " "}
_GUESSED = ("\t", ";", ",", "|")
_HEADER = re.compile(r"#[ \t]*([A-Za-z ]{1,20}?)[ \t]*:(.*)")
_SUFFIXES = {".csv": 0.85, ".tsv": 0.85, ".tab": 0.85, ".txt": 0.55}
_HTML = re.compile(
    r"</?(?:a|b|br|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|span|strong|sub|sup|table|td|tr|u|ul)\b[^<>]*>"
    r"|&(?:nbsp|lt|gt|amp|quot|#\d{1,6}|#x[0-9a-f]{1,5});",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[^\W\d_](?:[^\W_]|[ ,?!'\"()%]|(?<=[^\W\d_])\.(?=\s|$))*")
"""Text without signs that mean something in Markdown."""
_CLOZE = re.compile(r"\{\{c\d{1,3}::")
_WORDS: Sequence[tuple[Role, str]] = (
    (
        "prompt",
        "question|front|prompt|term|word|expression|q|text|frage|vorderseite|pregunta|anverso|domanda"
        "|pergunta|вопрос|слово|问题|問題|正面|質問|表面?|单词|單字|単語|앞면|질문|단어|प्रश्न|शब्द|คำถาม"
        "|câu hỏi|ερώτηση|λέξη|recto|key ?word|concept"
        "|ال(?:سؤال|كلمة|مصطلح|وجه)|سؤال|كلمة|پرسش|کلمه|واژه|سوال|لفظ|שאלה|מילה|מונח",
    ),
    (
        "answer",
        "(?:correct |right )?answer|back|definition|meaning|response|a|translation|antwort|rückseite"
        "|respuesta|reverso|réponse|risposta|resposta|ответ|перевод|答案|反面|背面|答え|回答|裏面?|意味|释义|釋義"
        "|뒷면|답|정답|뜻|उत्तर|अर्थ|คำตอบ|ความหมาย|trả lời|câu trả lời|απάντηση|verso|solution|correct"
        "|ال(?:جواب|إجابة|معنى|ترجمة|تعريف|خلف)|جواب|إجابة|معنى|ترجمة|پاسخ|معنی|ترجمه|תשובה|פירוש|תרגום|משמעות|הגדרה",
    ),
    (
        "tags",
        "tags?|labels?|keywords|schlagwörter|etiquetas|теги|метки|标签|標籤|タグ|태그"
        "|(?:ال)?وسوم|برچسب\u200c?ها|תגיות",
    ),
    (
        "chapter",
        "deck|chapter|category|topic|section|subject|lesson|unit|kapitel|thema|capítulo"
        "|(?:ال)?(?:فصل|درس|باب)|פרק|שיעור|נושא",
    ),
    ("guid", "guid"),
    ("id", "id|slug|key"),
    ("options", r"(?:option|choice|distractor)s?[ _-]?\w{0,2}|[b-f]|wrong(?: answer)?s?[ _-]?\d?"),
    ("context", "context|code|prompt code|image|picture|bild|imagen"),
    (
        "details",
        "extra|details?|notes?|explanations?|comments?|hints?|sources?|references?|examples?|remarks?"
        "|erklärung|explicación|back extra",
    ),
)
_NAMES = tuple((role, re.compile(rf"(?:{words})", re.IGNORECASE)) for role, words in _WORDS)
"""Roles of columns, by patterns of their names."""
_NAMED = re.compile(r"(?:option )?\(?([A-Ha-h]|[1-8])\)?\.?", re.IGNORECASE)
"""The letter or the number of an option."""


def explains(path: Path) -> float:
    """Return how well a file fits, by a quick look at its beginning."""
    fit = _SUFFIXES.get(path.suffix.lower(), 0.15 if not path.suffix else 0.0)
    text = _beginning(path)
    if text is None:  # it may be a table in another encoding, which reading says
        is_text = b"\0" not in (first_bytes(path, _GLANCE) or b"\0")
        return _SUFFIXES.get(path.suffix.lower(), 0.0) / 2 if is_text else 0.0
    headers, _ = _headers(_lines_of(text))
    if headers.keys() & {"separator", "html", "columns", "notetype", "deck", "guid column", "tags column"}:
        return 0.95
    try:
        _, share = _separator(text)
    except SourceError:
        return 0.0
    return fit * share if text.count("\n") > 1 or fit > 0.5 else 0.0


def _beginning(path: Path) -> str | None:
    """Return the beginning of a file's text, up to its last complete line; None if there is none."""
    start = first_bytes(path, _GLANCE)
    if not start:
        return None
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):  # the last character, of several bytes, may be cut
        text = getincrementaldecoder("utf-16")("replace").decode(start)
        return text[: text.rfind("\n") + 1] or text
    return decoded(start[: start.rfind(b"\n") + 1] or start)


@dataclass(slots=True)
class Row:
    """A row, and the number of its first line."""

    line: int
    fields: list[str]


@dataclass(slots=True)
class _Lines:
    """Lines for the CSV reader, without comments; within a field, a line is not a comment."""

    lines: Iterator[str]
    has_comments: bool
    separator: str
    number: int = 0
    is_within: bool = False
    first: int = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self.lines:
            self.number += 1
            if line.count(self.separator) > _MOST_SEPARATORS:
                raise SourceError(f"has too many columns in line {self.number} (maximum: {_MOST_COLUMNS:,})")
            if len(line) > _LONGEST_FIELD * 2:
                raise SourceError(
                    f"has a line of {len(line):,} characters, line {self.number}: it is not a table"
                )
            if not self.is_within:
                if self.has_comments and line.startswith("#"):
                    continue
                self.is_within, self.first = True, self.number
            return line
        raise StopIteration


def read(path: Path, request: Request) -> Material:
    """Read a table. Raises `SourceError`."""
    text, losses = read_text(path)
    return _Table(path, text, request, losses).material()


def read_text(path: Path) -> tuple[str, list[Loss]]:
    """Read the text of a table, whose lines all end alike then. Raises `SourceError`."""
    where = path.resolve()
    try:
        data = read_regular(where, where.parent, _LARGEST)
    except RefusedFile as error:
        raise SourceError(f"{error.reason}: {error.hint}") from error
    text = decoded(data)
    if text is None or ("\0" in text):
        raise SourceError(UNREADABLE)
    losses: list[Loss] = []
    if not data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and not _is_utf8(data):
        losses.append(Loss(f"{path.name}:1", "encoding", "it is not UTF-8: look for wrong letters"))
    return text.replace("\r\n", "\n").replace("\r", "\n"), losses


def read_joined(folder: Path, text: str, request: Request, losses: list[Loss]) -> Material:
    """Read a table that was joined from those in a folder; its images may be anywhere beside that folder.

    The first column is the prompt, and each other one a section. Raises `SourceError`.
    """
    return _Table(folder, text, request, losses, is_joined=True).material()


def first_row(path: Path) -> list[str]:
    """Return the first row of a table, by a quick look; empty if there is none."""
    try:
        return next((row.fields for row in rows_of(_beginning(path) or "")), [])
    except SourceError:
        return []


def rows_of(text: str, separator: str = "", *, has_comments: bool = False) -> Iterator[Row]:
    """Yield the rows of a table's text that are not empty; without a separator, the best one is guessed.

    Raises `SourceError` if it cannot be divided, or has too many columns or too long fields.
    """
    separator = separator or _separator(text)[0]
    if not separator:
        raise SourceError("is not a table: no tab, comma or semicolon divides its lines into columns")
    lines = _Lines(_lines_of(text), has_comments=has_comments, separator=separator)
    is_tags_line = text[:5].lower() == "tags:"
    number = 0
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        reader = csv.reader(lines, delimiter=separator)
        while True:
            lines.is_within = False
            try:
                fields = next(reader)
            except StopIteration:
                return
            if len(fields) > _MOST_COLUMNS:
                raise SourceError(
                    f"has {len(fields):,} columns in line {lines.first} (maximum: {_MOST_COLUMNS:,})"
                )
            if is_tags_line and lines.first == 1:
                continue
            if any(each.strip() for each in fields):
                number += 1
                if number > _MOST_ROWS:
                    raise SourceError(f"has more than {_MOST_ROWS:,} rows: import a part of it")
                yield Row(lines.first, fields)
    except csv.Error as error:
        raise SourceError(
            f"cannot be divided into columns at line {lines.first}: {error}; is a quote not closed?"
        ) from error
    finally:
        csv.field_size_limit(before)


FORMAT = Format(name="a table (CSV, TSV or Anki's text export)", explains=explains, read=read)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines_of(text: str) -> Iterator[str]:
    """Yield lines with uniform line ends."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        yield text[start:end].replace("\r\n", "\n")
        start = end


def _headers(lines: Iterator[str]) -> tuple[dict[str, str], int]:
    """Return the values of the headers, by key, and the number of header lines."""
    found: dict[str, str] = {}
    number = 0
    for line in lines:
        if number == 0 and line.lower().startswith("tags:"):
            found["tags"] = line[5:].strip()
        elif header := _HEADER.match(line):
            found.setdefault(header[1].lower(), header[2].rstrip("\n"))
        elif not line.startswith("#") or number == 0:
            break
        number += 1
    return found, number


def _separator(text: str) -> tuple[str, float]:
    """Return the separator that divides most first rows into one number of columns, and their share."""
    start = text[:_GLANCE]
    best, share = "", 0.0
    for separator in _GUESSED:
        if separator not in start:
            continue
        lines = _Lines(_lines_of(start), has_comments=start.startswith("#"), separator=separator)
        sizes: list[int] = []
        try:
            for row in csv.reader(lines, delimiter=separator):
                lines.is_within = False
                if row:
                    sizes.append(len(row))
                if len(sizes) >= _SAMPLE:
                    break
        except csv.Error:
            continue
        if len(text) > _GLANCE and len(sizes) > 1:
            sizes.pop()
        size, number = Counter(sizes).most_common(1)[0] if sizes else (1, 0)
        if size > 1 and number / len(sizes) > share:
            best, share = separator, number / len(sizes)
    return best, share


class _Table:
    """Reads one table."""

    def __init__(
        self, path: Path, text: str, request: Request, losses: list[Loss], *, is_joined: bool = False
    ) -> None:
        self.name = path.name
        self.is_joined = is_joined
        self.stem = path.stem
        self.request = request
        self.losses = losses
        self.media = Media(path.resolve().parent, request.fetch)
        self.headers, self.header_lines = _headers(_lines_of(text))
        self.separator = self._given_separator() or _separator(text)[0]
        self.rows = list(rows_of(text, self.separator, has_comments=self.header_lines > 0))
        if not self.rows:
            raise SourceError("has no rows")
        self.names = self._names()
        self.columns = {
            self._column(key): role
            for key, role in (("guid", "guid"), ("deck", "deck"), ("tags", "tags"), ("notetype", "notetype"))
            if self._column(key) is not None
        }
        self.is_html = self._is_html()
        self.lost: set[tuple[str, str]] = set()

    def _given_separator(self) -> str:
        value = self.headers.get("separator", "")
        if value.lower().strip() in _SEPARATORS:
            return _SEPARATORS[value.lower().strip()]
        # Spreadsheets may have added separators after the value.
        first = value[:1]
        if first in _SEPARATORS.values() and (len(value) == 1 or not value[1:].strip("\t ;,|:")):
            return first
        name = re.match(r"\s*([A-Za-z]+)", value)
        return _SEPARATORS.get(name[1].lower(), "") if name else ""

    def _column(self, key: str) -> int | None:
        """Return the index of the column that a header names."""
        found = re.match(r"\s*(\d{1,4})", self.headers.get(f"{key} column", ""))
        return int(found[1]) - 1 if found and int(found[1]) > 0 else None

    def _names(self) -> list[str]:
        """Return the names of columns, from a header or the first row, all different."""
        width = max(len(row.fields) for row in self.rows)
        names: list[str] = []
        if "columns" in self.headers:
            names = next(csv.reader([self.headers["columns"]], delimiter=self.separator), [])
        elif self.is_joined or (len(self.rows) > 1 and _is_head(self.rows[0].fields)):
            names = self.rows.pop(0).fields
        names = [name.strip() or f"column {place}" for place, name in enumerate(names, 1)]
        names += [f"column {place}" for place in range(len(names) + 1, width + 1)]
        seen: Counter[str] = Counter()
        for place, name in enumerate(names):
            seen[name] += 1
            names[place] = f"{name} {seen[name]}" if seen[name] > 1 else name
        return names

    def _is_html(self) -> bool:
        given = self.headers.get("html", "").strip().lower()
        if given.startswith(("true", "false")):
            return given.startswith("true")
        return any(_HTML.search(text) for row in self.rows[:2_000] for text in row.fields)

    # What each column becomes

    def guess(self, rows: Sequence[Row]) -> tuple[PartMap, bool]:
        """Return the roles of columns, and whether their names are clear."""
        if self.is_joined:
            return PartMap(kind="", parts=dict(self._joined_roles())), True
        parts: dict[str, Role] = {}
        regular = [place for place in range(len(self.names)) if place not in self.columns]
        filled = [
            place
            for place in regular
            if any(place < len(row.fields) and row.fields[place].strip() for row in rows)
        ]
        named = {place: _role_of(self.names[place]) for place in filled}
        is_named = {"prompt", "answer"} <= {*named.values()} and not any(
            self.names[place].startswith("column ") for place in filled
        )
        is_cloze = any(
            _CLOZE.search(row.fields[place])
            for row in rows
            for place in filled[:2]
            if place < len(row.fields)
        )
        for place in regular:
            role: Role | None = named.get(place)
            if place not in filled:
                parts[self.names[place]] = "nothing"
            elif is_named or (role in ("tags", "chapter", "guid", "context", "details")):
                parts[self.names[place]] = role or "details"
            else:
                taken = [*parts.values()]
                first: Role = "prompt" if "prompt" not in taken else "answer"
                parts[self.names[place]] = first if first not in taken else self._further(rows, place)
        for name, role in [*parts.items()]:
            place = self.names.index(name)
            if role == "id" and not self._are_ids(rows, place):
                parts[name] = "nothing"
        sure = is_named or len(filled) == 2 or (is_cloze and len(filled) < 4)
        return PartMap(kind="cloze" if is_cloze else "", parts=parts), sure

    def _joined_roles(self) -> Iterator[tuple[str, Role]]:
        yield self.names[0], "prompt"
        for name in self.names[1:]:
            role = _role_of(name)
            yield name, role if role == "tags" else "nothing" if role == "guid" else "section"

    def _further(self, rows: Sequence[Row], place: int) -> Role:
        """Return the role of a third column: tags, if its texts are a few short words."""
        values = [row.fields[place].strip() for row in rows if place < len(row.fields)]
        values = [value for value in values if value]
        word = f"[{word_class()}:/-]{{1,40}}"
        are_tags = all(re.fullmatch(rf"{word}(?:[\s,;、，；]+{word}){{0,5}}", value) for value in values)
        return "tags" if are_tags and len({*values}) <= max(len(values) / 2, 1) else "details"

    def _are_ids(self, rows: Sequence[Row], place: int) -> bool:
        values = [row.fields[place].strip() for row in rows if place < len(row.fields)]
        return len({*values}) == len(rows) and all(
            QUESTION_ID.fullmatch(value) and not value.isdecimal() for value in values
        )

    # Questions

    def material(self) -> Material:
        """Return the table's questions, grouped by the decks or chapters in its columns."""
        maps: dict[str, PartMap] = {}
        sure: dict[str, bool] = {}
        kinds: dict[str, list[Row]] = {}
        for row in self.rows:
            kinds.setdefault(self._note_type(row), []).append(row)
        for name, rows in kinds.items():
            maps[name], sure[name] = self.guess(rows)
            if name in self.request.maps:
                given = self.request.maps[name]
                parts: dict[str, Role] = {part: given.parts.get(part, "nothing") for part in maps[name].parts}
                maps[name], sure[name] = PartMap(kind=given.kind, parts=parts), True
        decks = [self._deck(row) for row in self.rows]
        root = _root([deck for deck in decks if deck])
        chapters: dict[str, list[ImportedQuestion]] = {}
        letters = explained = 0.0
        for row, deck in zip(self.rows, decks, strict=True):
            if self.request.deck and not f"{deck}::".startswith(f"{self.request.deck}::"):
                continue
            name = self._note_type(row)
            size = sum(map(len, row.fields))
            letters += size
            explained += size if sure[name] else size * 0.8
            question, chapter = self.question(row, maps[name])
            if question is None:
                self.lose(row.line, "row", "a row without a prompt and an answer is left out")
                continue
            rest = deck.removeprefix(root).removeprefix("::") if deck else ""
            title = (chapter or rest).replace("::", " – ")
            chapters.setdefault(title or root.rpartition("::")[2] or self.stem, []).append(question)
        if not chapters:
            raise SourceError(
                f"has no rows of the deck {self.request.deck!r}" if self.request.deck else "has no questions"
            )
        if any("guid" in role for role in self.columns.values()):
            self.losses.append(
                Loss(
                    f"{self.name}:1",
                    "GUID",
                    "GUIDs are left out, because a text has no note types: to keep learners' reviews, import"
                    " the .apkg of this deck",
                )
            )
        self.losses += self.media.losses(self.media.remote)
        title = root.rpartition("::")[2] or self.headers.get("deck", "").strip().rpartition("::")[2]
        language = self.headers.get("language", "").strip()
        return Material(
            title=title or self.stem,
            language=language if LANGUAGE.fullmatch(language) else "",
            chapters=tuple(
                ImportedChapter(title=name, questions=tuple(each)) for name, each in chapters.items()
            ),
            media=dict(self.media.taken),
            losses=tuple(self.losses),
            maps=maps,
            counts={
                "rows": len(self.rows),
                "questions": sum(map(len, chapters.values())),
                "images": len(self.media.taken),
            },
            explained=explained / letters if letters else 0.0,
        )

    def lose(self, line: int, kind: str, message: str) -> None:
        self.losses.append(Loss(f"{self.name}:{line}", kind, message))

    def _note_type(self, row: Row) -> str:
        place = self._column("notetype")
        if place is not None:
            return row.fields[place].strip() or NAME if place < len(row.fields) else NAME
        return self.headers.get("notetype", "").strip() or NAME

    def _deck(self, row: Row) -> str:
        place = self._column("deck")
        if place is not None and place < len(row.fields):
            return row.fields[place].strip()
        return self.headers.get("deck", "").strip() if place is None else ""

    def question(self, row: Row, parts: PartMap) -> tuple[ImportedQuestion | None, str]:
        """Return the question of a row, and the name of its chapter."""
        texts: dict[Role, list[str]] = {}
        sections: list[tuple[str, str]] = []
        given: dict[Role, str] = {}
        for place, text in enumerate(row.fields):
            name = self.names[place]
            role = parts.parts.get(name, "nothing")
            if not text.strip() or place in self.columns:
                continue
            if role in ("id", "tags", "chapter", "guid"):
                given[role] = text.strip()
            elif role == "nothing":
                if ("column", name) not in self.lost:
                    self.lost.add(("column", name))
                    self.lose(row.line, "column", f"the column {name[:60]!r} is not imported")
            elif role == "section":
                sections.append((name, self.markdown(text, row.line)))
            else:
                texts.setdefault(role, []).append(self.markdown(text, row.line))
        prompt, context = _front("\n\n".join(texts.get("prompt", [])))
        contexts = [context, *texts.get("context", [])]
        answer = "\n\n".join(texts.get("answer", []))
        details = texts.get("details", [])
        kind = parts.kind
        options = texts.get("options", [])
        is_among_options = True
        if kind == "cloze" or _CLOZE.search("\n".join((prompt, context))):
            whole = "\n\n".join(texts.get("prompt", []))
            if _CLOZE.search(whole):
                kind, prompt = "cloze", prompt_of_cloze(whole)
                details = [answer, *details] if answer else details
                answer, contexts = whole, texts.get("context", [])
            else:
                kind = "cloze" if _CLOZE.search(answer) else ""
        elif options:
            choice, is_among_options = _choice(answer, options)
            kind = "choice" if choice else kind
            answer = choice or answer
            contexts += [] if choice else ["\n".join(f"- {option}" for option in options)]
        if not (prompt or any(contexts) or answer):
            return None, ""
        if not answer and details and kind != "cloze":
            answer, details = details[0], details[1:]
        if not answer and self.is_joined and sections:
            (_, answer), *sections = sections
        return (
            ImportedQuestion(
                prompt=prompt,
                context="\n\n".join(filter(None, contexts)),
                answer=answer,
                details="\n\n".join(details),
                sections=tuple(sections),
                kind=kind,
                has_ordered_options=is_among_options,
                tags=self._tags(row, given.get("tags", "")),
                id=given.get("id", ""),
                place=f"{self.name}:{row.line}",
            ),
            given.get("chapter", ""),
        )

    def _tags(self, row: Row, words: str) -> tuple[str, ...]:
        place = self._column("tags")
        own = row.fields[place].split() if place is not None and place < len(row.fields) else []
        given = [*self.headers.get("tags", "").split(), *own, *re.split(r"[\s,;、，；]+", words)]
        return tuple(tag for tag in dict.fromkeys(given) if tag and tag.lower() not in ("leech", "marked"))

    def markdown(self, text: str, line: int) -> str:
        """Return a field as Markdown."""
        text = text.strip()
        if _PLAIN.fullmatch(text) and "  " not in text:
            return text
        html = text if self.is_html else escape(text, quote=False).replace("\n", "<br>")
        reading = Reading(is_cloze=_CLOZE.search(text) is not None, file=self._file)
        converted = to_markdown(html, reading)
        for loss in converted.losses:
            self.lose(line, loss.kind, loss.message)
        return converted.text

    def _file(self, src: str) -> str | None:
        found = self.media.take(src, self.media.root)
        if not found and self.is_joined and (place := self.media.find(src, self.media.root)):
            found = self.media.take(place, self.media.root)
        return found or None


def _is_head(fields: Sequence[str]) -> bool:
    """Return whether a first row names the columns."""
    names = [each.strip() for each in fields]
    if not all(len(name) < 40 and not name.endswith("?") for name in names) or not any(names):
        return False
    if not _all_different(names):
        return False
    known = sum(_role_of(name) is not None for name in names)
    return known >= 2 or (known == 1 and len(names) > 2)


def _all_different(names: Sequence[str]) -> bool:
    filled = [name.casefold() for name in names if name]
    return len({*filled}) == len(filled)


def _role_of(name: str) -> Role | None:
    words = re.sub(r"\s+\d$", "", name.strip().strip("#*:").strip())
    return next((role for role, names in _NAMES if names.fullmatch(words)), None)


def _front(text: str) -> tuple[str, str]:
    """Divide the front into the one line that a heading has, and all else."""
    if _PLAIN.fullmatch(text):
        return text, ""
    tokens = parse(text)
    if not tokens or tokens[0].type not in ("paragraph_open", "heading_open") or tokens[0].map is None:
        return "", text
    if not any(child.content.strip() for child in tokens[1].children or () if child.type != "image"):
        return "", text
    lines = text.split("\n")
    end = tokens[0].map[1]
    first = [re.sub(r"(?:\\| {2,})$", "", line).strip() for line in lines[:end]]
    if tokens[0].type == "heading_open":
        first = [first[0].lstrip("# ")]
    return " ".join(first), "\n".join(lines[end:]).strip("\n")


def _choice(answer: str, options: Sequence[str]) -> tuple[str, bool]:
    """Return a list with boxes, and whether the right option has a place among the others.

    It has none in a column of its own; then it comes first. There is no list if the options make no choice.
    """
    every = list(dict.fromkeys((*options,)))
    if any("\n" in option for option in every):
        return "", True
    named = _NAMED.fullmatch(answer.strip())
    is_among = answer in every or named is not None
    if answer in every:
        right = every.index(answer)
    elif named:
        letter = named[1].lower()
        right = int(letter) - 1 if letter.isdigit() else ord(letter) - ord("a")
    elif answer and "\n" not in answer:
        every = [answer, *every]
        right = 0
    else:
        return "", True
    if right >= len(every) or len(every) < 2:
        return "", True
    lines = (f"- [{'x' if place == right else ' '}] {option}" for place, option in enumerate(every))
    return "\n".join(lines), is_among


def _root(decks: Sequence[str]) -> str:
    """Return the deck that all decks are, or are in."""
    if not decks:
        return ""
    parts = [deck.split("::") for deck in {*decks}]
    length = 0
    while all(len(each) > length and each[length] == parts[0][length] for each in parts):
        length += 1
    return "::".join(parts[0][:length])
