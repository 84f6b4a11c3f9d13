"""The forms of export, by their names on the command line: the only list of them."""

from __future__ import annotations

from collections.abc import Mapping

from builder.exporting import crowdanki, json_file, tables
from builder.exporting.model import Form

FORMS: Mapping[str, Form] = {
    "csv": Form(title="a table with commas, as Anki imports it", write=tables.write_csv),
    "tsv": Form(title="a table with tabs, as Anki imports it", write=tables.write_tsv),
    "crowdanki": Form(title="a folder of CrowdAnki", write=crowdanki.write, has_fonts=True),
    "json": Form(title="one JSON file", write=json_file.write),
}
