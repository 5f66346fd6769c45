"""What is installed: the wheel holds everything that runs, and the declared versions agree."""

from __future__ import annotations

import configparser
import email
import importlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import conformance
from conformance.run.session import default_cases

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
FRAMEWORKS = ("torch", "mindspore", "oneflow")
BUILD_LIMIT = 120  # seconds; it takes three where an index is near


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from a copy: setuptools leaves its build folders where the source is."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in (ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE")):
        if path.is_file():
            shutil.copy(path, source)
    for name in ("conformance", "cases"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(out),
        str(source),
    ]
    built = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_LIMIT)
    assert built.returncode == 0, built.stderr
    (path,) = out.iterdir()
    return zipfile.ZipFile(path)


def files(folder: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_whole_package_and_the_cases(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == files("conformance") | {f"conformance/{name}" for name in files("cases")}


@pytest.mark.parametrize(
    "name",
    [
        "conformance/cases/kl_div.yaml",
        "conformance/casefile/schema.json",
        "conformance/gate/schema.json",
        "conformance/results/schema.json",
        "conformance/report/templates/index.html",
        "conformance/py.typed",
        *(f"conformance/cases/expectations/{name}.yaml" for name in FRAMEWORKS),
    ],
)
def test_the_wheel_holds_what_is_no_module(wheel: zipfile.ZipFile, name: str) -> None:
    assert wheel.read(name) == (ROOT / name.replace("conformance/cases", "cases")).read_bytes()


def test_the_installed_package_finds_its_own_cases(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    wheel.extractall(site)
    program = (
        "from pathlib import Path\nfrom conformance.run.session import default_cases\n"
        "from conformance.casefile import load_all\nprint(default_cases(Path.cwd()))\n"
        "operators, errors = load_all(default_cases(Path.cwd()))\n"
        "print([each.name for each in operators], errors)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    shipped = sorted(path.stem for path in (ROOT / "cases").glob("*.yaml"))
    assert told == [str(site / "conformance" / "cases"), f"{shipped} []"]


def test_the_checkout_finds_its_own_cases(tmp_path: Path) -> None:
    assert default_cases(tmp_path) == ROOT / "cases"


def test_the_files_that_the_metadata_names_are_there(project: dict[str, Any]) -> None:
    for name in (project["project"]["readme"], *project["project"]["license-files"]):
        assert (ROOT / name).is_file(), name


def test_the_version_has_one_source(wheel: zipfile.ZipFile, project: dict[str, Any]) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    assert email.message_from_bytes(wheel.read(name))["Version"] == conformance.__version__
    assert "version" not in project["project"]


def test_the_listed_packages_are_those_that_there_are(project: dict[str, Any]) -> None:
    there = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "conformance").rglob("__init__.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == {*there, "conformance.cases"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_environment_of_tox_installs_what_the_extra_does(project: dict[str, Any], framework: str) -> None:
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    lines = tox["testenv:{" + ",".join(FRAMEWORKS) + "}"]["deps"].strip().splitlines()
    installed = [line.partition(":")[2].strip() for line in lines if line.partition(":")[0] == framework]
    extra = [Requirement(text) for text in project["project"]["optional-dependencies"][framework]]
    assert {str(Requirement(text)) for text in installed} == {
        each.name + str(each.specifier) for each in extra
    }
    assert any(each.name == framework and str(each.specifier).startswith("==") for each in extra)


def test_entry_points_lead_somewhere(project: dict[str, Any]) -> None:
    groups = [*project["project"]["entry-points"].values(), project["project"]["scripts"]]
    for target in (target for group in groups for target in group.values()):
        module, _, name = target.partition(":")
        found = importlib.import_module(module)
        assert not name or hasattr(found, name), target
