"""The few lines in which frameworks differ, as text for reproducer scripts.

Each `place(values, dtype)` makes a contiguous tensor with exactly these values: they all fit their dtype,
and float32 holds every bfloat16 exactly. `array(tensor)` gives float64 NumPy back.
`gradients(function, tensors, upstream)` calls a function of tensors, and gives the gradient with respect to
each of them, or None; `compiled(target)` makes what a mode calls in place of a function or module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dialect:
    """Code for one framework; `{device}` in `setup` is replaced by the device's name.

    `modes` has the code of `compiled` for each mode that compiles.
    """

    setup: str
    tensors: str
    expand: str = ".expand(*values.shape)"
    gradients: str = ""
    modes: Mapping[str, str] = field(default_factory=dict)


_TORCH = """\
def place(values, dtype):
    # Exact: the values fit their dtype, and float32 holds every bfloat16.
    array = np.array(values, dtype="float32" if dtype == "bfloat16" else dtype, order="C")
    return torch.from_numpy(array).to(getattr(torch, dtype)).to(DEVICE)


def array(tensor):
    return tensor.detach().cpu().to(torch.float64).numpy()


Tensor = torch.Tensor
"""

_TORCH_GRADIENTS = """\
def gradients(function, tensors, upstream):
    tensors = [tensor.detach().requires_grad_() for tensor in tensors]
    output = function(*tensors)
    if not output.requires_grad:
        return [None for _ in tensors]
    return torch.autograd.grad(output, tensors, upstream, allow_unused=True)
"""

_TORCH_MODES = {
    "script": "def compiled(target):\n    return torch.jit.script(target)",
    "compile": "def compiled(target):\n    return torch.compile(target, fullgraph=True)",
}

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

_MINDSPORE_GRADIENTS = """\
def gradients(function, tensors, upstream):
    _, pull = mindspore.vjp(function, *tensors)
    found = pull(upstream)
    return found if isinstance(found, tuple) else (found,)
"""

_MINDSPORE_MODES = {
    "jit": """\
def compiled(target):
    # A function around it: mindspore.jit returns a primitive as it is, and lets it run eagerly.
    def call(*tensors, **attributes):
        return target(*tensors, **attributes)

    return mindspore.jit(call)""",
}

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

_ONEFLOW_GRADIENTS = """\
def gradients(function, tensors, upstream):
    tensors = [tensor.detach().requires_grad_() for tensor in tensors]
    output = function(*tensors)
    if not output.requires_grad:
        return [None for _ in tensors]
    output.backward(upstream)
    return [tensor.grad for tensor in tensors]
"""

_ONEFLOW_MODES = {
    "graph": """\
def compiled(target):
    def call(*args, **kwargs):
        # A graph takes tensors alone: plain values are bound in it.
        values = [*args, *kwargs.values()]

        class Graph(oneflow.nn.Graph):
            def build(self, *symbols):
                given = iter(symbols)
                bound = [next(given) if isinstance(value, Tensor) else value for value in values]
                return target(*bound[: len(args)], **dict(zip(kwargs, bound[len(args) :])))

        return Graph()(*[value for value in values if isinstance(value, Tensor)])

    return call""",
}

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
    "torch": Dialect('DEVICE = "{device}"', _TORCH, gradients=_TORCH_GRADIENTS, modes=_TORCH_MODES),
    "mindspore": Dialect(
        "# Without pynative_synchronize an error appears when a later, unrelated call runs.\n"
        "mindspore.set_context(mode=mindspore.PYNATIVE_MODE, pynative_synchronize=True, "
        'device_target="{device}")',
        _MINDSPORE,
        ".broadcast_to(values.shape)",
        _MINDSPORE_GRADIENTS,
        _MINDSPORE_MODES,
    ),
    "oneflow": Dialect('DEVICE = "{device}"', _ONEFLOW, gradients=_ONEFLOW_GRADIENTS, modes=_ONEFLOW_MODES),
}
UNKNOWN = Dialect("", _UNKNOWN)


def device_word(framework: str, device: str) -> str:
    """A device as the framework's setup names it; MindSpore writes CPU, GPU, Ascend."""
    kind = device.partition(":")[0]
    if framework != "mindspore":
        return device
    return {"cpu": "CPU", "gpu": "GPU", "cuda": "GPU", "ascend": "Ascend"}.get(kind, kind)
