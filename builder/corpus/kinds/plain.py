"""Plain questions: a prompt and its answer. Their heading has no class of a kind."""

from __future__ import annotations

from builder.corpus.kinds.spec import KindSpec

PLAIN = KindSpec(name="plain")
