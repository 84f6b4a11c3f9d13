"""What a corpus has: questions, cards and words, by chapter; levels, tags and the longest answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from builder.anki.render import cards_of
from builder.corpus.model import Chapter, Corpus, Kind, Level, Question
from builder.faults import at_chapter, at_question
from builder.markdown.parser import Passage, plain_text

_WORDS_A_MINUTE = 200
"""How fast prose is read in order to learn it."""
_LINES_A_MINUTE = 20
"""The same of code."""
_LONGEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much there is of a chapter, or of all."""

    questions: int = 0
    drills: int = 0
    cards: int = 0
    words: int = 0
    """Of prose: prompts, answers, sections and introductions."""
    code_lines: int = 0
    kinds: Mapping[Kind, int]
    """Questions and drills of each kind."""
    levels: Mapping[Level | None, int]
    """The same of each level, and of those that have none."""

    @property
    def minutes(self) -> int:
        """How long it takes to read, at 200 words and 20 lines of code a minute."""
        return round(self.words / _WORDS_A_MINUTE + self.code_lines / _LINES_A_MINUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterStats:
    """A chapter and how much there is of it."""

    number: int
    title: str
    file: str
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a question or a drill: all that its card shows beside the prompt."""

    id: str
    place: str
    words: int
    code_lines: int

    @property
    def length(self) -> float:
        """How long it takes to read."""
        return self.words / _WORDS_A_MINUTE + self.code_lines / _LINES_A_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What a corpus has."""

    id: str
    title: str
    chapters: tuple[ChapterStats, ...]
    total: Counts
    tags: Mapping[str, int]
    """How many questions and drills have each tag, the most frequent first."""
    longest: tuple[Answer, ...]
    """The longest answers, the longest first."""


def count_corpus(corpus: Corpus) -> Stats:
    """Count what a corpus has."""
    chapters = tuple(
        ChapterStats(
            number=chapter.number,
            title=plain_text(chapter.title),
            file=chapter.source.path.name,
            counts=_count_chapter(chapter),
        )
        for chapter in corpus.chapters
    )
    tags = Counter(tag for question in corpus.questions() for tag in question.tags)
    answers = sorted(map(_answer, corpus.questions()), key=lambda answer: (-answer.length, answer.id))
    return Stats(
        id=corpus.settings.id,
        title=corpus.settings.title,
        chapters=chapters,
        total=_count(corpus.chapters),
        tags=dict(sorted(tags.items(), key=lambda entry: (-entry[1], entry[0]))),
        longest=tuple(answers[:_LONGEST]),
    )


def _count_chapter(chapter: Chapter) -> Counts:
    with at_chapter(chapter.source.path):
        return _count([chapter])


def _count(chapters: Iterable[Chapter]) -> Counts:
    chapters = tuple(chapters)
    questions = [question for chapter in chapters for question in chapter.all_questions()]
    passages = [passage for chapter in chapters for passage in chapter.passages()]
    kinds = Counter(question.kind for question in questions)
    levels = Counter(question.level for question in questions)
    mains = sum(len(chapter.questions) for chapter in chapters)
    return Counts(
        questions=mains,
        drills=len(questions) - mains,
        cards=sum(map(_cards, questions)),
        words=_words(passages),
        code_lines=_code_lines(passages),
        kinds={kind: kinds[kind] for kind in Kind},
        levels={level: levels[level] for level in (*Level, None)},
    )


def _cards(question: Question) -> int:
    with at_question(question.location, question.id):
        return len(cards_of(question))


def _answer(question: Question) -> Answer:
    shown = [question.lead, question.details, *(section.body for section in question.sections)]
    with at_question(question.location, question.id):
        return Answer(
            id=question.id,
            place=f"{question.location.path}:{question.location.line}",
            words=_words(shown),
            code_lines=_code_lines(shown),
        )


def _words(passages: Iterable[Passage]) -> int:
    return sum(len(plain_text(passage).split()) for passage in passages)


def _code_lines(passages: Iterable[Passage]) -> int:
    return sum(
        len(token.content.splitlines())
        for passage in passages
        for token in passage.tokens
        if token.type in ("fence", "code_block")
    )
