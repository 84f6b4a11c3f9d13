"""A small corpus as its author has it in mind: edited, merged by sense, and written as files."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import Any, Literal

from PIL import Image

COLOURS = ("", "red", "green", "blue")
_MOST_BOXES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; its texts are numbers, of which there are few, so that an old text can come back."""

    number: int
    """The tests' own name for it, whatever its id."""
    id: str
    was: str = ""
    prompt: int = 0
    answer: int = 0
    tag: int = 0
    image: int = 0
    is_drill: bool = False
    is_reversed: bool = False
    boxes: int = 0
    """Of an image occlusion, a bit for each cloze number that it has, from 1; 0 of any other kind."""
    place: int = 0
    """Where its boxes lie."""
    core: int = 0
    """Its rank in the core; 0 outside."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """All chapters, the questions that were removed and can be restored, and the look of the cards."""

    chapters: tuple[tuple[Question, ...], ...]
    removed: tuple[Question, ...] = ()
    look: int = 0

    def questions(self) -> Iterator[tuple[int, Question]]:
        """Yield every question in the order of the files, with its chapter's index."""
        for index, chapter in enumerate(self.chapters):
            for question in chapter:
                yield index, question

    def texts(self) -> dict[str, Text]:
        """Return what is to be seen of each question, by id, in study order."""
        studied = sorted(self.questions(), key=lambda found: (found[0], found[1].core or 4))
        return {
            question.id: (replace(question, was="", is_drill=False, core=min(question.core, 1)), chapter)
            for chapter, question in studied
        }

    def above(self) -> dict[str, str]:
        """Return the question above each drill, by ids."""
        above = {}
        for row in self.chapters:
            parent = ""
            for place, question in enumerate(row):
                if question.is_drill and place:
                    above[question.id] = parent
                else:
                    parent = question.id
        return above


def cards_of(question: Question) -> tuple[int, ...]:
    """Return the ordinals of a question's cards."""
    if question.boxes:
        return tuple(bit for bit in range(_MOST_BOXES) if question.boxes >> bit & 1)
    return (0, 1) if question.is_reversed else (0,)


Text = tuple[Question, int]
"""Whatever a learner sees of a question. A drill looks like any other; the chapter's tag is seen, and whether
it is core, but no rank."""

FIRST = Corpus(
    (
        (
            Question(number=1, id="q1"),
            Question(number=2, id="q2", tag=1),
            Question(number=3, id="q3", is_drill=True, image=1),
        ),
        (Question(number=4, id="q4", image=2), Question(number=5, id="q5", boxes=0b011)),
        (Question(number=6, id="q6", tag=2),),
    )
)

