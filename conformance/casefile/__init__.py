"""Case files: YAML to the model, with an error that says where, what and what is allowed.

The steps, each in its own module: `discover` finds the files, `source` reads text, `reader` makes a
tree with line numbers of it, `validation` holds it against the published `schema.json`, and `loader`
builds the model from it (`head`, `cases`, `inputs`, `matrix`, `literals`) while it checks that names
agree. `read_text`, `read_tree` and `validate_once` serve other YAML of the suite too, against its own schema;
`accepted` remembers what has been validated.
"""

from conformance.casefile.discover import is_casefile
from conformance.casefile.errors import (
    CaseFileError,
    ContentError,
    Problem,
    SchemaError,
    UnreadableError,
    YamlError,
)
from conformance.casefile.loader import load, load_all
from conformance.casefile.reader import read_tree
from conformance.casefile.source import read_text
from conformance.casefile.validation import schema, validate_once

__all__ = [
    "CaseFileError",
    "ContentError",
    "Problem",
    "SchemaError",
    "UnreadableError",
    "YamlError",
    "is_casefile",
    "load",
    "load_all",
    "read_text",
    "read_tree",
    "schema",
    "validate_once",
]
