"""Digest of a question's text, to find out later whether an author has edited the question.

It covers the text as written, not as rendered, so another version of cardpress does not change it. The id,
the level, the core and the chapter are not part of the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256

from builder.corpus.images import images
from builder.corpus.model import Question
from builder.markdown.source import Passage, blocks, comments_in

_ELSEWHERE = ("was", "allow", "tags", "core")
"""Attributes of a heading that are not part of the text."""


def text_digest(question: Question, image_digest: Callable[[str], str]) -> str:
    """Return the digest of a question without its drills; `image_digest` returns that of an image in it."""
    passages = (question.context, question.lead, question.details)
    written = [
        question.kind,
        sorted(pair for pair in question.attributes.values if pair[0] not in _ELSEWHERE),
        [token.content for token in question.title.tokens],
        *(list(_written(passage)) for passage in passages),
        *(
            [[token.content for token in section.title.tokens], *_written(section.body)]
            for section in question.sections
        ),
        [
            image_digest(str(image.attrs["src"]))
            for passage in question.passages()
            for _, image in images(passage)
        ],
    ]
    return sha256(json.dumps(written).encode()).hexdigest()[:16]


def _written(passage: Passage) -> Iterator[str]:
    """Yield the blocks of a passage as they are written, without comments."""
    for block in blocks(passage.tokens):
        if block[0].map and comments_in(block[0]) is None:
            start, end = block[0].map
            yield "\n".join(passage.source.lines[start:end]).rstrip()