Kind = Literal[
    "prompt",
    "answer",
    "tag",
    "image",
    "add",
    "insert",
    "reorder",
    "remove",
    "restore",
    "rename",
    "move",
    "reverse",
    "boxes",
    "box",
    "core",
    "look",
]


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that an author does: what, to which question, and where to or how."""

    kind: Kind
    at: int
    to: int


def edited(corpus: Corpus, edit: Edit, number: int, published: Container[int]) -> Corpus:
    """Return the corpus after an edit; `number` is one that no question has had.

    A question that was never published may be renamed without `was`, and is forgotten when it is removed.
    """
    chapters = [list(chapter) for chapter in corpus.chapters]
    places = [(chapter, index) for chapter, row in enumerate(chapters) for index in range(len(row))]
    here, index = places[edit.at % len(places)]
    there = edit.to % len(chapters)
    question = chapters[here][index]
    with_boxes = [(chapter, row) for chapter, row in places if chapters[chapter][row].boxes]
    removed = list(corpus.removed)
    look = corpus.look
    match edit.kind:
        case "prompt" | "answer" | "tag" | "image":
            other = (getattr(question, edit.kind) + 1 + edit.to % 3) % 4
            chapters[here][index] = replace(question, **{edit.kind: other})
        case "add":
            new = Question(number=number, id=f"q{number}", tag=edit.to % 2, is_drill=edit.to % 3 == 0)
            new = replace(new, boxes=0b101 if edit.to % 4 == 1 else 0)
            chapters[there].append(new)
        case "insert":
            new = Question(number=number, id=f"q{number}", image=edit.to % 3, is_drill=edit.to % 2 == 0)
            chapters[here].insert(index, new)
        case "boxes" | "box" if with_boxes:
            chapter, row = with_boxes[edit.at % len(with_boxes)]
            chapters[chapter][row] = _with_other_boxes(chapters[chapter][row], edit)
        case "reverse" if not question.boxes:
            chapters[here][index] = replace(question, is_reversed=not question.is_reversed)
        case "core":
            chapters[here][index] = replace(question, core=(question.core + 1 + edit.to % 3) % 4)
        case "reorder":
            chapters[here].insert(edit.to % len(chapters[here]), chapters[here].pop(index))
        case "move":
            chapters[here].pop(index)
            there = (here + 1 + edit.to % (len(chapters) - 1)) % len(chapters)
            chapters[there].insert(edit.at % (len(chapters[there]) + 1), question)
        case "remove" if len(places) > 2:
            chapters[here].pop(index)
            removed += [question] if question.number in published else []
        case "restore" if removed:
            chapters[there].insert(edit.to % (len(chapters[there]) + 1), removed.pop(edit.at % len(removed)))
        case "rename":
            was = question.was or question.id if question.number in published else ""
            chapters[here][index] = replace(question, id=f"q{number}", was=was)
        case "look":
            look = (look + 1 + edit.to % 2) % 3
    return Corpus(tuple(map(tuple, chapters)), tuple(removed), look)


def _with_other_boxes(question: Question, edit: Edit) -> Question:
    """Return a question whose boxes lie elsewhere, or with a box more or less; the last one stays."""
    if edit.kind == "box":
        return replace(question, place=(question.place + 1 + edit.to % 3) % 4)
    boxes = question.boxes ^ 1 << edit.to % _MOST_BOXES
    return replace(question, boxes=boxes or question.boxes)


def merged(base: Corpus, ours: Corpus, theirs: Corpus, *, prefers_ours: bool) -> Corpus:
    """Merge two corpora as a person would, by sense; where both sides changed a thing, one is preferred."""
    first, second = (ours, theirs) if prefers_ours else (theirs, ours)

    def choose(get: Callable[[Corpus], Any]) -> Any:
        return get(second) if get(first) == get(base) else get(first)

    numbers = {side: {q.number for _, q in side.questions()} for side in (base, first, second)}
    alive = {
        number
        for number in numbers[first] | numbers[second]
        if number in numbers[first] & numbers[second] or number not in numbers[base]
    }
    chapters: list[list[Question]] = [[] for _ in base.chapters]
    for side in (first, second):
        before: dict[int, int] = {}  # the question that each follows in its chapter
        for chapter in side.chapters:
            before |= {q.number: p.number for p, q in pairwise(chapter)}
        for _, question in side.questions():
            number = question.number
            if number not in alive or any(q.number == number for row in chapters for q in row):
                continue
            sides = [(s, _find(s, number)) for s in (base, first, second)]
            chapter_index, settled = _settled([found for _, found in sides])
            row = chapters[chapter_index]
            follows = next((i for i, q in enumerate(row) if q.number == before.get(number)), -1)
            row.insert(follows + 1 if side is second else len(row), settled)
    removed = {q.number: q for q in (*second.removed, *first.removed) if q.number not in alive}
    for side in (second, first):
        removed |= {
            q.number: q for _, q in side.questions() if q.number not in alive and q.number in numbers[base]
        }
    return Corpus(tuple(map(tuple, chapters)), tuple(removed.values()), choose(lambda side: side.look))


def _find(corpus: Corpus, number: int) -> tuple[int, Question] | None:
    return next((found for found in corpus.questions() if found[1].number == number), None)


def _settled(versions: Sequence[tuple[int, Question] | None]) -> tuple[int, Question]:
    """Merge a question's versions, the base's first, then the preferred side's."""
    base, first, second = versions
    if first is None or second is None:
        found = first or second
        assert found
        return found
    if base is None:
        return first
    names = [field.name for field in fields(Question) if field.name not in ("id", "was")]
    values = {name: _changed(*(getattr(q, name) for _, q in (base, first, second))) for name in names}
    values["id"], values["was"] = _changed(*((q.id, q.was) for _, q in (base, first, second)))
    return _changed(base[0], first[0], second[0]), Question(**values)


def _changed(base: Any, first: Any, second: Any) -> Any:
    return second if first == base else first


def files(corpus: Corpus, card_css: str) -> dict[str, bytes]:
    """Write the chapters, their images and the cards' style sheet."""
    # In a file of its own each, or all in one, which makes no difference to anybody.
    is_joined = all(corpus.chapters) and sum(len(chapter) for chapter in corpus.chapters) % 2 == 0
    written = {"styles/card.css": f"{card_css}\n.look-{corpus.look} {{}}\n".encode()}
    for index, chapter in enumerate(corpus.chapters, 1):
        blocks = [f"# Chapter {index}"]
        for place, question in enumerate(chapter):
            # A drill needs a question to stand under.
            marks = "###" if question.is_drill and place else "##"
            was = f' was="{question.was}"' if question.was else ""
            # Never without tags: a drill would take its question's.
            tags = f"all topic-{question.tag}" if question.tag else "all"
            prompt = f"What is number {question.number}, put {question.prompt}?"
            kind = " .reversed" if question.is_reversed else " .occlusion" if question.boxes else ""
            kind = f' core="{question.core}"{kind}' if question.core else kind
            blocks.append(f'{marks} {prompt} {{#{question.id}{was}{kind} tags="{tags}"}}')
            blocks.append(f"Answer {question.answer} to number {question.number}.")
            if question.image or question.boxes:
                blocks.append(f"![A picture](media/q{question.number}.png)")
                written[f"demo/media/q{question.number}.png"] = _png(COLOURS[question.image] or "white")
            if question.boxes:
                blocks.append("\n".join(_boxes(question)))
        text = ("\n\n".join(blocks) + "\n").encode()
        if is_joined and index > 1:
            written["demo/01-chapter-1.md"] += b"\n" + text
        else:
            written[f"demo/{index:02}-chapter-{index}.md"] = text
    return written


def _boxes(question: Question) -> Iterator[str]:
    for ordinal in cards_of(question):
        yield f"- {{{{c{ordinal + 1}::box {ordinal + 1}}}}} {20 * ordinal}% {20 * question.place}% 20% 15.5%"


@cache
def _png(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (1, 1), colour).save(file, "PNG")
    return file.getvalue()
