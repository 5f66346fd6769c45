"""A set of check ids as a few readable patterns that match all of them and no other check."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

_Constraint = tuple[str, str]  # a part of an id, and the pattern that is wanted there
_Choices = list[_Constraint]  # for one part: the word itself, then ever wider patterns of it

FIELDS = ("operator", "case", "variant", "api", "environment", "dtype", "device", "mode", "aspect")
_FEWEST_CASES = 4  # that a pattern which leaves the case open is made of: two or three may agree by chance
_FIXED = ("operator", "aspect")  # another operator or aspect is another question
_WILD = re.compile(r"([*?[])")


def cover(ids: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """Patterns that together match exactly `wanted` of all check `ids`, in the order of `ids`.

    Each pattern is as wide as it can be without matching anything else; none is superfluous. What is no id
    of a check (of nine words between slashes) is named as it is.
    """
    return Universe(ids).cover(wanted)


class Universe:
    """Check ids, and which of them have which word in which part, as the bits of integers.

    The parts of an id are its words, and each setting of its variant. Some words are also looked at in wider
    senses, so that a pattern can be of a whole namespace, of the half precision dtypes, of all but bfloat16,
    or of gradients with respect to any input.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = list(ids)
        self._at = {name: at for at, name in enumerate(self._ids)}
        self._parts = [list(_parts(name)) for name in self._ids]
        size = len(self._ids) // 8 + 1
        marks: dict[_Constraint, bytearray] = {}
        for at, parts in enumerate(self._parts):
            for constraint in {each for choices in parts for each in choices}:
                marks.setdefault(constraint, bytearray(size))[at >> 3] |= 1 << (at & 7)
        self._having = {key: int.from_bytes(mark, "little") for key, mark in marks.items()}
        self._all = (1 << len(self._ids)) - 1
        self._cases = [mask for (part, _), mask in self._having.items() if part == "case"]

    def cover(self, wanted: Iterable[str]) -> list[str]:
        """See the function of this name."""
        targets = 0
        for name in wanted:
            targets |= 1 << self._at[name]
        boxes: list[tuple[int, list[_Constraint]]] = []
        left = targets
        while left:
            seed = (left & -left).bit_length() - 1
            box = self._grown(seed, targets, left)
            boxes.append((self._mask(box), box))
            left &= ~boxes[-1][0]
        needed = _needed(boxes, targets)
        return self._merged([pattern for mask, box in needed for pattern in self._rendered(mask, box)])

    def matched(self, pattern: str) -> set[str]:
        """The ids that a pattern matches."""
        return set(fnmatch.filter(self._ids, pattern))

    def _merged(self, patterns: list[str]) -> list[str]:
        """Two patterns of APIs in two namespaces as one, `mindspore.[no]*`, where it matches nothing else."""
        merged: list[str] = []
        for pattern in patterns:
            for at, earlier in enumerate(merged):
                both = _of_both(earlier, pattern)
                if both and self.matched(both) == self.matched(earlier) | self.matched(pattern):
                    merged[at] = both
                    break
            else:
                merged.append(pattern)
        return merged

    def _mask(self, constraints: Iterable[_Constraint]) -> int:
        mask = self._all
        for constraint in constraints:
            mask &= self._having[constraint]
        return mask

    def _grown(self, seed: int, targets: int, left: int) -> list[_Constraint]:
        """The constraints of `seed`, widened and dropped while nothing but `targets` has them.

        What gains most of those that are `left` comes first; of equals, dropping what comes last in an id.
        Nothing is widened without a gain: the word itself is easiest to read.
        """
        box = [choices[0] for choices in self._parts[seed]]
        wider = {choices[0][0]: choices[1:] for choices in self._parts[seed]}
        while True:
            covered = (self._mask(box) & left).bit_count()
            best: tuple[int, bool, int] = 0, False, -1
            chosen: list[_Constraint] | None = None
            for at, (part, pattern) in enumerate(box):
                rest = box[:at] + box[at + 1 :]
                others: list[list[_Constraint]] = [[]] if part not in _FIXED else []
                for replacement in [*others, *([each] for each in wider[part] if each[1] != pattern)]:
                    mask = self._mask([*rest, *replacement])
                    if mask & ~targets or (part == "case" and not self._of_many_cases(mask)):
                        continue
                    value = (mask & left).bit_count() - covered, not replacement, at
                    if value >= best:
                        best, chosen = value, [*box[:at], *replacement, *box[at + 1 :]]
            if chosen is None or (best[0] <= 0 and not best[1]):
                return box
            box = chosen

    def _of_many_cases(self, mask: int) -> bool:
        return sum(1 for case in self._cases if case & mask) >= _FEWEST_CASES

    def _rendered(self, mask: int, box: list[_Constraint]) -> list[str]:
        """The pattern of a box, at its shortest; the plain ids where none means just this box."""
        members = {name for at, name in enumerate(self._ids) if mask >> at & 1}
        words = _words(dict(box), next(iter(members)))
        for pattern in ("/".join(_collapsed(words)), "/".join(words)):
            if self.matched(pattern) == members:
                return [pattern]
        return [_escaped(name) for name in self._ids if name in members]


