"""What the checks of each kind of question refuse."""

from __future__ import annotations

from builder.checks.catalogue.entry import Entry, because
from builder.corpus.kinds import checks

KINDS: tuple[Entry, ...] = (
    Entry(
        code="no-gap",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\ndiscarded.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="gap-number",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\n{{c0::discarded}}.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="empty-gap",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::}} discarded.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="unread-gap",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\n{{c1:discarded}}.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="gap-elsewhere",
        reason=because(checks.gaps_are_gaps),
        bad="## What happens to `g`? {#g-gone}\n\nIt is {{c1::discarded}}.\n",
        good="## What happens to `g`? {#g-gone .cloze}\n\nIt is {{c1::discarded}}.\n",
    ),
    Entry(
        code="no-options",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer .choice}\n\n`session`\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n",
    ),
    Entry(
        code="one-right-option",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer .choice}\n\n- [x] `g`\n- [x] `session`\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n",
    ),
    Entry(
        code="empty-option",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n- both\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n- [ ] both\n",
    ),
    Entry(
        code="boxes-elsewhere",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer}\n\n- [ ] `g`\n- [x] `session`\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n",
    ),
    Entry(
        code="nothing-to-type",
        reason=because(checks.typed_answers_can_be_typed),
        bad="## Which function builds a URL? {#url-for .typed}\n\nurl_for\n",
        good="## Which function builds a URL? {#url-for .typed}\n\n`url_for`\n",
    ),
)
