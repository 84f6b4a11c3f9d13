"""Statistics of a corpus: questions, cards and words by chapter, levels, tags, the longest answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from builder.anki.render import cards_of
from builder.corpus.kinds import KINDS
from builder.corpus.model import Chapter, Level, Question, Settings
from builder.diagnostics import Location
from builder.faults import at_chapter, at_question
from builder.markdown.parser import Passage, plain_text
from builder.text import count_words, sort_key

_WORDS_A_MINUTE = 200
"""Reading speed of prose, in words a minute, for learning."""
_LINES_A_MINUTE = 20
"""Reading speed of code, in lines a minute."""
_LONGEST = 10
LEVELS = (*Level, "none")
"""Levels to count questions by; `none` is for questions without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of a chapter, or of a corpus."""

    questions: int = 0
    drills: int = 0
    core: int = 0
    """Questions and drills of the core."""
    cards: int = 0
    words: int = 0
    """Words of prose: prompts, answers, sections and introductions."""
    code_lines: int = 0
    kinds: Mapping[str, int]
    """Questions and drills of each kind."""
    levels: Mapping[str, int]
    """Questions and drills of each level, and `none` for those without one."""
    unanswered: int = 0
    """Questions and drills without an answer yet; nothing else counts them."""

    @property
    def minutes(self) -> int:
        """Reading time in minutes, at 200 words and 20 lines of code a minute."""
        return round(self.words / _WORDS_A_MINUTE + self.code_lines / _LINES_A_MINUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a question or a drill: everything on its card except the prompt."""

    id: str
    location: Location
    words: int
    code_lines: int

    @property
    def place(self) -> str:
        """Path and line, as in `content/flask/01-basics.md:12`."""
        return f"{self.location.path}:{self.location.line}"

    @property
    def length(self) -> float:
        """Reading time in minutes."""
        return self.words / _WORDS_A_MINUTE + self.code_lines / _LINES_A_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterStats:
    """Statistics of a chapter."""

    number: int
    title: str
    file: str
    counts: Counts
    tags: Mapping[str, int]
    """Number of its questions and drills by tag."""
    longest: tuple[Answer, ...]
    """Longest answers, the longest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Statistics of a corpus."""

    id: str
    title: str
    chapters: tuple[ChapterStats, ...]
    total: Counts
    tags: Mapping[str, int]
    """Number of questions and drills by tag, the most frequent tag first."""
    longest: tuple[Answer, ...]
    """Longest answers, the longest first."""


def count_corpus(settings: Settings, chapters: Iterable[ChapterStats]) -> Stats:
    """Add up the statistics of a corpus's chapters."""
    counted = tuple(chapters)
    tags: Counter[str] = Counter()
    for chapter in counted:
        tags.update(chapter.tags)
    return Stats(
        id=settings.id,
        title=settings.title,
        chapters=counted,
        total=_total([chapter.counts for chapter in counted]),
        tags=dict(sorted(tags.items(), key=lambda entry: (-entry[1], sort_key(entry[0])))),
        longest=_longest(answer for chapter in counted for answer in chapter.longest),
    )


def _total(counts: Sequence[Counts]) -> Counts:
    return Counts(
        questions=sum(each.questions for each in counts),
        drills=sum(each.drills for each in counts),
        core=sum(each.core for each in counts),
        cards=sum(each.cards for each in counts),
        words=sum(each.words for each in counts),
        code_lines=sum(each.code_lines for each in counts),
        kinds={kind: sum(each.kinds[kind] for each in counts) for kind in KINDS},
        levels={level: sum(each.levels[level] for each in counts) for level in LEVELS},
        unanswered=sum(each.unanswered for each in counts),
    )


def _longest(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    return tuple(sorted(answers, key=lambda answer: (-answer.length, answer.id))[:_LONGEST])


def count_chapter(chapter: Chapter) -> ChapterStats:
    """Count a chapter's questions, cards, words and tags."""
    with at_chapter(chapter.source.path):
        questions = list(chapter.all_questions())
        answers = list(map(_answer, questions))
        others = [chapter.title, chapter.introduction]
        for question in questions:
            others += (question.title, question.context, *(section.title for section in question.sections))
        kinds = Counter(question.kind for question in questions)
        levels = Counter(str(question.level or "none") for question in questions)
        counts = Counts(
            questions=len(chapter.questions),
            drills=len(questions) - len(chapter.questions),
            core=sum(bool(question.core) for question in questions),
            cards=sum(map(_cards, questions)),
            words=_words(others) + sum(answer.words for answer in answers),
            code_lines=_code_lines(others) + sum(answer.code_lines for answer in answers),
            kinds={kind: kinds[kind] for kind in KINDS},
            levels={level: levels[level] for level in LEVELS},
            unanswered=len(chapter.unanswered),
        )
        return ChapterStats(
            number=chapter.number,
            title=plain_text(chapter.title),
            file=chapter.source.path.name,
            counts=counts,
            tags=Counter(tag for question in questions for tag in question.tags),
            longest=_longest(answers),
        )


def _cards(question: Question) -> int:
    with at_question(question.location, question.id):
        return len(cards_of(question))


def _answer(question: Question) -> Answer:
    shown = [question.lead, question.details, *(section.body for section in question.sections)]
    with at_question(question.location, question.id):
        return Answer(
            id=question.id,
            location=question.location,
            words=_words(shown),
            code_lines=_code_lines(shown),
        )


def _words(passages: Iterable[Passage]) -> int:
    return sum(count_words(plain_text(passage)) for passage in passages)


def _code_lines(passages: Iterable[Passage]) -> int:
    return sum(
        len(token.content.splitlines())
        for passage in passages
        for token in passage.tokens
        if token.type in ("fence", "code_block")
    )
