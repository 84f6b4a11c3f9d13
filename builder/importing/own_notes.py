"""Notes of cardpress's own note types become the questions that they were made of.

Nothing is guessed: a field says what it is. What a package does not have is not there: introductions,
comments, what is for paper alone, and where an author wrote the right option of a choice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from builder.anki.note_types import FIELDS, TEMPLATES
from builder.corpus.attributes import QUESTION_ID
from builder.corpus.kinds import kind_of
from builder.corpus.kinds.choice import CHOICE
from builder.corpus.kinds.cloze import CLOZE
from builder.corpus.kinds.occlusion import OCCLUSION
from builder.corpus.kinds.reversed import REVERSED
from builder.corpus.kinds.typed import TYPED
from builder.corpus.labels import callout_titles, labels_of
from builder.corpus.model import CORE, RANKS, Level, Role
from builder.corpus.reader import read_chapters
from builder.corpus.settings import ID
from builder.design.language import attributes_of
from builder.identity.adopted import AdoptedNote, AdoptedType
from builder.identity.guid import read_guid
from builder.importing.model import ImportedChapter, ImportedQuestion, Loss
from builder.importing.own_html import OwnHtml, blocks_of, rendered
from builder.importing.write import Named, question_text, with_order
from builder.importing.written_parts import title_as_written
from builder.markdown.cloze import ClozeForm
from builder.markdown.parser import Passage, Source, to_html
from builder.text import count

_SECTIONS = {
    "Why": Role.WHY,
    "Weak answer": Role.WEAK_ANSWER,
    "Pitfall": Role.PITFALL,
    "Follow-up": Role.FOLLOW_UP,
    "Read more": Role.READ_MORE,
}
"""Sections by the names of their fields."""
_NEEDED = ("Prompt", "Answer", "ID")
"""Fields that a note type of ours has, whatever else its learner did to it."""
_DECK = re.compile(r"(?P<root>.+)::(?P<number>\d{2,}) (?P<title>[^:]+(?::[^:]+)*)", re.DOTALL)
_NUMBER = re.compile(r"(?P<question>\d{1,9}\.\d{1,9})(?P<drill>[a-z]{0,6})")
_CHAPTER = re.compile(r"chapter::(?P<number>\d{2,6})-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)")
_LANGUAGE = re.compile(r'<div class="cp" lang="([A-Za-z0-9-]{2,35})"')
_SPOKEN = re.compile(r'<div lang="([A-Za-z0-9-]{2,35})" dir="(?:ltr|rtl)">(.*)</div>', re.DOTALL)
_TITLE = re.compile(r"<h3>(.*?)</h3>", re.DOTALL)
_OPTIONS = re.compile(r'<ol class="options">(.*)</ol>', re.DOTALL)
_OPTION = re.compile(r'<li class="(right|wrong)">')
_CHECKED = re.compile(r' <span class="mark">✓</span>')
_REASON = '<div class="reason">'
_DRAWN = re.compile(
    r'<div class="occlusion (?P<hides>all|one)"(?: style="width: (?P<width>\d+(?:px|%))")?>'
    r"(?P<image><p>.*?</p>|<img [^<>]*>)(?P<masks>.*)</div>",
    re.DOTALL,
)
_MASK = re.compile(
    r'<span class="(?P<classes>[a-z -]+)" style="left: (?P<left>[\d.]+)%; top: (?P<top>[\d.]+)%;'
    r' width: (?P<width>[\d.]+)%; height: (?P<height>[\d.]+)%[^"]*">\{\{c(?P<number>\d{1,3})::'
    r'<span class="name" dir="auto">(?P<name>[^{}]*?)</span>::(?P<hint>[^{}]*?)\}\}</span>',
    re.DOTALL,
)
_EXPLAINED = re.compile(r'<div class="explained">(.*)</div>', re.DOTALL)
_LAST = 10**9
ANKIS_OWN_TAGS = ("leech", "marked")
"""Tags that Anki itself gives."""


def is_own(kind: AdoptedType) -> bool:
    """Tell whether a note type is one of cardpress's own, by the ids of its fields.

    Formats without such ids have their names, and the beginning of our templates.
    """
    ids = {each.id for each in kind.fields}
    wanted = dict(FIELDS)
    if all(wanted[name] in ids for name in _NEEDED):
        return True
    names = {each.name for each in kind.fields}
    return names >= {name for name, _ in FIELDS} and bool(_LANGUAGE.search(kind.templates[0].front))


def named_fields(kind: AdoptedType, texts: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of a note by our names for its fields, and those of other fields that have some."""
    ours = {id_: name for name, id_ in FIELDS}
    there = {ours[each.id] for each in kind.fields if each.id in ours}
    known = {name for name, _ in FIELDS}
    fields: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for each, html in zip(kind.fields, texts, strict=True):
        name = ours.get(each.id or 0, each.name)
        if each.id in ours or (name in known and name not in there):
            fields[name] = html
        elif html:
            unknown[each.name] = html
    return fields, unknown


