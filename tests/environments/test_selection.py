"""Which environments there are, how they are written, and what is said when that goes wrong."""

from __future__ import annotations

import os
import sys

import pytest

from conformance.environments import (
    EnvironmentSpec,
    EnvironmentUsageError,
    declared,
    discover,
    select,
    with_target,
)
from conformance.environments import selection as selection_module


@pytest.fixture
def project(tmp_path):
    """Write a pyproject.toml with these environments, and return its folder."""

    def write(text):
        (tmp_path / "pyproject.toml").write_text(text)
        return tmp_path

    return write


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch):
    monkeypatch.setattr(selection_module.importlib.util, "find_spec", lambda name: None)


def _built(folder):
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    return folder


def test_a_declared_environment(project):
    root = project(
        """
        [tool.conformance.environments.torch-nightly]
        gateway = "envs/nightly"
        build = "make nightly"
        requires = "Python 3.11"
        flush_to_zero = true
        log_ulps = 3
        """
    )
    python = root / "envs" / "nightly" / "bin" / "python"
    spec = declared(root)["torch-nightly"]
    assert spec == EnvironmentSpec(
        "torch-nightly", "torch", f"popen//python={python}", "make nightly", "Python 3.11", True, 3
    )
    assert spec.problem() == f"there is no interpreter {python}"
    assert spec.remedy == "make nightly (needs Python 3.11)"
    _built(root / "envs" / "nightly")
    assert spec.problem() is None


