"""What an API promised: the level of a check, declared gaps, documented refusals (design, section 5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from op_file import HEAD

from conformance.casefile import load
from conformance.model import Level
from conformance.plan import Promise, promise

PARAMETERS = """\
    parameters:
      mode: {default: mean, values: [mean, none]}
      flag: {default: false, values: [true, false]}
      size: {default: null, values: [null, 1]}
"""


def promised(
    folder: Path,
    row: str = "",
    case: str = "",
    inputs: str = "{x: [1.0], y: [2.0]}",
    dtype: str = "float32",
    device: str = "cpu",
    parameters: str = PARAMETERS,
) -> Promise:
    """What the row of a class, with the lines `row`, promises for a case with the lines `case`."""
    text = HEAD + f"apis:\n  torch.nn.Op:\n    kind: class\n    document: paper\n{parameters}"
    text += "".join(f"    {line}\n" for line in row.splitlines())
    text += f"cases:\n  - id: a\n    summary: s\n    inputs: {inputs}\n"
    text += "".join(f"    {line}\n" for line in case.splitlines())
    path = folder / "op.yaml"
    path.write_text(text)
    operator = load(path)
    (only,) = operator.cases
    return promise(operator.apis["torch.nn.Op"], only, only.inputs, only.attributes, dtype, device)


def test_what_is_documented_throughout_must_hold(tmp_path: Path) -> None:
    made = promised(tmp_path, case="attributes: {mode: none, flag: true, size: null}")
    assert made.features == ("mode:none", "flag:true", "size:null", "dtype:float32", "platform:cpu")
    assert (made.level, made.undocumented, made.declared, made.raises) == (Level.MUST, (), None, ())


@pytest.mark.parametrize(
    ("dtype", "level"),
    [
        ("float32", Level.MUST),
        ("float64", Level.MUST),
        ("float16", Level.OBSERVE),
        ("bfloat16", Level.OBSERVE),
    ],
)
def test_where_a_document_is_silent_about_dtypes_the_half_types_are_observed(
    tmp_path: Path, dtype: str, level: Level
) -> None:
    made = promised(tmp_path, dtype=dtype)
    assert made.level is level
    assert made.undocumented == (() if level is Level.MUST else (f"dtype:{dtype}",))
    assert made.declared is None


def test_a_dtype_beside_a_silent_document_may_be_documented_as_a_feature(tmp_path: Path) -> None:
    assert promised(tmp_path, "documented: ['dtype:float16']", dtype="float16").level is Level.MUST


def test_documented_dtypes_must_hold_and_others_are_a_declared_gap(tmp_path: Path) -> None:
    row = "dtypes: [float16, float64]"
    for dtype in ("float16", "float64"):
        assert promised(tmp_path, row, dtype=dtype).level is Level.MUST
    made = promised(tmp_path, row, dtype="float32")
    assert (made.level, made.declared) == (Level.OBSERVE, "documented for float16, float64 only")
    assert (made.undocumented, made.raises) == ((), ())


def test_a_documented_refusal_of_a_dtype_is_a_promise(tmp_path: Path) -> None:
    for row in (
        "dtypes: [float16]\nraises: {'dtype:float32': TypeError}",
        "raises: {'dtype:float32': TypeError}",
    ):
        made = promised(tmp_path, row)
        assert (made.level, made.declared, made.raises) == (Level.MUST, None, ("TypeError",))
    assert promised(tmp_path, "raises: {'dtype:float16': TypeError}", dtype="float16").level is Level.MUST


def test_a_platform_that_is_not_documented_is_a_declared_gap(tmp_path: Path) -> None:
    assert promised(tmp_path, "platforms: [cpu, cuda]", device="cuda").level is Level.MUST
    made = promised(tmp_path, "platforms: [ascend]")
    assert (made.level, made.declared) == (Level.OBSERVE, "documented for ascend only")
    assert promised(tmp_path, device="cuda").declared == "documented for cpu only"


def test_a_device_of_many_is_of_its_platform(tmp_path: Path) -> None:
    made = promised(tmp_path, "platforms: [cuda]", device="cuda:1")
    assert (made.level, made.features[-1]) == (Level.MUST, "platform:cuda")


def test_an_undocumented_feature_is_observed(tmp_path: Path) -> None:
    case = "features: [broadcasting, nan]"
    made = promised(tmp_path, "documented: [nan]", case)
    assert (made.level, made.undocumented, made.declared) == (Level.OBSERVE, ("broadcasting",), None)
    assert made.features[:2] == ("broadcasting", "nan")
    assert promised(tmp_path, "documented: [nan, broadcasting]", case).level is Level.MUST


@pytest.mark.parametrize(
    ("inputs", "features"),
    [
        ("{x: 1, y: [1]}", ("0-d",)),
        ("{x: {generator: normal, shape: []}, y: 1}", ("0-d",)),
        ("{x: {generator: normal, shape: [3, 0]}, y: [1]}", ("empty",)),
        ("{x: [], y: 1}", ("0-d", "empty")),
        ("{x: {value: [], shape: [0, 3]}, y: [1]}", ("empty",)),
        ("{x: {raw: 1}, y: [1]}", ()),
        ("{x: {raw: []}, y: {raw: [], ndarray: true}}", ()),
    ],
)
def test_shapes_are_features_of_their_own(tmp_path: Path, inputs: str, features: tuple[str, ...]) -> None:
    made = promised(tmp_path, inputs=inputs)
    assert made.undocumented == features
    assert made.features[: len(features)] == features
    assert promised(tmp_path, "documented: [0-d, empty]", inputs=inputs).level is Level.MUST


def test_an_undocumented_value_is_observed(tmp_path: Path) -> None:
    made = promised(tmp_path, case="attributes: {mode: avg}")
    assert (made.level, made.undocumented, made.declared) == (Level.OBSERVE, ("mode:avg",), None)
    assert promised(tmp_path, "documented: ['mode:avg']", "attributes: {mode: avg}").level is Level.MUST


@pytest.mark.parametrize(("given", "feature"), [("{flag: 1}", "flag:1"), ("{size: true}", "size:true")])
def test_true_is_no_documented_one_and_one_is_no_documented_true(
    tmp_path: Path, given: str, feature: str
) -> None:
    assert promised(tmp_path, case=f"attributes: {given}").undocumented == (feature,)


def test_one_is_the_same_number_written_either_way(tmp_path: Path) -> None:
    assert promised(tmp_path, case="attributes: {size: 1.0}").level is Level.MUST


def test_any_value_is_documented_where_none_are_listed(tmp_path: Path) -> None:
    made = promised(
        tmp_path, case="attributes: {mode: avg}", parameters="    parameters: {mode: {default: mean}}\n"
    )
    assert made.level is Level.MUST


def test_a_parameter_that_an_api_lacks_is_a_declared_gap(tmp_path: Path) -> None:
    made = promised(tmp_path, case="attributes: {beta: 2.0}")
    assert (made.level, made.declared, made.undocumented) == (Level.OBSERVE, "no parameter beta", ())


@pytest.mark.parametrize(
    ("key", "declared"),
    [
        ("beta", "beta: not in this version"),
        ("'beta:2.0'", "no parameter beta; beta:2.0: not in this version"),
    ],
)
def test_a_declared_gap_gives_its_reason(tmp_path: Path, key: str, declared: str) -> None:
    made = promised(tmp_path, f"unsupported: {{{key}: not in this version}}", "attributes: {beta: 2.0}")
    assert (made.level, made.declared) == (Level.OBSERVE, declared)


def test_a_declared_gap_of_one_value_leaves_the_others(tmp_path: Path) -> None:
    row = "unsupported: {'mode:none': crashes}"
    assert promised(tmp_path, row, "attributes: {mode: none}").declared == "mode:none: crashes"
    assert promised(tmp_path, row, "attributes: {mode: mean}").level is Level.MUST


def test_a_declared_gap_of_a_feature(tmp_path: Path) -> None:
    row = "documented: [broadcasting]\nunsupported: {broadcasting: same shapes only, empty: no}"
    made = promised(tmp_path, row, "features: [broadcasting]")
    assert (made.level, made.declared, made.undocumented) == (
        Level.OBSERVE,
        "broadcasting: same shapes only",
        (),
    )
    assert promised(tmp_path, row, inputs="{x: [], y: [1]}").declared == "empty: no"
    assert promised(tmp_path, row).level is Level.MUST


def test_every_gap_is_told(tmp_path: Path) -> None:
    made = promised(tmp_path, "dtypes: [float64]\nplatforms: [ascend]", "attributes: {beta: 2.0}")
    assert made.declared == "no parameter beta; documented for float64 only; documented for ascend only"


def test_a_documented_refusal_is_a_promise(tmp_path: Path) -> None:
    made = promised(tmp_path, "raises: {invalid: builtins.ValueError}", "features: [invalid]")
    assert (made.level, made.raises, made.undocumented) == (Level.MUST, ("builtins.ValueError",), ())
    assert promised(tmp_path, "raises: {invalid: ValueError}").raises == ()


def test_a_documented_refusal_of_a_value_makes_it_documented(tmp_path: Path) -> None:
    made = promised(tmp_path, "raises: {'mode:avg': ValueError}", "attributes: {mode: avg}")
    assert (made.level, made.raises) == (Level.MUST, ("ValueError",))


def test_a_documented_refusal_covers_the_value_that_it_refuses(tmp_path: Path) -> None:
    case = "features: [invalid]\nattributes: {mode: avg}"
    made = promised(tmp_path, "raises: {invalid: ValueError}", case)
    assert (made.level, made.raises) == (Level.MUST, ("ValueError",))
    made = promised(
        tmp_path, "raises: {invalid: ValueError}", case.replace("[invalid]", "[invalid, broadcasting]")
    )
    assert (made.level, made.undocumented) == (Level.OBSERVE, ("broadcasting",))


def test_a_documented_refusal_of_an_attribute_whatever_its_value(tmp_path: Path) -> None:
    for given in ("{mode: avg}", "{mode: mean}"):
        made = promised(tmp_path, "raises: {mode: TypeError}", f"attributes: {given}")
        assert (made.level, made.raises, made.undocumented) == (Level.MUST, ("TypeError",), ())
    made = promised(tmp_path, "raises: {beta: TypeError}", "attributes: {beta: 1.0}")
    assert (made.level, made.raises, made.declared) == (Level.MUST, ("TypeError",), None)


def test_every_documented_refusal_counts_and_what_is_undocumented_stays_observed(tmp_path: Path) -> None:
    row = "raises: {first: ValueError, 'mode:none': TypeError, 'dtype:float32': ValueError}"
    made = promised(tmp_path, row, "features: [other, first]\nattributes: {mode: none}")
    assert (made.raises, made.undocumented) == (("ValueError", "TypeError"), ("other",))
    assert made.level is Level.OBSERVE


def test_a_refusal_on_an_undocumented_platform_is_only_observed(tmp_path: Path) -> None:
    made = promised(tmp_path, "platforms: [ascend]\nraises: {first: ValueError}", "features: [first]")
    assert (made.raises, made.level) == (("ValueError",), Level.OBSERVE)
    assert made.declared == "documented for ascend only"


@pytest.mark.parametrize(
    ("positional", "undocumented"),
    [
        ("[mode]", ()),
        ("[mode, flag]", ()),
        ("[mode, flag, size]", ()),
        ("[flag]", ("positional:flag",)),
        ("[flag, mode]", ("positional:flag", "positional:mode")),
        ("[mode, size]", ("positional:mode", "positional:size")),
    ],
)
def test_passing_by_position_is_documented_in_the_documented_order(
    tmp_path: Path, positional: str, undocumented: tuple[str, ...]
) -> None:
    case = f"attributes: {{mode: mean, flag: true, size: 1}}\npositional: {positional}"
    made = promised(tmp_path, case=case)
    assert made.undocumented == undocumented
    assert set(undocumented) <= set(made.features)
