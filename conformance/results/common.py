"""What records have in common, held once: of a large run, most of what is read says the same again."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from conformance.results.record import CheckRecord

# Parts by what else they depend on. Nothing that differs in type alone (1, True, 1.0) or in the sign of a
# zero can be taken for another: a call is the hash of its attributes and inputs.
_OF_CALL = {
    "attributes": None,
    "features": None,
    "undocumented": None,
    "source": None,
    "inputs": "outcome",
    "gradient": "aspect",
    "call_style": "api",
}
_TEXTS = (
    "kind", "operator", "case", "variant", "api", "framework", "environment", "framework_version", "dtype",
    "device", "mode", "aspect", "level", "oracle", "call", "location", "summary", "outcome", "subtype",
)  # fmt: skip
_texts_of = itemgetter(*_TEXTS)


class Common:
    """Replaces parts of records by equal parts of earlier ones."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str, str | None], Any] = {}
        self._texts: dict[str | None, str | None] = {}

    def share(self, record: CheckRecord) -> None:
        """Give `record`, of the published layout, the parts that an earlier record has."""
        fields: Any = record
        if record["call"]:  # without one, nothing says that two records have the same inputs
            for name, other in _OF_CALL.items():
                key = (name, record["call"], fields[other] if other else None)
                own = fields[name]
                earlier = self._parts.setdefault(key, own)
                if earlier is not own and earlier == own:
                    fields[name] = earlier
        texts = _texts_of(fields)
        fields.update(zip(_TEXTS, map(self._texts.setdefault, texts, texts), strict=True))