@dataclass(frozen=True, slots=True)
class _Own:
    """A note of ours."""

    note: AdoptedNote
    fields: Mapping[str, str]
    unknown: Mapping[str, str]
    identity: str
    """First id of its question; empty if somebody added the note in Anki."""
    tags: tuple[str, ...]
    """Its tags below the corpus's id, without it."""
    own_tags: tuple[str, ...]


@dataclass(slots=True)
class OwnNotes:
    """The notes of a source that are of cardpress's own note types, and what they say of their corpus."""

    corpus: str = ""
    title: str = ""
    deck: str = ""
    language: str = ""
    source: str = ""
    notes: Mapping[str, _Own] = field(default_factory=dict)
    """By GUID, in the order of study."""
    types: frozenset[int] = frozenset()
    losses: list[Loss] = field(default_factory=list)

    def chapters(self, html: OwnHtml) -> list[ImportedChapter]:
        """Return the chapters of the notes, in order."""
        if not self.notes:
            return []
        labels = labels_of(self.language or "en", {})
        html.titles = callout_titles(labels)
        groups: dict[tuple[int, str], list[_Own]] = {}
        for own in self.notes.values():
            groups.setdefault(_chapter_of(own), []).append(own)
        found = [self._chapter(key, groups[key], html, len(groups)) for key in sorted(groups)]
        self.losses += html.losses
        return found

    def _chapter(
        self, key: tuple[int, str], notes: Sequence[_Own], html: OwnHtml, total: int
    ) -> ImportedChapter:
        number, name = key
        decks = Counter(_deck_of(own)[2] for own in notes)
        titles = Counter(own.fields.get("Chapter", "") for own in notes)
        title = decks.most_common(1)[0][0] or name
        heading = html.heading(titles.most_common(1)[0][0])
        questions: list[ImportedQuestion] = []
        for main, drills in _grouped(notes):
            question = self._question(main, html, title)
            questions.append(question)
            questions += [_as_drill(self._question(drill, html, title), question) for drill in drills]
        width = max(2, len(str(total)))
        return ImportedChapter(
            title=title,
            heading=heading,
            questions=tuple(questions),
            file_name=f"{number:0{width}}-{name}" if number < _LAST and name else "",
        )

    def _question(self, placed: _Placed, html: OwnHtml, chapter: str) -> ImportedQuestion:
        own = placed.own
        place = f"{chapter}: {own.fields.get('ID') or own.note.guid}"
        html.begin(place)
        self.losses += [Loss(place, "field", f"{name!r} is not imported") for name in own.unknown]
        self.losses += [Loss(place, "learner's tag", f"{tag!r} is not imported") for tag in own.own_tags]
        if not own.identity:
            self.losses.append(Loss(place, "added note", "its question gets a note of its own"))
        spoken = _SPOKEN.fullmatch(own.fields.get("Prompt", ""))
        language = spoken[1] if spoken else ""
        is_cloze = "{{c" in own.fields.get("Answer", "")
        fields = {
            name: _rendered(text, language, is_cloze=is_cloze and name == "Answer")
            for name, text in own.fields.items()
        }
        fields["Prompt"] = _rendered(spoken[2] if spoken else own.fields.get("Prompt", ""), "")
        kind, attributes, answer = _answer(own, fields, html)
        question = ImportedQuestion(
            prompt=html.heading(fields["Prompt"]),
            context=html.markdown(fields.get("Context", "")),
            answer=answer,
            details=(parts := _details(fields.get("Details", ""), html))[0],
            sections=(*parts[1], *self._sections(fields, html)),
            kind=kind,
            attributes=(*_was(own), *attributes),
            level=next((tag for tag in own.tags if tag.startswith("level::")), "").removeprefix("level::"),
            core=placed.core,
            tags=_topics(own),
            language=language,
            id=unescape(own.fields.get("ID", "")) or own.identity,
            place=place,
        )
        self.losses += [
            Loss(place, "text", f"{name} reads differently from its source: compare it")
            for name in _differing(question, fields, html, self.language)
        ]
        return question

    def _sections(self, fields: Mapping[str, str], html: OwnHtml) -> Iterator[tuple[str, str]]:
        labels = labels_of(self.language or "en", {})
        for name, role in _SECTIONS.items():
            if text := fields.get(name, ""):
                if role is Role.FOLLOW_UP:
                    text = text.replace('<p class="question">', "<p>", 1)
                title = title_as_written(role, labels)
                yield title, html.markdown(text)


