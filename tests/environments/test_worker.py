"""The worker's side, piece by piece, where a whole worker would show too little."""

from __future__ import annotations

import enum
import pickle
import types

import numpy as np
import pytest

from conformance.frameworks.adapter import Adapter, ConversionError, MissingError
from conformance.worker.answer import answer
from conformance.worker.burial import left
from conformance.worker.outbox import ROOM, Outbox
from conformance.worker.packing import PackingError, pack, unpack, unpack_all
from conformance.worker.text import clean


class ArrayAdapter(Adapter):
    """NumPy as a framework."""

    framework = "numpy"

    def place(self, array, dtype, device):
        """The array itself, writable."""
        return array.copy()

    def array(self, value):
        """Refuses complex numbers, for an example."""
        if not isinstance(value, np.ndarray):
            return None
        if value.dtype.kind == "c":
            raise ConversionError("no complex numbers")
        return value.dtype.name, value

    def expand(self, tensor, shape):
        """NumPy's name for it."""
        return np.broadcast_to(tensor, shape)


class _PermutedArray(np.ndarray):
    def permute(self, *axes):
        return self.transpose(axes)


@pytest.fixture
def adapter():
    """An adapter that has loaded."""
    loaded = ArrayAdapter()
    loaded.load()
    return loaded


def request(api, *args, kind="function", **kwargs):
    """A request whose arguments are messages."""
    return {
        "id": 0, "api": api, "kind": kind, "mode": "eager", "device": "cpu", "print": None, "gradient": None,
        "construct_args": [], "construct_kwargs": {}, "args": list(args), "kwargs": kwargs,
    }  # fmt: skip


def tensor(values, layout="contiguous"):
    """The message of an array."""
    array = np.asarray(values)
    return {
        "tensor": {
            "dtype": array.dtype.name,
            "shape": list(array.shape),
            "data": array.tobytes(),
            "layout": layout,
        }
    }


@pytest.mark.parametrize(
    "value", [None, True, 3, -(2**80), 0.1, "\u20ac", b"\0\xff", [1, (2, {"a": [None]})], {}]
)
def test_plain_values_survive(value):
    assert unpack(pack(value)) == value


def test_special_floats_survive():
    assert str(unpack(pack([float("nan"), float("-inf"), -0.0]))) == "[nan, -inf, -0.0]"


def test_packed_values_that_follow_each_other_are_told_apart():
    values = [{"id": 1, "data": b"."}, [], None, "."]
    assert unpack_all(b"".join(map(pack, values))) == values
    assert unpack_all(b"") == []
    with pytest.raises(PackingError):
        unpack_all(pack(1) + pickle.dumps(print))


class _Word(str, enum.Enum):
    A = "a"


@pytest.mark.parametrize("value", [np.float64(1.0), np.zeros(2), _Word.A, object(), print, 3j, types])
def test_nothing_else_is_packed(value):
    with pytest.raises(PackingError, match="cannot be sent"):
        pack({"value": [value]})


@pytest.mark.parametrize("value", [print, 3j, _Word.A])
def test_nothing_else_is_unpacked(value):
    with pytest.raises(PackingError, match="has been sent"):
        unpack(pickle.dumps(value))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07end", "red end"),
        ("lone \udc80 surrogate", "lone ? surrogate"),
        (
            f'File "/tmp/x/conformance-{"0a" * 16}/source/conformance/worker/main.py"',
            'File "conformance/worker/main.py"',
        ),
        ("plain\n\u4e2d\u6587", "plain\n\u4e2d\u6587"),
    ],
)
def test_clean(text, cleaned):
    assert clean(text) == cleaned


def test_a_function_is_made_by_the_adapter(adapter):
    reply = answer(request("builtins.callable", {"callable": "manhattan"}), adapter)
    assert reply["outputs"][0]["repr"] == "True"
    gap = answer(request("builtins.callable", {"callable": "mahattan"}), adapter)
    assert (gap["status"], gap["message"]) == ("missing", "the adapter of numpy knows no function mahattan")


def test_outputs_in_a_tuple_are_told_one_by_one(adapter):
    reply = answer(request("numpy.divmod", tensor([7, 9]), tensor([4, 4])), adapter)
    assert [np.frombuffer(part["data"], part["dtype"]).tolist() for part in reply["outputs"]] == [
        [1, 2],
        [3, 1],
    ]


def test_a_plain_argument_and_an_ndarray_are_passed_as_they_are(adapter):
    array = {"ndarray": tensor([1.5])["tensor"]}
    reply = answer(request("numpy.full", {"scalar": [2]}, array), adapter)
    assert np.frombuffer(reply["outputs"][0]["data"]).tolist() == [1.5, 1.5]


def test_a_bfloat16_ndarray_is_missing(adapter):
    value = {"ndarray": {"dtype": "bfloat16", "shape": [1], "data": b"\0\0"}}
    assert answer(request("numpy.abs", value), adapter)["message"] == "NumPy has no bfloat16"


def test_what_the_adapter_cannot_read_is_our_fault(adapter):
    reply = answer(request("numpy.sqrt", tensor([1j])), adapter)
    assert reply["status"] == "harness"
    assert reply["message"].endswith("ConversionError: no complex numbers\n")


def test_the_end_of_a_long_traceback_and_the_head_of_a_long_message_are_kept(adapter, monkeypatch):
    def fail():
        raise ValueError("head" + "x" * 100_000 + "tail")

    monkeypatch.setattr(np, "fail", fail, raising=False)
    exception = answer(request("numpy.fail"), adapter)["exception"]
    assert exception["message"].startswith("head")
    assert exception["traceback"].endswith("tail\n")
    assert len(exception["message"]) == len(exception["traceback"]) == 8000


