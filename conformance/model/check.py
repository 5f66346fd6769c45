"""What is made of a case: the calls to compute, and the checks of them.

There are tens of thousands of these: msgspec makes one twenty times as fast as a frozen dataclass is made.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from conformance.model.case import Api, Case, InputSpec, Operator
from conformance.model.words import Aspect, Level, Oracle, Scalar


class CallSpec(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What to compute, before any array exists: one per case, variant and dtype, for all APIs alike.

    `attributes` holds every attribute of the operator as the reference sees them; `given` names those
    that the case passes on to the API. The others have the default that the API documents: APIs whose
    defaults differ have a specification each.
    """

    operator: Operator
    case: Case
    attributes: Mapping[str, Scalar]
    given: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    dtype: str


class Check(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One call, through one API, in one environment, judged by one oracle.

    `id` is the whole tuple joined by `/`, stable across runs. `declared` is the reason why the API's
    row says that this is not supported, or None. `raises` are the documented exceptions' class names.
    `of` is the input whose gradient is judged, where the aspect is one.
    """

    id: str
    spec: CallSpec
    variant: str
    api: Api
    environment: str
    device: str
    mode: str
    aspect: Aspect
    level: Level
    oracle: Oracle
    features: tuple[str, ...]
    undocumented: tuple[str, ...]
    declared: str | None = None
    raises: tuple[str, ...] = ()
    of: str | None = None

    @property
    def aspect_word(self) -> str:
        """The aspect as ids and records have it: a gradient names its input, `gradient:target`."""
        return str(self.aspect) if self.of is None else f"{self.aspect}:{self.of}"
