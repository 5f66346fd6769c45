"""The part of a reproducer script that says whether the problem is still there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from conformance.report.literals import NotReproducibleError, array_source, float_literal, shape_source
from conformance.results import CheckRecord, Number, ValueForm, number

LARGEST_PRINTED = 64


@dataclass(frozen=True, slots=True)
class Judging:
    """Source of `main`, the modules that it needs, and the constants that stand before it."""

    code: str
    imports: tuple[str, ...] = ()
    constants: str = ""


def judging(record: CheckRecord) -> Judging:
    """How a script judges what `call()` does. Raises NotReproducibleError."""
    expected = record["expected"]
    if record["outcome"] in ("crash", "timeout"):
        return _death(record)
    if expected is not None and "exception" in expected:
        return Judging(_REFUSAL.replace("NAMES", _literal_names(expected["exception"])))
    if record["outcome"] in ("error", "unsupported"):
        return Judging(_RAISES)
    if expected is not None and "text" in expected:
        return Judging(_PRINTED.replace("TEXT", ascii(expected["text"])))
    if record["subtype"] == "missing_gradient":
        return Judging(_MISSING)
    if record["subtype"] == "shape" and expected is not None and "shape" in expected:
        return Judging(_SHAPE.replace("SHAPE", shape_source(expected["shape"])))
    if record["subtype"] == "dtype":
        return Judging(_DTYPE.replace("DTYPE", ascii(record["dtype"])))
    return _numbers(record)


def _literal_names(exception: str) -> str:
    """`ValueError or TypeError` as a list of names."""
    return f"[{', '.join(ascii(name) for name in exception.split(' or '))}]"


def _numbers(record: CheckRecord) -> Judging:
    minimised, error = record["minimised"], record["error"]
    expected: ValueForm | None = record["expected"]
    index: list[int] | None = None
    want: Number | None = None
    allowance: Number | None = None
    if minimised is not None:
        expected, index = minimised["expected"], minimised["worst_index"]
        allowance = minimised["allowance"]
    elif error is not None:
        index, want, allowance = error["worst_index"], error["worst_expected"], error["allowance"]
    whole = _printable(expected)
    constants = f"expected = {whole}" if whole else ""
    if index is None or (want is None and whole is None) or (allowance is None and want is None):
        return Judging(_SHOW.replace("EXPECTED", "expected" if whole else "None"), constants=constants)
    source = float_literal(want) if want is not None else f"expected[{_index(index)}]"
    code = _NUMBERS.replace("INDEX", _index(index)).replace("WANT", source)
    code = code.replace("ALLOWANCE", _allowance(allowance))
    code = code.replace("WHOLE", '    print("expected", expected, sep="\\n")\n' if whole else "")
    return Judging(code, constants=constants)


def _printable(expected: ValueForm | None) -> str | None:
    if expected is None or "shape" not in expected or "values" not in expected:
        return None
    return array_source(expected)


def _index(index: list[int]) -> str:
    return shape_source(index)


def _allowance(allowance: Number | None) -> str:
    if allowance is None or math.isnan(number(allowance)):
        return "0.0"
    return float_literal(allowance)


def _death(record: CheckRecord) -> Judging:
    seconds = number(record["seconds"])
    if not math.isfinite(seconds):
        raise NotReproducibleError("the deadline is not in the record")
    deadline = max(60, math.ceil(seconds))
    if record["outcome"] == "timeout":
        deadline = max(1, math.ceil(seconds))
    return Judging(_DEATH.replace("DEADLINE", str(deadline)), ("subprocess",))


_NUMBERS = '''\
def differs(got, want, allowance):
    """Whether `got` is not what it should be; a NaN or infinity has to be the same."""
    if np.isnan(want) or np.isinf(want):
        return not (got == want or (np.isnan(got) and np.isnan(want)))
    return not abs(got - want) <= allowance


def main():
    actual = array(call())
    index, want, allowance = INDEX, WANT, ALLOWANCE
    np.set_printoptions(precision=17)
    if actual.size <= 64:
        print("actual", actual, sep="\\n")
WHOLE    if actual.ndim != len(index) or any(at >= size for at, size in zip(index, actual.shape)):
        print(f"the output has another shape now: {actual.shape}")
        return 1
    got = float(actual[index])
    print(f"at {index}: actual {got!r} ({got.hex()}), expected {float(want)!r} ({float(want).hex()})")
    print(f"they are {abs(got - want):.3g} apart, allowed are {allowance:.3g}")
    wrong = differs(got, want, allowance)
    print("REPRODUCED" if wrong else "not reproduced: this element is right")
    return 1 if wrong else 0'''

_SHOW = """\
def main():
    result = call()
    np.set_printoptions(precision=17)
    print("actual", array(result) if isinstance(result, Tensor) else result, sep="\\n")
    print("expected", EXPECTED, sep="\\n")
    print("nothing was wrong with this check: there is nothing to reproduce")
    return 0"""

_SHAPE = """\
def main():
    result = call()
    shape = tuple(array(result).shape) if isinstance(result, Tensor) else type(result).__name__
    print("actual shape", shape, "expected shape", SHAPE)
    print("REPRODUCED" if shape != SHAPE else "not reproduced: the shape is right")
    return 1 if shape != SHAPE else 0"""

_MISSING = """\
def main():
    gradient = call()
    print("the gradient is", None if gradient is None else array(gradient))
    missing = gradient is None or not array(gradient).any()
    print("REPRODUCED" if missing else "not reproduced: there is a gradient")
    return 1 if missing else 0"""

_DTYPE = """\
def main():
    result = call()
    name = str(getattr(result, "dtype", type(result).__name__)).rpartition(".")[2].lower()
    print("actual dtype", name, "expected dtype", DTYPE)
    print("REPRODUCED" if name != DTYPE else "not reproduced: the dtype is right")
    return 1 if name != DTYPE else 0"""

_PRINTED = """\
def main():
    result = call()
    wanted = " ".join(TEXT.split())
    shown = [" ".join(text.split()) for text in (str(result), repr(result))]
    print("actual  ", shown[0])
    print("expected", wanted)
    print("not reproduced: it prints the same" if wanted in shown else "REPRODUCED")
    return 0 if wanted in shown else 1"""

_REFUSAL = """\
def main():
    try:
        result = call()
        print("returned", array(result) if isinstance(result, Tensor) else result)
    except Exception as problem:
        classes = [kind.__name__ for kind in type(problem).__mro__]
        print(f"raised {type(problem).__name__}: {problem}")
        if any(name in classes for name in NAMES):
            print("not reproduced: it refuses as documented")
            return 0
    print("REPRODUCED: expected", " or ".join(NAMES))
    return 1"""

_RAISES = """\
def main():
    try:
        result = call()
        print("returned", array(result) if isinstance(result, Tensor) else result)
    except Exception:
        traceback.print_exc()
        print("REPRODUCED")
        return 1
    print("not reproduced: it returns")
    return 0"""

_DEATH = """\
def main():
    if "--call" in sys.argv:
        result = call()
        print("returned", array(result) if isinstance(result, Tensor) else result)
        return 0
    # In a process of its own, so that this one survives to tell.
    try:
        status = subprocess.run([sys.executable, __file__, "--call"], timeout=DEADLINE).returncode
    except subprocess.TimeoutExpired:
        print("REPRODUCED: no answer within DEADLINE seconds")
        return 1
    # A negative status is a signal (POSIX), a huge one an unhandled fault (Windows).
    died = status < 0 or status > 255
    print(f"REPRODUCED: the process died ({status})" if died else f"not reproduced: it exits with {status}")
    return 1 if died else 0"""
