"""Runs the state machines that write histories of corpora and learners: as many as HISTORIES says."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.sampling import CASES

HISTORIES = int(os.environ.get("HISTORIES", 0))
"""Number of histories to try, new ones each time; 0 means those of continuous integration."""


def run_histories(machine: type[RuleBasedStateMachine], count: int, steps: int) -> None:
    """Run `HISTORIES` histories of a machine, or by default the same `count` each time, of `steps` steps."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES or min(count, CASES or count),
            derandomize=not HISTORIES,
            database=None,
            deadline=None,
            stateful_step_count=steps,
            print_blob=True,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
