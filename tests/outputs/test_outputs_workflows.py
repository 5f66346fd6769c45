"""The workflow files of the README follow the schemas of GitHub and GitLab, and use options that exist."""

from __future__ import annotations

import json
import re
import shlex
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from conformance.cli import COMMANDS, group

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SCHEMAS = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"


def blocks():
    """The YAML blocks of the README."""
    return re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def block(start):
    (found,) = (text for text in blocks() if text.startswith(start))
    return found


def load(text):
    """YAML as CIs read it: `on` is a word."""
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:bool"]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
    return yaml.load(text, loader)


@pytest.mark.parametrize(
    ("start", "schema"),
    [("name: conformance\n", "github-workflows.json"), ("conformance:\n", "gitlab-ci.json")],
)
def test_workflows_follow_the_published_schemas(start, schema):
    rules = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(rules)(rules)
    validator.validate(load(block(start)))
    broken = load(block(start).replace("script:", "scirpt:").replace("steps:", "stpes:"))
    assert not validator.is_valid(broken)


def commands():
    """Every command line of ours in the README's blocks of YAML and of shell."""
    text = "\n".join([*blocks(), *re.findall(r"```\n(.*?)```", README, re.DOTALL)])
    text = re.sub(r">-\n((?:\s{10}.*\n)+)", lambda found: " ".join(found[1].split()) + "\n", text)
    for line in text.splitlines():
        found = re.search(r"\bconformance ([a-z]+ .*)", line.partition("   #")[0])
        if found and found[1].split()[0] in COMMANDS:
            yield found[1]


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_commands_take_the_options_that_are_shown(line):
    name, *words = shlex.split(line.replace("${{ matrix.shard }}", "1"))
    command = group.get_command(None, name)
    for word in words:
        if not word.startswith("-"):
            continue
        subcommands = getattr(command, "commands", {})
        places = [command, *subcommands.values()]
        assert any(
            word in option.opts + option.secondary_opts for each in places for option in each.params
        ), word
