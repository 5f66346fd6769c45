"""One file, or all of a folder; which files are ours."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from conformance.casefile import CaseFileError, ContentError, is_casefile, load, load_all
from conformance.casefile.errors import Problem, SchemaError, UnreadableError, YamlError
from conformance.model import Location


@pytest.fixture
def folder(tmp_path: Path, valid: str) -> Path:
    """Three good case files, four bad ones, and files that are none."""
    files = {
        "a.yaml": valid.replace("operator: op", "operator: a"),
        "z.yml": valid.replace("operator: op", "operator: z"),
        "deep/b.yaml": valid.replace("operator: op", "operator: b"),
        "deep/misnamed.yaml": valid,
        "syntax.yaml": "operator: syntax\n  x: [",
        "form.yaml": "operator: form\n",
        "utf16.yaml": valid.encode("utf-16"),
        "other.yaml": "name: CI\non: [push]\n",
        "readme.md": valid,
        "expectations/torch.yaml": valid,
        "deep/expectations/more/torch.yaml": valid,
        ".hidden/c.yaml": valid,
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def test_load_all_of_a_folder(folder):
    operators, errors = load_all(folder)
    assert [operator.name for operator in operators] == ["a", "z", "b"]
    assert [(type(error), Path(error.location.path).name) for error in errors] == [
        (SchemaError, "form.yaml"),
        (YamlError, "syntax.yaml"),
        (UnreadableError, "utf16.yaml"),
        (ContentError, "misnamed.yaml"),
    ]


def test_load_all_of_paths(folder):
    given = [
        folder / "z.yml",
        str(folder / "missing.yaml"),
        folder / "other.yaml",
        folder / "deep",
        folder / "z.yml",
    ]
    operators, errors = load_all(given)
    assert [operator.name for operator in operators] == ["z", "b"]
    assert [Path(error.location.path).name for error in errors] == [
        "missing.yaml",
        "other.yaml",
        "misnamed.yaml",
    ]


def test_a_text_is_one_path(folder):
    operators, errors = load_all(str(folder / "a.yaml"))
    assert ([operator.name for operator in operators], errors) == (["a"], [])


def test_paths_are_shown_as_given(folder, monkeypatch):
    monkeypatch.chdir(folder)
    operators, errors = load_all(["deep"])
    assert operators[0].path == os.path.join("deep", "b.yaml")
    assert operators[0].cases[0].location == Location(operators[0].path, 19)
    assert str(errors[0]).startswith(os.path.join("deep", "misnamed.yaml") + ":1: operator: ")


def test_two_files_of_one_operator(folder, valid):
    (folder / "deep" / "a.yaml").write_text(valid.replace("operator: op", "operator: a"))
    operators, errors = load_all([folder / "a.yaml", folder / "deep" / "a.yaml"])
    assert len(operators) == 1
    first, second = folder / "a.yaml", folder / "deep" / "a.yaml"
    assert str(errors[0]) == f'{second}:1: operator: "a" has a case file already, {first}; merge the two'


def test_known_operators(folder):
    assert load(folder / "a.yaml", known_operators={"a"}).name == "a"
    with pytest.raises(ContentError) as caught:
        load(folder / "a.yaml", known_operators=["kl_div", "ab"], shown_as="a.yaml")
    assert str(caught.value) == 'a.yaml:1: operator: "a" has no reference; did you mean "ab"?'
    assert [str(error).partition("; ")[2] for error in load_all(folder / "a.yaml", [])[1]] == [
        "there are none"
    ]


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        ("operator: x", True),
        ("# a comment\n---\n'operator' : x", True),
        ('a: 1\r\n"operator": x', True),
        ("{operator: x}", True),
        ("\ufeffoperator: x", True),
        ("operator: [broken", True),
        ("# yaml-language-server: $schema=../conformance/casefile/schema.json\na: 1", True),
        ("# yaml-language-server: $schema=conformance/casefile/schema.json\r\n", True),
        ("# yaml-language-server: $schema=../conformance/gate/schema.json\n", False),
        ("name: x\njobs:\n  operator: x", False),
        ("operators: [x]", False),
        ("# operator: x", False),
        ("", False),
    ],
)
def test_ours_or_not(content, ours, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(content.encode())
    assert is_casefile(path) is ours


def test_utf16_is_seen_to_be_ours(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("operator: x", encoding="utf-16")
    assert is_casefile(path)


def test_names_and_places(tmp_path):
    for name in (
        "x.YAML",
        "x.yml",
        "x.json",
        "expectations/x.yaml",
        "expectations/a/x.yaml",
        "expectations.yaml",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("operator: x")
    assert is_casefile(tmp_path / "x.YAML")
    assert is_casefile(tmp_path / "x.yml")
    assert is_casefile(tmp_path / "expectations.yaml")
    assert not is_casefile(tmp_path / "x.json")
    assert not is_casefile(tmp_path / "expectations" / "x.yaml")
    assert not is_casefile(tmp_path / "expectations" / "a" / "x.yaml")
    assert is_casefile(tmp_path / "expectations" / "x.yaml", root=tmp_path / "expectations")
    assert not is_casefile(tmp_path / "expectations" / "x.yaml", root=tmp_path)


def test_what_cannot_be_opened_is_not_lost(tmp_path):
    (tmp_path / "broken.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    operators, errors = load_all(tmp_path)
    assert operators == []
    assert [Path(error.location.path).name for error in errors] == ["broken.yaml"]
    assert not is_casefile(tmp_path / "missing.yaml")


def test_errors_travel_between_processes(folder):
    _, errors = load_all(folder)
    for error in errors:
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert copy.problems == error.problems
        assert str(copy) == str(error)


def test_the_exception_tree():
    assert {kind.__name__ for kind in CaseFileError.__subclasses__()} == {
        "UnreadableError",
        "YamlError",
        "SchemaError",
        "ContentError",
    }
    assert all(kind.__name__ in (CaseFileError.__doc__ or "") for kind in CaseFileError.__subclasses__())
    problem = Problem(
        Location("cases/kl_div.yaml", 14),
        "cases.zero-target.reducton",
        "unknown key",
        'did you mean "reduction"?',
    )
    assert str(CaseFileError((problem,))) == (
        'cases/kl_div.yaml:14: cases.zero-target.reducton: unknown key; did you mean "reduction"?'
    )
