"""Which modes a case runs in."""

from __future__ import annotations

import pytest
from op_file import PLAIN, MakeOperator

from conformance.plan import (
    CHOSEN_MODES,
    EVERY_MODE,
    Modes,
    Target,
    UnknownModeError,
    expand,
    parse_modes,
)

TORCH = Target("torch", "torch", "cpu", ("eager", "script", "compile"))
FLOW = Target("flow", "oneflow", "cpu", ("eager", "graph"))
TWO = (
    PLAIN.replace("plain", "usual")
    + "    matrix: {dtype: [float32]}\n"
    + PLAIN.replace("plain", "subset")
    + "    compiled: true\n    matrix: {dtype: [float32]}\n"
)


def ran(operator: MakeOperator, modes: Modes) -> list[tuple[str, str, str]]:
    """Case, environment and mode of the checks of two cases, one check per environment, in their order."""
    apis = ("torch.nn.Op", "oneflow.Op")
    made = expand([operator(TWO)], [TORCH, FLOW], modes).checks
    return [(check.spec.case.id, check.environment, check.mode) for check in made if check.api.name in apis]


EAGER = [
    ("usual", "torch", "eager"),
    ("usual", "flow", "eager"),
    ("subset", "torch", "eager"),
    ("subset", "flow", "eager"),
]
SUBSET = [("subset", "torch", "script"), ("subset", "torch", "compile"), ("subset", "flow", "graph")]


def test_by_default_only_marked_cases_are_compiled_and_that_comes_last(operator: MakeOperator) -> None:
    assert ran(operator, CHOSEN_MODES) == [*EAGER, *SUBSET]


def test_everything_in_every_mode(operator: MakeOperator) -> None:
    usual = [("usual", environment, mode) for _, environment, mode in SUBSET]
    assert ran(operator, EVERY_MODE) == [*EAGER, *usual, *SUBSET]


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("eager", {"eager"}),
        ("compile", {"compile"}),
        ("graph, eager", {"eager", "graph"}),
        ("script,compile,graph", {"script", "compile", "graph"}),
    ],
)
def test_named_modes_are_for_all_cases(operator: MakeOperator, text: str, modes: set[str]) -> None:
    every = ran(operator, EVERY_MODE)
    asked = parse_modes(text, (*TORCH.modes, *FLOW.modes))
    assert ran(operator, asked) == [row for row in every if row[2] in modes]


def test_the_words_for_none_and_all(operator: MakeOperator) -> None:
    assert parse_modes("chosen", TORCH.modes) == CHOSEN_MODES
    assert parse_modes("all", TORCH.modes) == EVERY_MODE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("compiled", "--modes compiled: unknown mode 'compiled'; did you mean 'compile'?"),
        ("eager,grph", "--modes eager,grph: unknown mode 'grph'; known: eager, script, compile"),
        ("eager,", "--modes eager,: unknown mode ''; known: eager, script, compile"),
        ("xyz", "--modes xyz: unknown mode 'xyz'; known: eager, script, compile, chosen, all"),
        ("eager,all", "--modes eager,all: unknown mode 'all'; known: eager, script, compile"),
    ],
)
def test_an_unknown_mode_is_refused_with_the_known_ones(text: str, message: str) -> None:
    with pytest.raises(UnknownModeError) as caught:
        parse_modes(text, TORCH.modes)
    assert str(caught.value) == message
