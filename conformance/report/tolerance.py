"""The tolerance report: one structure for terminal, HTML and issue tracker (design, section 10)."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence

from conformance.report.blocks import Block, Facts, Grid, Listing, Report, Section
from conformance.report.figures import (
    decimal,
    hexadecimal,
    index_words,
    multiple,
    scalar_words,
    shape_words,
    short,
)
from conformance.report.headline import Conventions, headline, wrong_elements
from conformance.report.peers import peer_rows
from conformance.report.reproducer import reproducer
from conformance.report.values import input_words, value_words
from conformance.report.visible import clipped, visible, visible_lines
from conformance.results import ArgumentForm, CheckRecord, ConventionForm, ErrorForm, Number, Peer, number

TAIL = 40  # lines of a log or traceback
ILL_CONDITIONED = 1e3
_NEEDS_WHY = ("mismatch", "degraded", "vacuous", "pass")
_SAFE_WORD = re.compile(r"[\w:+\-./]+")


def tolerance_report(
    record: CheckRecord, peers: Sequence[Peer] = (), conventions: Conventions | None = None
) -> Report:
    """The report of one check of any outcome.

    `peers` are records of the same `call` through other APIs or in other environments, `conventions` the
    operator's, from the header (for their questions).
    """
    sections = [
        Section("check", (_identity(record),)),
        *_numbers(record),
        *_returned(record),
        *_refusal(record),
        *_elsewhere(record, peers),
        *_why(record, conventions or {}),
        *_process(record),
        Section("source", (_source(record),)),
        Section("run it again", (_rerun(record),)),
    ]
    script = reproducer(record)
    if script is not None:
        sections.append(Section("reproducer", (Listing(tuple(script.splitlines())),)))
    return Report(visible(record["id"]), headline(record, conventions), tuple(sections))


def _facts(*rows: tuple[str, str | None]) -> Facts:
    return Facts(tuple((visible(label), visible(value)) for label, value in rows if value))


def _identity(record: CheckRecord) -> Facts:
    kind = f" ({record['subtype']})" if record["subtype"] else ""
    attributes = ", ".join(f"{name}={scalar_words(value)}" for name, value in record["attributes"].items())
    shapes = "; ".join(f"{name} {input_words(form)}" for name, form in record["inputs"].items())
    place = f"{record['framework']} {record['framework_version']} on {record['device']}, {record['mode']}"
    if record["environment"] != record["framework"]:
        place += f", environment {record['environment']}"
    undocumented = ", ".join(record["undocumented"])
    level = "must: all of it is documented" if record["level"] == "must" else "observe: not documented"
    return _facts(
        ("outcome", f"{record['outcome']}{kind}"),
        ("id", record["id"]),
        ("operator", f"{record['operator']}({attributes})"),
        ("inputs", f"{record['dtype']}; {shapes}" if shapes else record["dtype"]),
        ("called", _call_words(record)),
        ("gradient", _gradient_words(record)),
        ("environment", place),
        ("level", f"{level} ({undocumented})" if undocumented else level),
        ("declared", record["declared"]),
    )


def _gradient_words(record: CheckRecord) -> str | None:
    """Which gradient, of what: the output is contracted with the upstream gradient."""
    gradient = record["gradient"]
    if gradient is None:
        return None
    others = [name for name in gradient["inputs"] if name != gradient["of"]]
    words = f"with respect to {gradient['of']}"
    if others:
        words += f" (of {', '.join(gradient['inputs'])}, in one backward pass)"
    form = gradient["upstream"]
    shape = shape_words(form["shape"]) if "shape" in form else "unknown"
    return f"{words}; upstream gradient of shape {shape}"


def _call_words(record: CheckRecord) -> str:
    style = record["call_style"]

    def words(form: ArgumentForm) -> str:
        return form["input"] if "input" in form else scalar_words(form["scalar"])

    def listed(args: Sequence[ArgumentForm], kwargs: Mapping[str, ArgumentForm]) -> str:
        return ", ".join([*map(words, args), *(f"{name}={words(form)}" for name, form in kwargs.items())])

    call = listed(style["args"], style["kwargs"])
    if style["kind"] == "function":
        return f"{record['api']}({call})"
    return f"{record['api']}({listed(style['construct_args'], style['construct_kwargs'])})({call})"


def _numbers(record: CheckRecord) -> list[Section]:
    error = record["error"]
    if error is None or not error["total"]:
        return []
    if error["worst_actual"] is None or error["worst_expected"] is None:
        return [Section("how far", (_how_far(record, error),))]
    rows = [
        ("actual", decimal(error["worst_actual"]), hexadecimal(error["worst_actual"])),
        ("expected", decimal(error["worst_expected"]), hexadecimal(error["worst_expected"])),
    ]
    rows += [
        (visible(name), decimal(value), hexadecimal(value)) for name, value in error["worst_inputs"].items()
    ]
    title = (
        f"worst element, at {index_words(error['worst_index'] or [])}"
        if error["total"] > 1
        else "the element"
    )
    return [
        Section(title, (Grid(("", " decimal", " hexadecimal"), tuple(rows)),)),
        Section("how far", (_how_far(record, error),)),
    ]


def _how_far(record: CheckRecord, error: ErrorForm) -> Facts:
    bound = error["bound"]
    made = None
    if bound is not None:
        parts = [f"{name} {short(bound[name])}" for name in ("elementwise", "accumulation", "output")]
        made = f"2 x ({' + '.join(parts)}) + 2 x the smallest subnormal"
    finite = all(_finite(error[key]) for key in ("worst_actual", "worst_expected"))
    ulp = _measured(error["max_ulp"]) if finite else None
    return _facts(
        ("differ", _pattern(error) if error["mismatched"] else None),
        ("error", multiple(error["max_bound_ratio"] if finite else "Infinity")),
        ("absolute", _measured(error["max_abs"]) if finite else None),
        ("relative", _measured(error["max_rel"]) if finite else None),
        ("ulp", f"{ulp} units in the last place of {record['dtype']}" if ulp else None),
        ("allowance", _measured(error["allowance"])),
        ("made of", made if _measured(error["allowance"]) else None),
        ("condition", _condition(error)),
        ("vacuous", f"{error['vacuous']:,} of {error['total']:,}" if error["vacuous"] else None),
    )


def _pattern(error: ErrorForm) -> str:
    words = wrong_elements(error) if error["total"] > 1 else "the only element"
    if error["pattern"] and error["total"] > 1:
        words += f", {error['pattern']}"
    return f"{words}; all too {error['bias']}" if error["bias"] else words


def _finite(form: Number | None) -> bool:
    return form is None or math.isfinite(number(form))


def _measured(form: Number | None) -> str | None:
    """A number that can be measured; none where a NaN or an infinity is compared."""
    return short(form, 4) if form is not None and math.isfinite(number(form)) else None


def _condition(error: ErrorForm) -> str | None:
    form = error["condition"]
    if form is None or math.isnan(number(form)):
        return None
    return f"{short(form)}, ill-conditioned" if number(form) > ILL_CONDITIONED else short(form)


def _returned(record: CheckRecord) -> list[Section]:
    """Whole values, where no worst element tells the story."""
    error = record["error"]
    if error is not None and error["worst_actual"] is not None:
        return []
    rows = [("returned", value_words(record["actual"])), ("expected", value_words(record["expected"]))]
    if record["outcome"] in ("error", "crash", "timeout", "wrong_error", "unsupported", "harness_error"):
        rows = rows[1:]
    facts = _facts(*rows)
    return [Section("values", (facts,))] if facts.rows else []


def _refusal(record: CheckRecord) -> list[Section]:
    told = record["exception"]
    if told is None:
        return []
    message = f"{told['class']}: {told['message']}"
    lines = visible_lines(told["traceback"], TAIL)
    repeated = all(line in "\n".join(lines) for line in visible_lines(message))
    return [
        Section(
            "exception", (Listing(tuple(lines if repeated else [*lines, *visible_lines(message, TAIL)])),)
        )
    ]


def _elsewhere(record: CheckRecord, peers: Sequence[Peer]) -> list[Section]:
    head, rows = peer_rows(record, peers)
    return [Section("the same call elsewhere", (Grid(head, tuple(rows)),))] if rows else []


def _why(record: CheckRecord, conventions: Conventions) -> list[Section]:
    hypothesis, rows = record["hypothesis"], []
    if hypothesis is not None:
        rows.append(
            ("the result equals", f"{hypothesis['text'] or hypothesis['name']} [{hypothesis['name']}]")
        )
    elif record["outcome"] == "mismatch" and record["subtype"] in (
        "value",
        "nonfinite",
        "intermediate_overflow",
    ):
        rows.append(("hypothesis", "none of the known explanations fits"))
    for name, choice in record["conventions"].items():
        rows += _convention_rows(name, choice, conventions)
    if record["detail"] and record["outcome"] in _NEEDS_WHY and record["subtype"] not in ("shape", "dtype"):
        rows.append(("detail", clipped(record["detail"], 400)))
    return [Section("why", (_facts(*rows),))] if rows else []


def _convention_rows(name: str, choice: str, conventions: Conventions) -> list[tuple[str, str]]:
    known = conventions.get(name)
    if known is None:
        return [(f"convention {name}", choice)]
    rows = [(f"convention {name}", known["question"]), ("followed", _choice_words(choice, known))]
    if choice != known["reference"]:
        rows.append(("the reference", f"{_choice_words(known['reference'], known)} ({known['source']})"))
    return rows


def _choice_words(choice: str, convention: ConventionForm) -> str:
    meaning = convention["choices"].get(choice)
    return f"{choice}: {meaning}" if meaning else choice


def _process(record: CheckRecord) -> list[Section]:
    blocks: list[Block] = []
    if record["detail"] and record["outcome"] in ("harness_error", "crash", "timeout", "invalid_case"):
        blocks.append(Listing(tuple(visible_lines(record["detail"], TAIL))))
    if record["log"].strip():
        blocks.append(Listing(tuple(visible_lines(record["log"], TAIL))))
    return (
        [Section("what it printed" if record["log"].strip() else "detail", tuple(blocks))] if blocks else []
    )


def _source(record: CheckRecord) -> Facts:
    source = record["source"]
    document = None
    if source is not None:
        version = "" if source["version"] == "unknown" else f", version {source['version']}"
        url = "" if source["url"] == "unknown" else f", {source['url']}"
        document = f"{source['title']}{version}{url}"
    return _facts(("case", f"{record['location']}  {record['summary']}"), ("document", document))


def _rerun(record: CheckRecord) -> Listing:
    path = record["location"].rpartition(":")[0] or "cases"
    commands = []
    if _SAFE_WORD.fullmatch(record["id"]):
        commands.append(f"pytest {shlex.quote(visible(path))} -k {shlex.quote(record['id'])}")
    commands.append(f"conformance show {shlex.quote(visible(record['id']))}")
    return Listing(tuple(commands))
