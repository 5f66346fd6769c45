"""A standalone script that repeats one check: NumPy, the framework, bit-exact inputs, the same call."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from conformance.plan import EAGER
from conformance.report.dialects import DIALECTS, UNKNOWN, device_word
from conformance.report.headline import headline
from conformance.report.judging import judging
from conformance.report.literals import NotReproducibleError, arguments, comment, dotted, literal
from conformance.report.script_inputs import InputSource, input_source, layout_source
from conformance.results import ArgumentForm, CheckRecord, InputForm

_IMPORT = """\
try:
    import FRAMEWORK
except ImportError as problem:
    print(problem)
    sys.exit(2)"""
_END = """\
if __name__ == "__main__":
    try:
        code = main()
    except Exception:
        traceback.print_exc()
        print("cannot tell: something else fails")
        code = 2
    sys.exit(code)"""
UPSTREAM = "\0upstream"  # a key that no input has
_OURS = ("harness_error", "invalid_case", "not_run")


def reproducer(record: CheckRecord) -> str | None:
    """The script of a check; None where the framework was not asked, so that nothing can be repeated.

    It exits with 1 while the problem is there, with 0 when it is gone, and with 2 where it cannot tell.
    Minimised inputs are used where the record has them. A record that does not hold enough gives a
    script that says so.
    """
    if record["outcome"] in _OURS:
        return None
    try:
        return _script(record)
    except NotReproducibleError as problem:
        lines = [
            *_about(record),
            *comment(f"This script cannot be written: {problem}."),
            "raise SystemExit(2)",
        ]
        return "\n".join(lines) + "\n"


def _script(record: CheckRecord) -> str:
    framework = dotted(record["framework"])
    if "." in framework:
        raise NotReproducibleError("the framework's name is no module's")
    dialect = DIALECTS.get(framework, UNKNOWN)
    compiled = "" if record["mode"] == EAGER else dialect.modes.get(record["mode"], "")
    if record["mode"] != EAGER and not compiled:
        raise NotReproducibleError(f"scripts do not know how {framework} is called in this mode")
    differentiated = _differentiated(record)
    if differentiated and not dialect.gradients:
        raise NotReproducibleError(f"scripts do not know how {framework} differentiates")
    judge = judging(record)
    inputs = _inputs(record, differentiated)
    imports = sorted(
        {"sys", "traceback", *judge.imports, *(name for each in inputs.values() for name in each.imports)}
    )
    parts = [
        "\n".join([*_about(record), "from __future__ import annotations"]),
        "\n".join(f"import {name}" for name in imports),
        f"import numpy as np\n\n{_IMPORT.replace('FRAMEWORK', framework)}",
        dialect.setup.replace("{device}", device_word(framework, _plain_word(record["device"]))),
        dialect.tensors.rstrip(),
        dialect.gradients.rstrip() if differentiated else "",
        compiled,
        *_helpers(inputs, judge.constants, dialect.expand),
        judge.constants,
        _call(record, inputs, differentiated, bool(compiled)),
        judge.code,
        _END,
    ]
    return _joined([part for part in parts if part])


def _joined(parts: list[str]) -> str:
    """Parts with two empty lines around functions, one elsewhere, as formatters want it."""
    text = parts[0]
    # A part is one function, or some, or plain statements.
    for before, part in itertools.pairwise(parts):
        wide = part.startswith(("def ", "if __name__", "# The suite has")) or "\ndef " in f"\n{before}"
        text += ("\n\n\n" if wide else "\n\n") + part
    return text + "\n"


def _about(record: CheckRecord) -> list[str]:
    told = f"{record['framework']} {record['framework_version']}"
    return [
        *comment(headline(record)),
        *comment(f"Check {record['id']}, seen with {told}."),
        "# Needs NumPy and the framework alone. Exits with 1 while the problem is there, with 0 after.",
    ]


def _plain_word(text: str) -> str:
    if not text.replace(":", "").replace("_", "").replace("-", "").isalnum() or not text.isascii():
        raise NotReproducibleError("the device's name is no plain word")
    return text


def _differentiated(record: CheckRecord) -> list[str]:
    """The inputs to differentiate with respect to; none where the output itself has another shape.

    Raises NotReproducibleError where the record does not tell the upstream gradient.
    """
    if record["gradient"] is not None:
        return record["gradient"]["inputs"]
    if record["aspect"].startswith("gradient") and record["subtype"] != "shape":
        raise NotReproducibleError("the upstream gradient is not in the record")
    return []


def _inputs(record: CheckRecord, differentiated: Sequence[str]) -> dict[str, InputSource]:
    """Source of each input that the call uses, and of the upstream gradient, by name in the record."""
    style, minimised = record["call_style"], record["minimised"]
    passed = [*style["construct_args"], *style["construct_kwargs"].values(), *style["args"]]
    passed += style["kwargs"].values()
    used = [form["input"] for form in passed if "input" in form]
    forms: Mapping[str, InputForm] = minimised["inputs"] if minimised is not None else record["inputs"]
    sources: dict[str, InputSource] = {}
    for name in used:
        if name not in forms:
            raise NotReproducibleError("an input of the call is not in the record")
        if name not in sources:
            taken = {each.name for each in sources.values()}
            sources[name] = input_source(name, forms[name], taken, record["framework"])
    if not set(differentiated) <= sources.keys():
        raise NotReproducibleError("an input of the gradient is none of the call")
    if differentiated and record["gradient"] is not None:
        upstream = minimised["upstream"] if minimised is not None else record["gradient"]["upstream"]
        if upstream is None:
            raise NotReproducibleError("the upstream gradient is not in the record")
        taken = {each.name for each in sources.values()}
        sources[UPSTREAM] = input_source("upstream", upstream, taken, record["framework"])
    return sources


def _helpers(inputs: Mapping[str, InputSource], constants: str, expand: str) -> list[str]:
    sources = list(inputs.values())
    helpers = list(dict.fromkeys(helper for each in sources for helper in each.helpers))
    if any("floats(" in each.code for each in sources) or "floats(" in constants:
        helpers.append(
            "def floats(text):\n"
            "    return np.array([float.fromhex(word) for word in text.split()], dtype=np.float64)"
        )
    layouts = {each.layout for each in sources if each.layout}
    return [*helpers, layout_source(layouts, expand)] if layouts else helpers


def _call(
    record: CheckRecord, inputs: Mapping[str, InputSource], differentiated: Sequence[str], compiled: bool
) -> str:
    style, target = record["call_style"], dotted(record["api"])

    def source(form: ArgumentForm) -> str:
        return inputs[form["input"]].name if "input" in form else literal(form["scalar"])

    given = arguments(
        map(source, style["args"]), [(name, source(form)) for name, form in style["kwargs"].items()]
    )
    if style["kind"] == "class":
        construct = arguments(
            map(source, style["construct_args"]),
            [(name, source(form)) for name, form in style["construct_kwargs"].items()],
        )
        target = f"{target}({construct})"
    lines = [f"{each.name} = {each.code}" for each in inputs.values()]
    if compiled:
        lines.append(f"function = compiled({target})")
        target = "function"
    if not differentiated:
        return _function("call", "", [*lines, f"return {target}({given})"])
    names = ", ".join(inputs[name].name for name in differentiated)
    assert record["gradient"] is not None
    position = differentiated.index(record["gradient"]["of"])
    upstream = inputs[UPSTREAM].name
    lines += ["", *_function("forward", names, [f"return {target}({given})"]).split("\n"), ""]
    lines.append(f"return gradients(forward, [{names}], {upstream})[{position}]")
    return _function("call", "", lines)


def _function(name: str, parameters: str, lines: Iterable[str]) -> str:
    body = textwrap.indent("\n".join(lines), "    ")
    return f"def {name}({parameters}):\n{body}"