def test_every_answer_has_its_seconds(adapter):
    for asked in (request("numpy.zeros"), request("numpy.abs", tensor([1])), request("numpy.nothing")):
        assert answer(asked, adapter)["seconds"] >= 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("numpy.sqrrt", f"numpy {np.__version__} has no numpy.sqrrt; nearest: sqrt"),
        ("numpy.linalg.nrm", f"numpy {np.__version__} has no numpy.linalg.nrm; nearest: norm"),
        ("numpy.nowhere.at.all", f"numpy {np.__version__} has no numpy.nowhere.at.all"),
        ("nompy.sqrt", f"numpy {np.__version__} has no nompy.sqrt: no module nompy"),
    ],
)
def test_an_api_that_is_not_there(adapter, name, message):
    with pytest.raises(MissingError) as caught:
        adapter.resolve(name, "eager")
    assert str(caught.value).startswith(message)


def test_a_submodule_is_imported_when_it_is_named(adapter, tmp_path, monkeypatch):
    (tmp_path / "lazy_framework").mkdir()
    (tmp_path / "lazy_framework" / "__init__.py").write_text("")
    (tmp_path / "lazy_framework" / "losses.py").write_text("def kl_div(): return 1")
    (tmp_path / "lazy_framework" / "broken.py").write_text("import not_there_at_all")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert adapter.resolve("lazy_framework.losses.kl_div", "eager")() == 1
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        adapter.resolve("lazy_framework.broken.kl_div", "eager")


def test_layouts_are_what_they_say(adapter):
    values = np.arange(6.0).reshape(2, 3)
    assert adapter.tensor(values, "float64", "cpu", "contiguous").strides == (24, 8)
    strided = adapter.tensor(values, "float64", "cpu", "strided")
    assert strided.strides == (48, 16)
    assert np.isnan(strided.base[:, 1::2]).all()
    expanded = adapter.tensor(np.ones((4, 3)), "float64", "cpu", "expanded")
    assert expanded.strides == (0, 8)
    assert expanded.shape == (4, 3)


@pytest.mark.parametrize(
    ("dtype", "gap"), [("float16", np.nan), ("bfloat16", 0x7FC0), ("int64", 2**63 - 1), ("bool", True)]
)
def test_gaps_of_a_strided_tensor_show_when_they_are_read(adapter, dtype, gap):
    array = np.zeros(2, "uint16" if dtype == "bfloat16" else dtype)
    buffer = adapter.tensor(array, dtype, "cpu", "strided").base
    np.testing.assert_array_equal(buffer[1::2], np.array([gap, gap], buffer.dtype))


def test_transposed_is_the_frameworks_own(adapter, monkeypatch):
    monkeypatch.setattr(
        ArrayAdapter, "place", lambda self, array, dtype, device: array.copy().view(_PermutedArray)
    )
    values = np.arange(24.0).reshape(2, 3, 4)
    transposed = adapter.tensor(values, "float64", "cpu", "transposed")
    np.testing.assert_array_equal(transposed, values)
    assert transposed.strides == (8, 16, 48)
    assert not transposed.flags.c_contiguous


def test_an_unknown_layout(adapter):
    with pytest.raises(ValueError, match="diagonal"):
        adapter.tensor(np.zeros(2), "float64", "cpu", "diagonal")


@pytest.fixture
def home(tempdir):
    """A worker's folder, by its name, with an empty log."""
    folder = tempdir / "conformance-home"
    folder.mkdir()
    (folder / "log").touch()
    return folder


def test_what_waits_in_an_outbox_is_found_by_others(home, monkeypatch):
    monkeypatch.setattr("conformance.worker.outbox.TOGETHER", 3600.0)
    sent = []
    outbox = Outbox(str(home / "outbox"), sent.append)
    outbox.put(b"first")
    outbox.flush()
    outbox.begin(7)
    outbox.put(b"second")
    outbox.put(b"third")
    outbox.begin(2**40)
    assert sent == [b"first"]
    assert left(home.name, 100) == ("", 2**40, b"secondthird")
    assert not home.exists()


def test_nothing_waits_in_a_new_outbox(home):
    Outbox(str(home / "outbox"), lambda _: None)
    assert left(home.name, 100) == ("", -1, b"")


def test_a_worker_that_died_before_it_had_an_outbox_is_buried_all_the_same(home):
    (home / "log").write_text("cannot go on")
    (home / "outbox").write_bytes(b"torn")
    assert left(home.name, 5) == ("go on", -1, b"")
    assert not home.exists()


@pytest.mark.parametrize("size", [1, ROOM // 3, ROOM - 1, ROOM, ROOM + 1, 3 * ROOM])
def test_answers_of_any_size_leave_an_outbox_in_their_order(home, monkeypatch, size):
    monkeypatch.setattr("conformance.worker.outbox.TOGETHER", 3600.0)
    sent = []
    outbox = Outbox(str(home / "outbox"), sent.append)
    answers = [bytes([number]) * length for number, length in enumerate([10, size, 20, size, size, 30])]
    for one in answers:
        outbox.put(one)
    outbox.flush()
    assert b"".join(sent) == b"".join(answers)
    left(home.name, 0)


def test_an_outbox_does_not_wait_for_long(home, monkeypatch):
    monkeypatch.setattr("conformance.worker.outbox.TOGETHER", 0.0)
    sent = []
    Outbox(str(home / "outbox"), sent.append).put(b"answer")
    assert sent == [b"answer"]
    left(home.name, 0)
