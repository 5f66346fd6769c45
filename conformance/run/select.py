"""Choosing checks by expression, with the meaning that pytest gives to `-k` and `-m`."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from conformance.model import CallSpec, Check, Generator
from conformance.plan import CHOSEN, EAGER, Target
from conformance.results import Selection

QUICK_ELEMENTS = 4096


class SelectionError(ValueError):
    """An expression that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as people typed it: the texts of -k, -m and --modes, and the paths."""

    keywords: str = ""
    markers: str = ""
    paths: tuple[str, ...] = ()
    modes: str = CHOSEN

    def selection(
        self,
        planned: Sequence[Check],
        chosen: Sequence[Check],
        targets: Iterable[Target],
        *,
        covered: bool,
        shard: str | None = None,
    ) -> Selection:
        """The form of the `chosen` checks of all that are `planned` in `targets`; see results.Selection.

        `covered` says that no case file of the folders is missing or cannot be used; `shard` names the part
        of the chosen checks that is to run.
        """
        ids = "\n".join(sorted(check.id for check in chosen))
        return {
            "keywords": self.keywords,
            "markers": self.markers,
            "paths": list(self.paths),
            "modes": self.modes,
            "shard": shard,
            "planned": len(planned),
            "checks": len(chosen),
            "digest": hashlib.sha256(ids.encode()).hexdigest(),
            "whole": covered and len(chosen) == len(planned),
            "known_modes": {target.environment: list(target.modes) for target in targets},
        }


def marks(check: Check) -> tuple[str, ...]:
    """The words that `-m` knows a check by.

    `quick` are those for a pull request: of every case, API and gradient the float32 checks in eager mode,
    but for large inputs.
    """
    words = (str(check.level), check.api.framework, check.spec.dtype, str(check.aspect), check.mode)
    quick = check.mode == EAGER and check.spec.dtype == "float32" and _elements(check.spec) <= QUICK_ELEMENTS
    return (*words, "quick") if quick else words


def _elements(spec: CallSpec) -> int:
    """How many numbers the largest generated input has; one that is written out is never large."""
    shapes = (source.source.shape for source in spec.inputs if isinstance(source.source, Generator))
    return max((math.prod(shape) for shape in shapes if shape is not None), default=0)


def _compiled(expression: str, option: str) -> Callable[[Callable[..., bool]], bool]:
    # Private, but the only way to mean exactly what pytest means; imported late, as it takes pytest with it.
    from _pytest.mark.expression import Expression

    try:
        return Expression.compile(expression).evaluate
    except SyntaxError as problem:
        raise SelectionError(
            f"{option} {expression!r}: {problem}; write words joined by and, or, not"
        ) from problem


def choose_checks(checks: Sequence[Check], keywords: str, markers: str) -> list[Check]:
    """The checks that `-k keywords` and `-m markers` leave; an empty expression leaves all.

    Raises SelectionError.
    """
    chosen: Iterable[Check] = checks
    if keywords:
        by_keyword = _compiled(keywords, "-k")
        chosen = [check for check in chosen if by_keyword(_substring_matcher(check))]
    if markers:
        by_marker = _compiled(markers, "-m")
        chosen = [check for check in chosen if by_marker(_word_matcher(check))]
    return list(chosen)


def _substring_matcher(check: Check) -> Callable[..., bool]:
    names = [check.id, PurePath(check.spec.operator.path).name, *marks(check)]
    lowered = [name.lower() for name in names]

    def matches(word: str, /, **_: object) -> bool:
        return any(word.lower() in name for name in lowered)

    return matches


def _word_matcher(check: Check) -> Callable[..., bool]:
    words = marks(check)

    def matches(word: str, /, **_: object) -> bool:
        return word in words

    return matches
