"""What of each operator is covered by how many checks, and what of its documents no case exercises."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from conformance.plan import scalar_word
from conformance.report.collect import OURS, Collection
from conformance.report.compatibility import api_order
from conformance.report.entry import Entry
from conformance.report.tables import aspect_kind, dtype_order
from conformance.report.visible import visible
from conformance.results import ApiForm, ParameterForm

SILENT: Final = ("float32", "float64")  # what a document without a word on dtypes promises
GIVEN: Final = "(given)"  # in place of a value: an optional input is given
OMITTED: Final = "(left out)"


@dataclass(frozen=True, slots=True)
class Covered:
    """How many checks there are of one thing, and where; none: it is documented, and nothing exercises it.

    `note` names the dtypes where they are fewer than the API has been called in.
    """

    count: int
    fragment: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CoverageTable:
    """Rows by name; a cell is None where there is nothing to cover."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Covered | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One operator: `missing` says API by API what nothing exercises."""

    operator: str
    checks: int
    cases: int
    missing: tuple[tuple[str, tuple[str, ...]], ...]
    tables: tuple[CoverageTable, ...]


def coverage(collection: Collection) -> list[Coverage]:
    """The operators of the results, by name; the suite's own failures cover nothing."""
    entries: dict[str, list[Entry]] = {}
    for entry in collection.entries:
        if entry.outcome not in OURS:
            entries.setdefault(entry.operator, []).append(entry)
    documented: dict[str, dict[str, ApiForm]] = {}
    for name, form in collection.apis.items():
        documented.setdefault(form.get("operator", ""), {})[name] = form
    return [_Operator(name, entries[name], documented.get(name, {})).coverage() for name in sorted(entries)]


