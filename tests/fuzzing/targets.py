"""All targets by their names."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzzing.adopted import ADOPTED_NOTES
from tests.fuzzing.chapters import CHAPTERS
from tests.fuzzing.drawings import DRAWINGS
from tests.fuzzing.formulas import FORMULAS
from tests.fuzzing.images import IMAGES
from tests.fuzzing.locks import LOCKS
from tests.fuzzing.packages import PACKAGES
from tests.fuzzing.settings import SETTINGS
from tests.fuzzing.target import Target

TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (CHAPTERS, SETTINGS, LOCKS, ADOPTED_NOTES, PACKAGES, IMAGES, DRAWINGS, FORMULAS)
}
