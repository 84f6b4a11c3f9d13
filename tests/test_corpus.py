"""What every question of the shipped corpus has, and how much of it there is."""

from __future__ import annotations

from collections import Counter

import pytest

from builder.corpus.kinds import KINDS
from builder.corpus.model import Role
from tests.conftest import FLASK
from tests.reading import Corpus, check, read_corpus


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    corpus, diagnostics = read_corpus(FLASK)
    assert diagnostics == []
    return corpus


def test_the_corpus_has_no_mistake_and_nothing_to_warn_of(corpus: Corpus) -> None:
    assert check(corpus) == []


def test_every_main_question_prepares_for_an_interview(corpus: Corpus) -> None:
    needed = {Role.WHY, Role.WEAK_ANSWER, Role.FOLLOW_UP, Role.READ_MORE}
    for chapter in corpus.chapters:
        for question in chapter.questions:
            assert needed <= {section.role for section in question.sections}, question.id
            assert question.level, question.id
            assert question.tags, question.id
            assert question.drills, question.id


def test_there_are_questions_enough_of_all_levels_and_drills_of_all_kinds(corpus: Corpus) -> None:
    questions = [question for chapter in corpus.chapters for question in chapter.questions]
    drills = [drill for question in questions for drill in question.drills]
    assert len(questions) >= 150
    assert len(questions) + len(drills) >= 350
    assert min(Counter(question.level for question in questions).values()) >= 20
    kinds = Counter(drill.kind for drill in drills)
    assert kinds.keys() == set(KINDS) - {"occlusion"}, "code has no images"
    assert min(kinds.values()) >= 20
