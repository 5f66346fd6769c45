"""How adapters are found, and what of our sources a worker gets."""

from __future__ import annotations

import ast
import sys
from textwrap import dedent

import pytest

from conformance.environments import Answered, EnvironmentSpec, Pool, Ready
from conformance.environments.adapters import adapters, worker_sources
from tests.fakes import environment, request

ACME = """
    import numpy as np
    from conformance.frameworks.adapter import Adapter

    class AcmeAdapter(Adapter):
        framework = "acme"

        def load(self):
            import math
            math.__version__ = "7"
            self.module = math

        def place(self, array, dtype, device):
            return float(array)

        def array(self, value):
            return "float64", np.float64(value)
    """


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """Another package, installed on the host only, which registers an adapter."""
    (tmp_path / "acme_adapter.py").write_text(dedent(ACME))
    (tmp_path / "acme_adapter-1.0.dist-info").mkdir()
    (tmp_path / "acme_adapter-1.0.dist-info" / "METADATA").write_text("Name: acme-adapter\nVersion: 1.0\n")
    (tmp_path / "acme_adapter-1.0.dist-info" / "entry_points.txt").write_text(
        "[conformance.frameworks]\nacme = acme_adapter:AcmeAdapter\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_our_own_are_known_without_being_installed():
    assert adapters().items() >= {
        ("torch", "conformance.frameworks.torch:TorchAdapter"),
        ("mindspore", "conformance.frameworks.mindspore:MindSporeAdapter"),
        ("oneflow", "conformance.frameworks.oneflow:OneFlowAdapter"),
    }


@pytest.mark.usefixtures("acme")
def test_an_adapter_of_another_package_is_found_and_sent_but_not_imported():
    assert adapters()["acme"] == "acme_adapter:AcmeAdapter"
    value = {"tensor": {"dtype": "float64", "shape": [], "data": b"\0" * 8, "layout": "contiguous"}}
    with Pool([EnvironmentSpec("acme", "acme")]) as pool:
        pool.submit("acme", [request(0, "math.exp", value)])
        pool.start()
        ready, answered = pool.next_event(), pool.next_event()
    assert isinstance(ready, Ready)
    assert ready.description["version"] == "7"
    assert isinstance(answered, Answered)
    assert answered.answer["outputs"] == [
        {"dtype": "float64", "shape": [], "data": bytes([0] * 6 + [0xF0, 0x3F])}
    ]
    assert "acme_adapter" not in sys.modules


def test_a_package_is_sent_whole():
    name, sources = worker_sources(environment().adapter)
    assert name == "conformance_adapter:FakeAdapter"
    assert {"conformance_adapter/__init__.py", "conformance_adapter/framework.py"} <= set(sources)


def test_a_worker_gets_the_worker_side_and_nothing_else():
    name, sources = worker_sources(adapters()["torch"])
    assert name == "conformance.frameworks.torch:TorchAdapter"
    folders = {path.rsplit("/", 1)[0] for path in sources}
    assert folders == {"conformance", "conformance/worker", "conformance/frameworks"}
    assert sources["conformance/__init__.py"] == ""


@pytest.mark.parametrize("path", sorted(worker_sources(adapters()["torch"])[1]))
def test_what_a_worker_gets_is_fit_for_python_38(path):
    """Its grammar, the names that annotations evaluate, and its imports."""
    tree = ast.parse(worker_sources(adapters()["torch"])[1][path], feature_version=(3, 8))
    imports = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imports <= {*sys.stdlib_module_names, "numpy", "conformance"}
    if len(tree.body) > 1:
        assert "__future__" in imports


@pytest.mark.parametrize("framework", ["torch", "mindspore", "oneflow"])
def test_an_adapter_is_not_taken_for_its_framework(framework):
    """Without the framework, `conformance/frameworks/torch.py` must not be what `import torch` finds."""
    if any(framework == name for name in sys.modules):
        pytest.skip(f"{framework} is loaded in this process")
    with Pool([EnvironmentSpec(framework, framework, build="make it")]) as pool:
        pool.start()
        event = pool.next_event()
    if isinstance(event, Ready):
        assert event.description["framework"] == framework
        assert "conformance" not in str(event.description["version"])
    else:
        assert event.reason == f"ModuleNotFoundError: No module named '{framework}'"
        assert event.remedy == "make it"
