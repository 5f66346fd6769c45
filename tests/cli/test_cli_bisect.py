"""`conformance bisect`, over environments that pip really builds, of tiny packages made here."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.project import write_project

CHECK = "kl_div/one/reduction:sum/fake.right.kl_div/fake/float32/cpu/eager/value"
ENVIRONMENTS = """
[tool.conformance.environments]
fake = { adapter = "tests.fakes.adapter:InstalledAdapter" }
"""


def wheel(folder, name, version, files):
    """Write a wheel of these files, as `pip wheel` would have."""
    information = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{information}/RECORD": f"{record}{information}/RECORD,,\n"}.items():
            archive.writestr(path, text)


@pytest.fixture
def bisect(cli, tmp_path):
    """Runs the command in a project, with wheels of `fake` in which the versions behave so."""
    write_project(tmp_path)
    (tmp_path / "pyproject.toml").write_text(ENVIRONMENTS)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    # The workers' NumPy is the one of this interpreter: there is no index here to install it from.
    wheel(wheels, "here", "1", {"here.pth": f"{Path(np.__file__).parents[1]}\n"})

    def run(versions, *args, check=CHECK, **behaviours):
        for version, behaviour in behaviours.items():
            number = version.strip("v") + ".0"
            text = f"__version__ = {number!r}\nbehaviour = {behaviour!r}\n"
            wheel(wheels, "fake", number, {"fake.py": text})
        pip = ("--with", "here", "--pip-args", f"--no-index --find-links '{wheels}'")
        return cli("bisect", check, "--versions", versions, "--keep", tmp_path / "kept", *pip, *args)

    return run


def test_the_first_version_that_differs(bisect, tmp_path):
    versions = {"v1": "right", "v3": "nosuch", "v4": "wrong", "v5": "right"}
    done = bisect("4.0,1.0,2.0,3.0", **versions)
    assert done.code == 0, done.err
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[1:3] == [
        "1.0 pass",
        "2.0 cannot be built: ERROR: No matching distribution found for fake==2.0",
    ]
    assert lines[3].startswith("3.0 cannot run: environment fake cannot run: ")
    assert "4.0 mismatch value, the first that differs" in lines
    assert "It may have come with 2.0, 3.0, which could not be tried." in done.out
    kept = sorted(path.name.rpartition("-")[0] for path in (tmp_path / "kept").iterdir())
    assert kept == ["fake-1.0", "fake-3.0", "fake-4.0"]

    again = bisect(">=1,<5")  # a range is of what pip finds; what has been built is there
    assert again.code == 0, again.err
    assert "4.0  mismatch value, the first that differs" in again.out
    assert "building" not in again.err
    assert "5.0" not in again.out + again.err


def test_no_difference(bisect):
    done = bisect("1.0,2.0", v1="right", v2="right")
    assert done.code == 1
    assert "No difference: 2.0, the newest that could be tried, gives what the oldest gives." in done.out


@pytest.mark.parametrize(
    ("versions", "args", "told"),
    [
        ("1.0", {}, "--versions 1.0: names 1 versions that there are; two are needed"),
        ("1.0,x", {}, "--versions 1.0,x: Invalid version: 'x'; write them as 2.1.0,2.4.0"),
        (">=x", {}, "--versions >=x: is no version range; write it as >=2.1,<2.5"),
        ("1.0,2.0", {"check": "kl_div/one"}, "'kl_div/one' is no check id; one is operator/case/"),
        ("1.0,2.0", {"check": CHECK.replace("/one/", "/two/")}, f"nearest:\n  {CHECK}"),
        ("1.0,2.0", {"check": CHECK.replace("/fake/", "/fkae/")}, "no adapter for framework 'fkae'"),
    ],
)
def test_bad_input_builds_nothing(bisect, tmp_path, versions, args, told):
    done = bisect(versions, v1="right", v2="right", **args)
    assert done.code == 2
    assert told in done.err
    assert not (tmp_path / "kept").exists()


def test_an_interpreter_that_is_not_there(bisect):
    done = bisect("1.0,2.0", "--python", "/nowhere/python")
    assert (done.code, "--python /nowhere/python: there is no such interpreter" in done.err) == (2, True)


def test_nothing_can_be_built(bisect, tmp_path):
    done = bisect("1.0,2.0", "--python", "false")
    assert done.code == 2
    assert "1.0      cannot be built: exit status 1" in done.out
    assert "Fewer than two of the versions could be tried" in done.out
    assert list((tmp_path / "kept").iterdir()) == []