def own_notes(notes: Iterable[AdoptedNote], types: Mapping[int, AdoptedType]) -> OwnNotes:
    """Return the notes that are of cardpress's own note types.

    If they are of several corpora, the one with the most notes gives its id to all.
    """
    own_types = {id_ for id_, kind in types.items() if is_own(kind)}
    notes = [note for note in notes if note.type in own_types]
    if not notes:
        return OwnNotes()
    corpora = Counter(corpus for note in notes if (corpus := _identity(note.guid)[0]))
    corpus = corpora.most_common(1)[0][0] if corpora else ""
    found = {note.guid: _own(note, types[note.type], corpus) for note in notes}
    first = Counter(note.type for note in notes).most_common(1)[0][0]
    spoken = _LANGUAGE.search(types[first].templates[0].front)
    language = spoken[1] if spoken and spoken[1] != "en" else ""
    decks = Counter(_deck_of(own)[0] for own in found.values())
    return OwnNotes(
        corpus=corpus,
        title=re.sub(rf" \((?:{'|'.join(TEMPLATES)})\)\Z", "", types[first].name),
        deck=decks.most_common(1)[0][0],
        language=language,
        source=next(filter(None, map(_address, found.values())), ""),
        notes=found,
        types=frozenset(own_types),
        losses=[
            Loss(
                f"corpus {other!r}",
                "notes of another corpus",
                f"their learners begin again, with {count(number, 'note')}",
            )
            for other, number in corpora.items()
            if other != corpus
        ],
    )


def _identity(guid: str) -> tuple[str, str]:
    """Return the corpus and the question of a GUID of ours; nothing of another."""
    with suppress(ValueError):
        corpus, type_, question = read_guid(guid)
        if type_ in TEMPLATES and ID.fullmatch(corpus) and QUESTION_ID.fullmatch(question):
            return corpus, question
    return "", ""


def _own(note: AdoptedNote, kind: AdoptedType, corpus: str) -> _Own:
    fields, unknown = named_fields(kind, note.fields)
    prefix = f"{corpus}::".casefold()
    ours = [tag for tag in note.tags if corpus and tag.casefold().startswith(prefix)]
    return _Own(
        note=note,
        fields=fields,
        unknown=unknown,
        identity=_identity(note.guid)[1],
        tags=tuple(tag[len(prefix) :] for tag in ours),
        own_tags=tuple(tag for tag in note.tags if tag not in ours and tag.lower() not in ANKIS_OWN_TAGS),
    )


