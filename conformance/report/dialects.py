"""The few lines in which frameworks differ, as text for reproducer scripts.

Each `place(values, dtype)` makes a contiguous tensor with exactly these values: they all fit their dtype,
and float32 holds every bfloat16 exactly. `array(tensor)` gives float64 NumPy back.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """Code for one framework; `{device}` in `setup` is replaced by the device's name."""

    setup: str
    tensors: str
    expand: str = ".expand(*values.shape)"


_TORCH = """\
def place(values, dtype):
    # Exact: the values fit their dtype, and float32 holds every bfloat16.
    array = np.array(values, dtype="float32" if dtype == "bfloat16" else dtype, order="C")
    return torch.from_numpy(array).to(getattr(torch, dtype)).to(DEVICE)


def array(tensor):
    return tensor.detach().cpu().to(torch.float64).numpy()


Tensor = torch.Tensor
"""

_MINDSPORE = """\
def place(values, dtype):
    # Exact: the values fit their dtype, and float32 holds every bfloat16.
    array = np.array(values, dtype="float32" if dtype == "bfloat16" else dtype, order="C")
    return mindspore.Tensor(array, mindspore.bfloat16) if dtype == "bfloat16" else mindspore.Tensor(array)


def array(tensor):
    if tensor.dtype == mindspore.bfloat16:
        tensor = tensor.astype(mindspore.float32)
    return tensor.asnumpy().astype(np.float64)


Tensor = mindspore.Tensor
"""

_ONEFLOW = """\
def place(values, dtype):
    # Exact: the values fit their dtype, and float32 holds every bfloat16.
    array = np.array(values, dtype="float32" if dtype == "bfloat16" else dtype, order="C")
    tensor = oneflow.from_numpy(array)
    return (tensor.to(oneflow.bfloat16) if dtype == "bfloat16" else tensor).to(DEVICE)


def array(tensor):
    if tensor.dtype == oneflow.bfloat16:
        tensor = tensor.to(oneflow.float32)
    return tensor.numpy().astype(np.float64)


Tensor = oneflow.Tensor
"""

_UNKNOWN = """\
# The suite has no lines of its own for this framework: say here how it makes a tensor of a NumPy array
# (bfloat16 values come as float32, which holds each of them), and how it gives one back.
def place(values, dtype):
    return np.array(values, dtype="float32" if dtype == "bfloat16" else dtype, order="C")


def array(tensor):
    return np.asarray(tensor, dtype=np.float64)


Tensor = object
"""

DIALECTS = {
    "torch": Dialect('DEVICE = "{device}"', _TORCH),
    "mindspore": Dialect(
        "# Without pynative_synchronize an error appears when a later, unrelated call runs.\n"
        "mindspore.set_context(mode=mindspore.PYNATIVE_MODE, pynative_synchronize=True, "
        'device_target="{device}")',
        _MINDSPORE,
        ".broadcast_to(values.shape)",
    ),
    "oneflow": Dialect('DEVICE = "{device}"', _ONEFLOW),
}
UNKNOWN = Dialect("", _UNKNOWN)


def device_word(framework: str, device: str) -> str:
    """A device as the framework's setup names it; MindSpore writes CPU, GPU, Ascend."""
    kind = device.partition(":")[0]
    if framework != "mindspore":
        return device
    return {"cpu": "CPU", "gpu": "GPU", "cuda": "GPU", "ascend": "Ascend"}.get(kind, kind)