def test_no_project_declares_nothing(tmp_path):
    assert declared(tmp_path) == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('gatewy = "popen"', 'torch.gatewy: unknown key; did you mean "gateway"?'),
        ("gateway = 3", "torch.gateway: must be str, not 3"),
        ("log_ulps = true", "torch.log_ulps: must be float, not True"),
        ('gateway = "popen//pyton=/bin/python"', "unknown key 'pyton'; did you mean \"python\"?"),
        (
            'framework = "troch"',
            "no adapter for framework 'troch' of environment 'torch'; did you mean \"torch\"?",
        ),
        ("gateway =", "pyproject.toml: Invalid value"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(project, table, message):
    root = project(f"[tool.conformance.environments.torch]\n{table}")
    with pytest.raises(EnvironmentUsageError) as caught:
        declared(root)
    assert message in str(caught.value)
    if table.split()[0] != "gateway":
        assert str(root / "pyproject.toml") in str(caught.value)


def test_a_declaration_that_is_no_table(project):
    with pytest.raises(EnvironmentUsageError, match=r"environments\.torch: must be a table"):
        declared(project('[tool.conformance.environments]\ntorch = "envs/torch"'))


@pytest.mark.parametrize(
    ("target", "gateway"),
    [
        ("popen", "popen"),
        ("popen//python=python3.11", "popen//python=python3.11"),
        ("popen//python=env/bin/python", "popen//python={root}/env/bin/python"),
        ("popen//python=/opt/python -X dev", "popen//python=/opt/python -X dev"),
        ("env", "popen//python={root}/env/bin/python"),
        ("/opt/my env", "popen//python='/opt/my env/bin/python'"),
        ("env/bin/python3.11", "popen//python={root}/env/bin/python3.11"),
        ("env//env:OMP_NUM_THREADS=1", "popen//python={root}/env/bin/python//env:OMP_NUM_THREADS=1"),
        ("ssh=ascend01//python=python3.11", "ssh=ascend01//python=python3.11"),
        ("ssh=-p 5000 me@host//python=envs/ms/bin/python", "ssh=-p 5000 me@host//python=envs/ms/bin/python"),
    ],
)
def test_targets(tmp_path, target, gateway):
    spec = with_target(EnvironmentSpec("torch", "torch"), target, tmp_path)
    assert spec.gateway == gateway.format(root=tmp_path)
    assert spec.local is gateway.startswith("popen")


def test_a_target_may_be_an_interpreter_of_any_name(tmp_path):
    interpreter = tmp_path / "mypy3"
    interpreter.symlink_to(sys.executable)
    spec = with_target(EnvironmentSpec("torch", "torch"), "mypy3", tmp_path)
    assert spec.gateway == f"popen//python={interpreter}"
    assert spec.problem() is None


def test_a_target_in_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    spec = with_target(EnvironmentSpec("torch", "torch"), "~/env", tmp_path / "elsewhere")
    assert spec.gateway == f"popen//python={tmp_path}/env/bin/python"


def test_a_bare_name_is_looked_up_on_the_path(tmp_path, monkeypatch):
    spec = EnvironmentSpec("torch", "torch", "popen//python=some-python")
    assert spec.problem() == "there is no interpreter some-python"
    (tmp_path / "some-python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert spec.problem() is None


def test_another_host_is_not_looked_at():
    assert EnvironmentSpec("torch", "torch", "ssh=host//python=/nowhere/python").problem() is None


def test_without_a_build_command_the_remedy_is_another_interpreter():
    remedy = EnvironmentSpec("torch-x", "torch").remedy
    assert remedy == "install torch there, or name another interpreter: torch-x=PATH"


def test_requested_names(project):
    root = project(
        '[tool.conformance.environments]\ntorch = {gateway = "a", build = "tox"}\noneflow = {gateway = "b"}'
    )
    assert [spec.name for spec in select(["oneflow", "torch"], root)] == ["oneflow", "torch"]


def test_a_new_environment_takes_its_framework_from_its_name(tmp_path):
    (spec,) = select(["torch-1.13=old"], tmp_path)
    assert (spec.name, spec.framework) == ("torch-1.13", "torch")
    (spec,) = select(["nightly=old//framework=torch"], tmp_path)
    assert (spec.name, spec.framework) == ("nightly", "torch")
    assert spec.gateway == f"popen//python={tmp_path}/old/bin/python"


def test_a_target_overrides_a_declaration_but_keeps_the_rest(project):
    root = project('[tool.conformance.environments]\ntorch = {gateway = "a", build = "tox", log_ulps = 2}')
    (spec,) = select(["torch=b"], root)
    assert spec.gateway == f"popen//python={root}/b/bin/python"
    assert (spec.build, spec.log_ulps) == ("tox", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trch", "unknown environment 'trch'; did you mean \"torch\"? (a new one is NAME=PATH)"),
        (
            "acme=env",
            "no adapter for framework 'acme' of environment 'acme'; known: mindspore, oneflow, torch",
        ),
    ],
)
def test_an_unknown_request(project, text, message):
    root = project('[tool.conformance.environments]\ntorch = {gateway = "a"}')
    with pytest.raises(EnvironmentUsageError) as caught:
        select([text], root)
    assert str(caught.value) == message


def test_without_a_request_all_that_are_declared_so_that_one_not_built_is_missed(project):
    root = project('[tool.conformance.environments]\ntorch = {gateway = "a"}\noneflow = {gateway = "b"}')
    _built(root / "b")
    assert [spec.name for spec in select([], root)] == ["torch", "oneflow"]


def test_with_none_built_the_frameworks_of_this_interpreter(project, monkeypatch):
    monkeypatch.setattr(selection_module.importlib.util, "find_spec", lambda name: name == "torch" or None)
    root = project('[tool.conformance.environments]\noneflow = {gateway = "b"}')
    (spec,) = select([], root)
    assert (spec.name, spec.framework, spec.gateway) == ("torch", "torch", "popen")
    assert discover() == {"torch": spec}
    assert select(["torch"], root) == (spec,)
    assert "torch" not in sys.modules


def test_with_nothing_at_all_every_remedy_is_told(project):
    root = project(
        '[tool.conformance.environments]\noneflow = {gateway = "b", build = "tox", requires = "Python 3.10"}'
    )
    with pytest.raises(
        EnvironmentUsageError, match=r"no environment is built.*\n  oneflow: tox \(needs Python 3.10\)"
    ):
        select([], root)
