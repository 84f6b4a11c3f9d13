"""The forms for issues: whole, and those about a machine ask for what `cardpress doctor` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROJECT

FOLDER = PROJECT / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path for path in FOLDER.glob("*.yml") if path.name != "config.yml")


def _form(path: Path) -> dict[str, Any]:
    form: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return form


def test_a_bug_report_needs_the_output_of_doctor() -> None:
    (field,) = (field for field in _form(FOLDER / "bug.yml")["body"] if field["id"] == "doctor")
    assert "`cardpress doctor`" in field["attributes"]["label"]
    assert field["validations"] == {"required": True}
    assert field["attributes"]["render"] == "text"  # ten lines stay ten lines


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_a_name_and_fields_with_ids_of_their_own(path: Path) -> None:
    form = _form(path)
    assert form.keys() == {"name", "description", "labels", "body"}
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids))
    assert all(field["attributes"]["label"] for field in form["body"])