def _deck_of(own: _Own) -> tuple[str, int, str]:
    """Return the root deck of a note, and number and title of its chapter."""
    deck = own.note.cards[0].deck
    found = _DECK.fullmatch(deck)
    if found is None:  # a learner moved it
        return deck.rpartition("::")[0] or deck, _LAST, deck.rpartition("::")[2]
    return found["root"], int(found["number"]), found["title"]


def _chapter_of(own: _Own) -> tuple[int, str]:
    """Return number and name of the chapter of a note: as a tag has them, or else its deck."""
    found = next((found for tag in own.tags if (found := _CHAPTER.fullmatch(tag))), None)
    if found:
        return int(found["number"]), found["slug"]
    _, number, _ = _deck_of(own)
    return number, ""


def _address(own: _Own) -> str:
    """Return the web address of the corpus's folder, which the link to a question's chapter begins with."""
    found = re.match(r'<a href="([^"<>]+)">', own.fields.get("Source", ""))
    href = unescape(found[1]) if found else ""
    with suppress(ValueError):
        if urlsplit(href).scheme in ("http", "https"):
            return href.rpartition("/")[0]
    return ""


# --- the order of questions -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    """A note at its place in the file."""

    own: _Own
    core: int
    """Its rank in the core; 0 outside of it."""


def _grouped(notes: Sequence[_Own]) -> Iterator[tuple[_Placed, list[_Placed]]]:
    """Yield the questions of a chapter with their drills, in the order of the file."""
    placed = list(_in_file_order(notes))
    mains = {_number_of(each.own)[0] for each in placed if not _number_of(each.own)[1]} - {""}
    drills: dict[str, list[_Placed]] = {}
    for each in placed:
        number, letters = _number_of(each.own)
        if letters and number in mains:
            drills.setdefault(number, []).append(each)
    for each in placed:
        number, letters = _number_of(each.own)
        if not letters:
            yield each, drills.pop(number, [])
        elif number not in mains:
            yield each, []


def _in_file_order(notes: Sequence[_Own]) -> Iterator[_Placed]:
    """Yield notes in the order of the file; they come in that of study, the core first, by rank.

    Numbers are given in the order of the file, so where they begin again, another rank of the core begins.
    """
    ranked: list[list[_Own]] = []
    for own in notes:
        if CORE in own.tags and ranked and _place_of(ranked[-1][-1]) <= _place_of(own):
            ranked[-1].append(own)
        elif CORE in own.tags:
            ranked.append([own])
    core = [_Placed(own, rank) for rank, group in enumerate(ranked, 1) for own in group]
    if len(ranked) <= len(RANKS):
        core.sort(key=lambda placed: _place_of(placed.own))
    else:  # their order was changed since they got their numbers
        core = [replace(placed, core=1) for placed in core]
    others = [_Placed(own, 0) for own in notes if CORE not in own.tags]
    while core and others:
        yield (core if _place_of(core[0].own) <= _place_of(others[0].own) else others).pop(0)
    yield from (*core, *others)


def _number_of(own: _Own) -> tuple[str, str]:
    """Return the number of a note's question, and the letters of a drill; empty if there is no number."""
    found = _NUMBER.fullmatch(own.fields.get("Number", "").strip())
    return (found["question"], found["drill"]) if found else ("", "")


def _place_of(own: _Own) -> tuple[int, int, str]:
    number, letters = _number_of(own)
    return int(number.partition(".")[2]) if number else _LAST, len(letters), letters


def _as_drill(question: ImportedQuestion, main: ImportedQuestion) -> ImportedQuestion:
    """Return a question as a drill, which has what it does not say itself of its main question."""
    attributes = question.attributes
    if main.tags and not question.tags:
        attributes = (*attributes, ("tags", ""))
    return replace(
        question,
        is_drill=True,
        attributes=attributes,
        level="" if question.level == main.level else question.level,
        language="" if question.language == main.language else question.language,
        tags=() if question.tags == main.tags else question.tags,
    )