class _Operator:
    """Counts the checks of one operator."""

    def __init__(self, name: str, entries: Sequence[Entry], documented: Mapping[str, ApiForm]) -> None:
        self._name = name
        self._entries = entries
        self._documented = documented
        self._apis = sorted({*documented, *(entry.api for entry in entries)}, key=api_order)
        self._parameters = {
            api: {
                parameter.get("attribute", parameter["name"]): parameter for parameter in form["parameters"]
            }
            for api, form in documented.items()
        }
        self._attributes = list(dict.fromkeys(name for own in self._parameters.values() for name in own))
        self._kinds: Counter[tuple[str, str, str]] = Counter()  # by API, kind of aspect, dtype
        self._values: dict[tuple[str, str, str], Counter[str]] = {}  # by API, attribute, value: dtypes
        for entry in entries:
            self._kinds[entry.api, aspect_kind(entry), entry.dtype] += 1
            for attribute, value in self._used(entry):
                counts = self._values.setdefault((entry.api, attribute, value), Counter())
                counts[entry.dtype] += 1
        self._dtypes = dtype_order(entry.dtype for entry in entries)
        self._aspects = sorted({entry.aspect for entry in entries})

    def _used(self, entry: Entry) -> Iterable[tuple[str, str]]:
        """What a call makes of each attribute: a value, or GIVEN of an input, or OMITTED."""
        given = dict(feature.split(":", 1) for feature in entry.features if ":" in feature)
        for attribute in self._attributes:
            yield attribute, GIVEN if attribute in entry.inputs else given.get(attribute, OMITTED)

    def coverage(self) -> Coverage:
        missing = tuple((visible(api), told) for api in self._apis if (told := tuple(self._missing(api))))
        tables = (self._aspect_table(), self._value_table()) if self._attributes else (self._aspect_table(),)
        cases = len({entry.case for entry in self._entries})
        return Coverage(visible(self._name), len(self._entries), cases, missing, tables)

    def _missing(self, api: str) -> Iterable[str]:
        for kind in ("value", "gradient", "error"):
            if not self._count(api, kind):
                yield f"no aspect {kind}"
        for dtype in self._promised(api):
            if not self._count(api, "value", dtype):
                yield visible(dtype)
        for attribute, parameter in self._parameters.get(api, {}).items():
            name = visible(parameter["name"])
            for value in _values(parameter):
                if not self._tried(api, attribute, value):
                    yield f"{name}={visible(value)}"
            tried = {value for of, about, value in self._values if (of, about) == (api, attribute)}
            if not _values(parameter) and tried <= {OMITTED}:
                yield f"{name} given"
            if OMITTED not in tried:
                yield f"{name} left out"

    def _tried(self, api: str, attribute: str, value: str) -> bool:
        """Whether a value was given, or is the default and was left out."""
        default = _word(self._parameters[api][attribute]["default"])
        return any(
            (api, attribute, each) in self._values
            for each in (value, *([OMITTED] if value == default else []))
        )

    def _promised(self, api: str) -> Sequence[str]:
        form = self._documented.get(api)
        return () if form is None else SILENT if form["dtypes"] is None else form["dtypes"]

    def _count(self, api: str, kind: str, dtype: str = "") -> int:
        return sum(self._kinds[api, kind, each] for each in ((dtype,) if dtype else self._dtypes))

    def _aspect_table(self) -> CoverageTable:
        dtypes = dict.fromkeys(
            [*self._dtypes, *(dtype for api in self._apis for dtype in self._promised(api))]
        )
        columns = [(kind, dtype) for kind in ("value", "gradient") for dtype in dtypes]
        columns += [("documented", ""), ("error", "")]
        head = [visible(f"{kind} {dtype}".strip()) for kind, dtype in columns]
        rows = [
            (visible(api), tuple(self._aspect(api, kind, dtype) for kind, dtype in columns))
            for api in self._apis
        ]
        return CoverageTable("Aspects and dtypes", ("API", *head), tuple(rows))

    def _aspect(self, api: str, kind: str, dtype: str) -> Covered | None:
        count = self._count(api, kind, dtype)
        if not count:
            return Covered(0) if kind == "value" and dtype in self._promised(api) else None
        filters = [("aspect", aspect) for aspect in self._aspects if aspect.partition(":")[0] == kind]
        return Covered(count, self._fragment(api, *filters, *([("dtype", dtype)] if dtype else [])))

    def _value_table(self) -> CoverageTable:
        rows = []
        for attribute in self._attributes:
            found = {value for _, about, value in self._values if about == attribute}
            told = {value for own in self._parameters.values() for value in _values(own.get(attribute))}
            for value in sorted(found | told, key=lambda value: (value in (GIVEN, OMITTED), value)):
                cells = tuple(self._value(api, attribute, value) for api in self._apis)
                if any(cells):
                    rows.append((visible(f"{attribute} {value}"), cells))
        return CoverageTable("Parameters", ("Parameter", *map(visible, self._apis)), tuple(rows))

    def _value(self, api: str, attribute: str, value: str) -> Covered | None:
        parameter = self._parameters.get(api, {}).get(attribute)
        counts = self._values.get((api, attribute, value))
        if counts is None:
            lost = value in _values(parameter) and not self._tried(api, attribute, value)
            return Covered(0) if lost else None
        if value == OMITTED and parameter is None:
            return None
        few = sum(self._count(api, "value", dtype) > 0 for dtype in self._dtypes) > len(counts)
        filters = [] if value in (GIVEN, OMITTED) else [("feature", f"{attribute}:{value}")]
        note = visible(", ".join(dtype_order(counts))) if few else ""
        return Covered(counts.total(), self._fragment(api, *filters), note)

    def _fragment(self, api: str, *filters: tuple[str, str]) -> str:
        """The fragment that shows checks; what filters cannot tell, they leave in."""
        pairs = [("operator", self._name), ("api", api), *filters]
        return "checks?" + urlencode([(name, visible(text)) for name, text in pairs])


def _values(parameter: ParameterForm | None) -> list[str]:
    """The documented values of a parameter, as features have them."""
    return [] if parameter is None else [_word(value) for value in parameter["values"] or ()]


def _word(source: str) -> str:
    """A default or value, which a header has as Python writes it, as features have it."""
    try:
        return scalar_word(ast.literal_eval(source))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return source