def _needed(boxes: list[tuple[int, list[_Constraint]]], targets: int) -> list[tuple[int, list[_Constraint]]]:
    """The boxes without those that the others make superfluous, the smallest of which go first."""
    kept = sorted(boxes, key=lambda box: box[0].bit_count())
    for box in list(kept):
        rest = 0
        for other in kept:
            rest |= 0 if other is box else other[0]
        if not targets & ~rest:
            kept.remove(box)
    return sorted(kept, key=lambda box: box[0] & -box[0])


def _parts(identifier: str) -> Iterator[_Choices]:
    words = identifier.split("/")
    if len(words) != len(FIELDS):
        yield [("operator", _escaped(identifier))]
        return
    for field, word in zip(FIELDS, words, strict=True):
        if field == "variant":
            for at, setting in enumerate(word.split("+")):
                key, colon, _ = setting.partition(":")
                yield [(f"variant {key if colon else at}", _escaped(setting))]
        else:
            yield [(field, pattern) for pattern in dict.fromkeys([_escaped(word), *_wider(field, word)])]


def _wider(field: str, word: str) -> Iterator[str]:
    """Wider patterns of a word, the narrowest first."""
    if field == "api":
        names = word.split(".")[:-1]
        for length in range(len(names), 1, -1):
            yield f"{_escaped('.'.join(names[:length]))}.*"
    elif field == "dtype":
        if word.endswith("float16"):
            yield "*float16"
        if word.startswith("float"):
            yield "float*"
    elif field == "aspect" and ":" in word:
        yield f"{_escaped(word.partition(':')[0])}:*"


def _of_both(first: str, second: str) -> str | None:
    """One pattern for two that differ in the namespaces of their APIs; None where it is not all."""
    left, right = first.split("/"), second.split("/")
    differing = [at for at, (one, other) in enumerate(zip_longest(left, right)) if one != other]
    if len(differing) != 1 or len(left) != len(right):
        return None
    at = differing[0]
    (top, dot, one), (other_top, _, other) = left[at].partition("."), right[at].partition(".")
    if not dot or top != other_top or not one or not other:
        return None
    initials = one[1 : one.index("]")] if one.startswith("[") and "]" in one else one[0]
    if not other[0].isalpha() or other[0] in initials:
        return None
    left[at] = f"{top}.[{initials}{other[0]}]*"
    return "/".join(left)


def _words(box: dict[str, str], member: str) -> list[str]:
    """The words of a pattern; `member` is an id that it matches, whose settings give their order."""
    if member.count("/") != len(FIELDS) - 1:
        return [box["operator"]]
    variant = _variant(box, member.split("/")[2])
    return [variant if field == "variant" else box.get(field, "*") for field in FIELDS]


def _variant(box: dict[str, str], variant: str) -> str:
    """The settings that matter; with an open case, whose variants may have others, in any surroundings."""
    kept = {setting for part, setting in box.items() if part.startswith("variant ")}
    settings = [each if each in kept else "*" for each in map(_escaped, variant.split("+"))]
    if "case" in box:
        return "+".join(_collapsed(settings))
    inner = [each for each in settings if each != "*"]
    return f"*{'*'.join(inner)}*" if inner else "*"


def _collapsed(words: Sequence[str]) -> list[str]:
    """The words with one `*` in place of several: it stands for any text, slashes too."""
    return [word for at, word in enumerate(words) if word != "*" or at == 0 or words[at - 1] != "*"]


def _escaped(word: str) -> str:
    return _WILD.sub(r"[\1]", word)
