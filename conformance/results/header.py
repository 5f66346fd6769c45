"""The layout of the first and the last line of a results file.

`schema.json` beside this file says the same to programs in other languages.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from conformance.results.record import CheckRecord

SCHEMA = 1


class SignatureForm(TypedDict):
    """What the installed package shows of an API's signature, as Python has it.

    `parameters` are those of a function, or of a class's constructor; `default` is None of what must be
    given. `inputs` are the parameters of the call of an object of a class, None where they are hidden.
    """

    parameters: list[InstalledParameter]
    inputs: list[str] | None


class InstalledParameter(TypedDict):
    """One parameter; `keyword_only` cannot be given by position."""

    name: str
    default: str | None
    keyword_only: bool


class _EnvironmentExtra(TypedDict, total=False):
    signatures: dict[str, SignatureForm]


class EnvironmentForm(_EnvironmentExtra):
    """One environment that ran; `signatures` has those of its APIs that the installed package shows."""

    framework: str
    version: str
    python: str
    numpy: str
    device: str
    platform: str
    threads: int | None


class Unavailable(TypedDict):
    """Why an environment could not run, and the command that would mend it (or "")."""

    reason: str
    mend: str


class ConventionForm(TypedDict):
    """A choice that mathematics leaves open; `choices` maps each name to its meaning."""

    question: str
    reference: str
    source: str
    choices: dict[str, str]


class Suite(TypedDict):
    """The suite that ran: its version, its own interpreter, and the command line."""

    name: str
    version: str
    python: str
    numpy: str
    platform: str
    command: str


class Selection(TypedDict):
    """Which of the planned checks were to run.

    `keywords`, `markers` and `modes` are the texts of -k, -m and --modes; `paths` are the case files and
    folders that were named (none: the default ones); `shard` is "2/4" for the second of four, or None.
    `planned` counts the checks of those paths in those modes, `checks` what is left of them, of all shards
    together, and `digest` is the SHA-256 of the sorted ids of the latter, one a line. `whole` says that, a
    shard aside, they are all checks of all case files of their folders; `known_modes` are the modes that each
    environment has.
    """

    keywords: str
    markers: str
    paths: list[str]
    modes: str
    shard: str | None
    planned: int
    checks: int
    digest: str
    whole: bool
    known_modes: dict[str, list[str]]


class _ParameterExtra(TypedDict, total=False):
    attribute: str


class ParameterForm(_ParameterExtra):
    """A documented parameter: `name` is the API's own keyword, `attribute` the operator's name of it.

    Default and values are as Python writes them. Earlier files lack `attribute`.
    """

    name: str
    default: str
    values: list[str] | None


class _ApiExtra(TypedDict, total=False):
    operator: str
    fixed: dict[str, str]
    index_dtypes: list[str] | None


class ApiForm(_ApiExtra):
    """What the documentation of an API says of its signature.

    `inputs` maps the operator's inputs to the API's names; `parameters` stand in their documented order;
    `fixed` has the attributes that the API has no parameter for. `dtypes`, and `index_dtypes` of indices and
    lengths, are None where the document is silent. Earlier files lack `operator`, `fixed` and `index_dtypes`.
    """

    kind: str
    document: str
    inputs: dict[str, str]
    parameters: list[ParameterForm]
    dtypes: list[str] | None
    platforms: list[str]


class _HeaderExtra(TypedDict, total=False):
    apis: dict[str, ApiForm]


class Header(_HeaderExtra):
    """The first line. `conventions` maps operator -> convention name -> what it asks.

    `apis`, which earlier files lack, maps the dotted name of each API to its documented signature.

    `run` names the CI run that the file belongs to (None outside CI), which all its shards have in common;
    `cases` maps each operator to the SHA-256 of its case file's text, whichever way its lines end.
    """

    kind: Literal["header"]
    schema: int
    suite: Suite
    started: str
    run: str | None
    selection: Selection
    cases: dict[str, str]
    environments: dict[str, EnvironmentForm]
    unavailable: dict[str, Unavailable]
    conventions: dict[str, dict[str, ConventionForm]]


class Footer(TypedDict):
    """The last line. `complete` is false where the run was stopped, `reason` then says why."""

    kind: Literal["footer"]
    finished: str
    counts: dict[str, int]
    complete: bool
    reason: str | None
    unavailable: dict[str, Unavailable]


Record: TypeAlias = "Header | CheckRecord | Footer"