# --- parts ----------------------------------------------------------------------------------------


def _rendered(text: str, language: str, *, is_cloze: bool = False) -> str:
    """Return a field as it was rendered; all but the prompt say the language of their blocks."""
    text = rendered(text, is_cloze=is_cloze)
    if language:
        said = attributes_of(language)
        text = "\n".join(block.replace(said, "", 1) for block in blocks_of(text))
    return text


def _topics(own: _Own) -> tuple[str, ...]:
    """Return a question's tags: in the order of its author, as far as that is known."""
    tags = {tag.casefold(): tag for tag in own.tags if tag != CORE}
    for tag in own.tags:
        if _CHAPTER.fullmatch(tag) or tag in {f"level::{level}" for level in Level}:
            tags.pop(tag.casefold(), None)
    shown = unescape(own.fields.get("Topics", "")).split()
    found = {tag.casefold(): tag for tag in shown if tag.casefold() in tags}
    return tuple((found | {key: tag for key, tag in tags.items() if key not in found}).values())


def _was(own: _Own) -> Iterator[tuple[str, str]]:
    id_ = unescape(own.fields.get("ID", ""))
    if own.identity and QUESTION_ID.fullmatch(id_) and id_ != own.identity:
        yield "was", own.identity


def _details(text: str, html: OwnHtml) -> tuple[str, list[tuple[str, str]]]:
    """Return the details, and the sections that have no field of their own."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for block in blocks_of(text):
        if title := _TITLE.fullmatch(block):
            parts.append((html.heading(title[1]), []))
        else:
            parts[-1][1].append(block)
    texts = [(title, html.markdown("\n".join(blocks))) for title, blocks in parts]
    return texts[0][1], texts[1:]


_Answer = tuple[str, tuple[tuple[str, str], ...], str]


def _answer(own: _Own, fields: Mapping[str, str], html: OwnHtml) -> _Answer:
    """Return a question's kind, the attributes of that kind, and its answer."""
    text = fields.get("Answer", "")
    if "{{c" in text:
        drawn = _occlusion(text, html)
        return drawn or (CLOZE.name, (), html.markdown(text, is_cloze=True))
    answer = html.markdown(text)
    if fields.get("Solution") and (options := _choice(own, fields["Solution"], html)):
        return CHOICE.name, (), "\n\n".join(filter(None, (options, answer)))
    if fields.get("Typed"):
        return TYPED.name, (), answer
    return REVERSED.name if fields.get("Reverse") else "", (), answer


def _choice(own: _Own, solution: str, html: OwnHtml) -> str:
    """Return the options of a choice, in the order of the card; nothing if they have another form."""
    whole = _OPTIONS.fullmatch(solution)
    found = _OPTION.split(whole[1])[1:] if whole else []
    words = dict(enumerate(_front_options(own.fields.get("Options", ""))))
    lines: list[str] = []
    for place, (name, item) in enumerate(zip(found[::2], found[1::2], strict=True)):
        shown, _, reason = item.removesuffix("</li>").partition(_REASON)
        shown = _CHECKED.sub("", shown)
        # The back plays only the sound of the right option.
        text = html.line(_rendered(words.get(place, ""), "") or shown)
        below = html.markdown(reason.removesuffix("</div>"))
        lines.append(f"- [{'x' if name == 'right' else ' '}] {text}")
        if below:
            lines += ["", *(f"  {line}" if line else "" for line in below.split("\n"))]
    return "\n".join(lines)


