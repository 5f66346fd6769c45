"""Which modes a run calls APIs in: eager for everything, and compiled ones for as much as is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.model import Case

EAGER = "eager"
CHOSEN, ALL = "chosen", "all"


class UnknownModeError(ValueError):
    """A mode that no environment has; the message says which there are."""


@dataclass(frozen=True, slots=True)
class Modes:
    """What was asked for: `names` of modes, or None for all of an environment.

    `chosen_only`: other modes than eager are for the cases that are marked `compiled`.
    """

    names: tuple[str, ...] | None = None
    chosen_only: bool = False

    def of(self, case: Case, known: Sequence[str]) -> tuple[str, ...]:
        """The modes in which `case` runs in an environment that knows the modes `known`."""
        wanted = (EAGER,) if self.chosen_only and not case.compiled else self.names
        return tuple(mode for mode in known if wanted is None or mode in wanted)


EVERY_MODE = Modes()
CHOSEN_MODES = Modes(chosen_only=True)


def parse_modes(text: str, known: Iterable[str]) -> Modes:
    """`chosen`, `all`, or names of modes separated by commas; `known` are the modes of all environments.

    Raises UnknownModeError.
    """
    if text in (CHOSEN, ALL):
        return CHOSEN_MODES if text == CHOSEN else EVERY_MODE
    names = tuple(word.strip() for word in text.split(","))
    modes = list(dict.fromkeys(known))
    words = [*modes, CHOSEN, ALL] if len(names) == 1 else modes
    for name in names:
        if name not in modes:
            close = difflib.get_close_matches(name, words, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(words)}"
            raise UnknownModeError(f"--modes {text}: unknown mode {name!r}; {hint}")
    return Modes(names)
