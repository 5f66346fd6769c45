"""What is asked of workers: one execution of a call, and the checks that its answer decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.model import Aspect, Check
from conformance.results import CheckRecord
from conformance.run.minimise import Alone


@dataclass(slots=True)
class Execution:
    """One call in one environment, and the checks that its answer decides."""

    identifier: int
    checks: list[Check]
    done: bool = False
    repeat: Repeat | None = None

    @property
    def first(self) -> Check:
        """The check that stands for all of them: they share call, API, environment, device and mode."""
        return self.checks[0]

    @property
    def of_gradients(self) -> bool:
        """Whether the gradients are asked for, and not the value alone."""
        return self.first.aspect is Aspect.GRADIENT

    @property
    def print_style(self) -> str | None:
        """How the result is to be printed for those checks that look at the print; None for not at all."""
        printed = self.first.spec.case.printed
        unwanted = self.of_gradients or self.repeat is not None
        return None if printed is None or unwanted else printed.style


@dataclass(slots=True)
class Repeat:
    """The worst element of a wrong result, called by itself; `record` waits for what comes of it."""

    alone: Alone
    record: CheckRecord


def executions(checks: Sequence[Check]) -> list[Execution]:
    """Group checks that one execution of a call decides: same call, API, environment, device, mode.

    A value is computed without differentiation, as most people call the API; all gradients of a call
    come from one backward pass of another execution.
    """
    groups: dict[tuple[int, str, str, str, str, bool], Execution] = {}
    for check in checks:
        of_gradient = check.aspect is Aspect.GRADIENT
        key = (id(check.spec), check.api.name, check.environment, check.device, check.mode, of_gradient)
        if key in groups:
            groups[key].checks.append(check)
        else:
            groups[key] = Execution(len(groups), [check])
    return list(groups.values())