def _differing(
    imported: ImportedQuestion, fields: Mapping[str, str], html: OwnHtml, language: str
) -> Iterator[str]:
    """Yield the names of the fields that a question would not have again."""
    named = Named(id=imported.id, question=replace(imported, is_drill=False))
    named = replace(named, question=with_order(named))
    if not QUESTION_ID.fullmatch(imported.id):
        return
    source = Source(Path("chapter.md"), question_text(named))
    read = read_chapters(source, labels=labels_of(language or "en", {}))
    question = next((each for chapter, _ in read for each in chapter.questions), None)
    if question is None:
        yield "the question"
        return

    def shown_as(passage: Passage, form: ClozeForm = ClozeForm.WRITTEN) -> str:
        return to_html(passage, html.names, form)

    shown = kind_of(question).show(question, shown_as)
    titled = (
        f"<h3>{shown_as(section.title)}</h3>\n{shown_as(section.body)}"
        for section in question.sections
        if section.role is None
    )
    again = {
        "Prompt": shown_as(question.title),
        "Context": shown_as(question.context),
        "Answer": shown.cloze or "\n".join(shown.lead),
        "Details": "\n".join(filter(None, (shown_as(question.details), *titled))),
        "Options": shown.options,
        "Solution": shown.solution,
        **dict.fromkeys(_SECTIONS, ""),
        **{
            name: shown_as(section.body)
            for section in question.sections
            for name, role in _SECTIONS.items()
            if section.role is role
        },
    }
    for name, text in again.items():
        was = fields.get(name, "").replace('<p class="question">', "<p>")
        if _comparable(was) != _comparable(text):
            yield name


def _comparable(html: str) -> str:
    """Return HTML without what Anki's editor changes, and without line ends between blocks."""
    return re.sub(r"(?<!\n)\n+(?=<)", "", html.replace("&nbsp;", "\xa0")).strip()


def _front_options(options: str) -> list[str]:
    whole = _OPTIONS.fullmatch(re.sub(r'<ol class="options"[^<>]*>', '<ol class="options">', options))
    return [each.removesuffix("</li>") for each in whole[1].split("<li>")[1:]] if whole else []


def _occlusion(text: str, html: OwnHtml) -> _Answer | None:
    """Return an image with boxes as its chapter has it; nothing if there is none."""
    blocks = blocks_of(text)
    place = next((place for place, block in enumerate(blocks) if _is_drawn(block)), None)
    if place is None:
        return None
    found = _DRAWN.fullmatch(blocks[place])
    if found is None:
        return None
    image = html.markdown(found["image"] if found["image"].startswith("<p>") else f"<p>{found['image']}</p>")
    width = (found["width"] or "").removesuffix("px")
    lines = []
    for box in _MASK.finditer(found["masks"]):
        hint = unescape(box["hint"])
        name = html.line(box["name"].replace("&#123;", "{").replace("&#125;", "}").replace("&#58;", ":"))
        inner = f"{name}::{hint}" if hint != "?" else name
        places = " ".join(f"{box[each]}%" for each in ("left", "top", "width", "height"))
        ending = " ellipse" if "round" in box["classes"].split() else ""
        lines.append(f"- {{{{c{box['number']}::{inner}}}}} {places}{ending}")
    below = [_EXPLAINED.fullmatch(block) for block in blocks[place + 1 :]]
    explained = [each[1] if each else blocks[place + 1 + at] for at, each in enumerate(below)]
    parts = (
        html.markdown("\n".join(blocks[:place]), is_cloze=True),
        image + (f"{{width={width}}}" if width else ""),
        "\n".join(lines),
        html.markdown("\n".join(explained), is_cloze=True),
    )
    attributes = (("hide", "all"),) if found["hides"] == "all" else ()
    return OCCLUSION.name, attributes, "\n\n".join(filter(None, parts))


def _is_drawn(block: str) -> bool:
    return block.startswith('<div class="occlusion ') and block.endswith("</div>")


def name_before_build(name: str, path: Path) -> str:
    """Return the name of a file before a build put the digest of its content into it, if one did."""
    stem, dot, suffix = name.rpartition(".")
    plain = re.sub(r"-([0-9a-f]{12})\Z", "", stem)
    if plain == stem or not plain:
        return name
    is_ours = sha256(path.read_bytes()).hexdigest().startswith(stem.removeprefix(f"{plain}-"))
    return f"{plain}{dot}{suffix}" if is_ours else name
