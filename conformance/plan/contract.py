"""What an API promised for a call: features used, level, declared gaps, documented errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.model import INDEX, Api, Case, Generator, InputSpec, Level, Literal, Scalar

SILENT_MUST = ("float32", "float64")
SILENT_INDEX = "int64"  # where a document is silent about the dtype of indices


@dataclass(frozen=True, slots=True)
class Promise:
    """What one API's documentation says of one call.

    `undocumented` are the features used that it does not mention, `declared` is the reason why its
    row says the call is not supported, `raises` the exception classes it documents.
    """

    features: tuple[str, ...]
    undocumented: tuple[str, ...]
    declared: str | None
    raises: tuple[str, ...]

    @property
    def level(self) -> Level:
        """`must` where everything the call uses is documented."""
        return Level.OBSERVE if self.undocumented or self.declared else Level.MUST


def scalar_word(value: Scalar) -> str:
    """A scalar as it is written in a case file (and so in ids and features)."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def same_value(one: object, other: object) -> bool:
    """Whether two values are the same to an API: `true` is not 1, which Python thinks equal."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def shape_of(source: InputSpec) -> tuple[int, ...] | None:
    """The shape of an input, or None for an input that is no tensor."""
    if isinstance(source.source, Generator):
        return source.source.shape
    if isinstance(source.source, Literal):
        return _literal_shape(source.source.value)
    return None


def _literal_shape(value: object) -> tuple[int, ...]:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return tuple(shape)
    sizes = []
    while isinstance(value, (list, tuple)):
        sizes.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(sizes)


def _shape_features(inputs: tuple[InputSpec, ...]) -> list[str]:
    shapes = [shape for shape in map(shape_of, inputs) if shape is not None]
    features = []
    if any(shape == () for shape in shapes):
        features.append("0-d")
    if any(0 in shape for shape in shapes):
        features.append("empty")
    return features


def _positional_features(api: Api, case: Case) -> list[str]:
    names = [parameter.name for parameter in api.parameters]
    in_order = names[: len(case.positional)] == list(case.positional)
    return [] if in_order else [f"positional:{name}" for name in case.positional]


def index_dtype_of(inputs: tuple[InputSpec, ...], case: Case) -> str | None:
    """The integer dtype that the case's inputs of dtype `index` have among `inputs`; None without any."""
    names = {source.name for source in case.inputs if source.dtype == INDEX}
    return next((source.dtype for source in inputs if source.name in names), None)


def _index_features(api: Api, dtype: str | None) -> tuple[list[str], list[str]]:
    """The feature of an index dtype, and itself again where it is undocumented."""
    if dtype is None:
        return [], []
    feature = f"index_dtype:{dtype}"
    documented = api.index_dtypes or (SILENT_INDEX,)
    return [feature], [] if dtype in documented else [feature]


def _input_gaps(api: Api, inputs: tuple[InputSpec, ...]) -> tuple[list[str], list[str], list[str]]:
    """Optional inputs: those passed as parameters, those left out of the call, why one cannot be passed."""
    given = [source.name for source in inputs if source.name not in api.inputs]
    left_out = {*api.inputs}.difference(source.name for source in inputs)
    parameters = {parameter.name for parameter in api.parameters}
    gaps = [
        f"no parameter {name}"
        for name in given
        if name not in parameters and name not in api.raises and name not in api.unsupported
    ]
    return given, [f"without:{name}" for name in api.inputs if name in left_out], gaps


def _attribute_gaps(api: Api, given: Mapping[str, Scalar]) -> tuple[list[str], list[str]]:
    """Of the attributes `given`: the values that are undocumented, and why others cannot be passed."""
    parameters = {parameter.name: parameter for parameter in api.parameters}
    undocumented, gaps = [], []
    for name, value in given.items():
        if name in parameters:
            values = parameters[name].values
            if values is not None and not any(same_value(value, known) for known in values):
                undocumented.append(f"{name}:{scalar_word(value)}")
        elif name in api.fixed:
            if not same_value(value, api.fixed[name]):
                gaps.append(f"{name} is always {scalar_word(api.fixed[name])}")
        elif name not in api.raises and name not in api.unsupported:
            gaps.append(f"no parameter {name}")
    return undocumented, gaps


def _place_gaps(api: Api, dtype: str, device: str) -> tuple[list[str], list[str]]:
    """Of the dtype and the device (as `cuda:1`): what the document is silent about, what it rules out."""
    undocumented, gaps = [], []
    if api.dtypes is None:
        if dtype not in SILENT_MUST:
            undocumented.append(f"dtype:{dtype}")
    elif dtype not in api.dtypes and f"dtype:{dtype}" not in api.raises:
        gaps.append(f"documented for {', '.join(api.dtypes)} only")
    if device.partition(":")[0] not in api.platforms:
        gaps.append(f"documented for {', '.join(api.platforms)} only")
    return undocumented, gaps


def promise(
    api: Api,
    case: Case,
    inputs: tuple[InputSpec, ...],
    given: Mapping[str, Scalar],
    dtype: str,
    device: str,
    of: str | None = None,
) -> Promise:
    """What `api` promises for `case` with the attributes `given`, in `dtype` on `device`.

    With `of`, for its gradient with respect to that input, which is a feature of its own.

    Where a document is silent about dtypes, float32 and float64 are documented, the half types are not.
    A row's `unsupported` and `raises` may name a feature, or an attribute whatever its value.
    """
    of_inputs, left_out, input_gaps = _input_gaps(api, inputs)
    index, undocumented_index = _index_features(api, index_dtype_of(inputs, case))
    called = [*case.features, *_shape_features(inputs), *_positional_features(api, case), *left_out]
    if of is not None:
        called.append(f"gradient:{of}")
    values = [f"{name}:{scalar_word(value)}" for name, value in given.items()]
    features = (
        *called,
        *of_inputs,
        *values,
        *index,
        f"dtype:{dtype}",
        f"platform:{device.partition(':')[0]}",
    )
    of_attributes, attribute_gaps = _attribute_gaps(api, given)
    of_place, place_gaps = _place_gaps(api, dtype, device)
    keys = (*features, *given)
    declared = [f"{key}: {api.unsupported[key]}" for key in keys if key in api.unsupported]
    refused = [key for key in keys if key in api.raises]
    # A documented refusal covers the undocumented value that it refuses.
    settled = {*api.documented, *refused, *(values if refused else ())}
    uncertain = [*called, *of_attributes, *undocumented_index, *of_place]
    return Promise(
        features=features,
        undocumented=tuple(feature for feature in uncertain if feature not in settled),
        declared="; ".join([*input_gaps, *attribute_gaps, *place_gaps, *declared]) or None,
        raises=tuple(dict.fromkeys(api.raises[key] for key in refused)),
    )
