"""How a reproducer script makes its inputs: from literals, or with the suite's own generators."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache

from conformance.plan.generate import generate
from conformance.plan.rounding import round_to_numpy
from conformance.report.literals import NotReproducibleError, array_source, is_name, literal, shape_source
from conformance.results import InputForm

_OWN_NAMES = {
    "annotations", "array", "call", "differs", "drawn", "expected", "floats", "main", "np", "place",
    "compiled", "forward", "function", "gradients",
    "subprocess", "sys", "tensor", "Tensor", "DEVICE", "hashlib", "math", "names", "judge", "traceback", "os",
}  # fmt: skip
_DTYPES = {"float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"}
_LAYOUTS = {
    "transposed": """\
    if layout == "transposed" and values.ndim >= 2:
        return place(values.T, dtype).permute(*reversed(range(values.ndim)))
""",
    "strided": """\
    if layout == "strided" and values.ndim >= 1:
        gap = np.nan if values.dtype.kind == "f" else True if dtype == "bool" else np.iinfo(dtype).max
        wide = np.full((*values.shape[:-1], 2 * values.shape[-1]), gap, dtype=values.dtype)
        wide[..., ::2] = values
        return place(wide, dtype)[..., ::2]
""",
    "expanded": """\
    if layout == "expanded" and values.ndim >= 1 and values.shape[0] > 0:
        return place(values[:1], dtype)EXPAND
""",
}
_DRAWN = '''\
def drawn(name, drawn_shape, stream, options, dtype, shape, sha256):
    """The input as the suite drew it: the same bits on every machine."""
    values = round_to_numpy(generate(name, drawn_shape, stream, options), dtype)
    if dtype == "bfloat16":
        values = np.asarray(values.astype(np.uint32) << 16).view(np.float32)
    kind = {"b": "|b1", "i": "<i8"}.get(values.dtype.kind, "<f8")
    values = np.array(np.broadcast_to(values, shape), dtype=kind, order="C")
    assert hashlib.sha256(values.tobytes()).hexdigest() == sha256, "not the input that was recorded"
    return values'''


@dataclass(frozen=True, slots=True)
class InputSource:
    """One input: the name it has in the script, its source, and what that needs."""

    name: str
    code: str
    layout: str | None = None
    imports: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


def input_source(name: str, form: InputForm, taken: Collection[str], framework: str) -> InputSource:
    """The source of the input `name`. Raises NotReproducibleError."""
    generated = "values" not in form and "raw" not in form
    helpers = _generator_code() if generated else ()
    reserved = {*_OWN_NAMES, *taken, framework, *(_names(helpers) if generated else ())}
    own = name if is_name(name) and name not in reserved else f"input_{len(taken)}"
    if "raw" in form:
        return InputSource(own, _raw(form))
    dtype, layout = form["dtype"], form["layout"]
    if dtype not in _DTYPES or layout not in {"contiguous", *_LAYOUTS}:
        raise NotReproducibleError("an input has a dtype or layout that scripts do not know")
    values = _drawn(form) if generated else array_source(form)
    imports = ("hashlib",) if generated else ()
    if layout == "contiguous":
        return InputSource(own, f'place({values}, "{dtype}")', None, imports, helpers)
    return InputSource(own, f'tensor({values}, "{dtype}", "{layout}")', layout, imports, helpers)


def layout_source(layouts: Collection[str], expand: str) -> str:
    """The function that lays a tensor out in memory as the check did; `expand` is the framework's way."""
    branches = "".join(code for name, code in _LAYOUTS.items() if name in layouts).replace("EXPAND", expand)
    return f"def tensor(values, dtype, layout):\n{branches}    return place(values, dtype)"


def _raw(form: InputForm) -> str:
    value = literal(form["raw"])
    if not form["ndarray"]:
        return value
    dtype = form.get("dtype", "float64")
    if dtype not in _DTYPES:
        raise NotReproducibleError("an argument has a dtype that NumPy lacks")
    return f'np.array({value}, dtype="{dtype}")'


def _drawn(form: InputForm) -> str:
    generator = form.get("generator")
    if generator is None or "sha256" not in form:
        raise NotReproducibleError("a large input is not in the record, nor how it was made")
    if not generator["stream"].isascii() or not generator["stream"].isdigit() or not form["sha256"].isalnum():
        raise NotReproducibleError("a generator's stream is no number")
    options = ", ".join(f"{key!a}: {literal(value)}" for key, value in generator["options"].items())
    return (
        f"drawn(\n    {generator['name']!a}, {shape_source(generator['shape'])}, {int(generator['stream'])}, "
        f"{{{options}}}, {form['dtype']!a},\n    {shape_source(form['shape'])},\n    {form['sha256']!a},\n)"
    )


def _generator_code() -> tuple[str, ...]:
    """The suite's generator and rounding modules, word for word."""
    return (_module_text(generate), _module_text(round_to_numpy), _DRAWN)


def _module_text(function: Callable[..., object]) -> str:
    """The text of the module that `function` is defined in."""
    try:
        text = inspect.getsource(sys.modules[function.__module__])
    except (OSError, TypeError) as problem:
        raise NotReproducibleError("the suite's own source is not at hand") from problem
    lines = [line for line in text.strip().splitlines() if line != "from __future__ import annotations"]
    name = function.__module__
    return "\n".join([f"# From here to the next mark: {name}, word for word.", *lines, f"# End of {name}."])


def _names(texts: Collection[str]) -> set[str]:
    return {name for text in texts for name in _names_of(text)}


@cache  # few texts, each a part of very many scripts
def _names_of(text: str) -> frozenset[str]:
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(found)
