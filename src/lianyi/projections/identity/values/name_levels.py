"""Two names, compared in levels that a person can follow."""

from __future__ import annotations

from collections import Counter
from enum import IntEnum
from itertools import permutations

from lianyi.projections.identity.values.given_names import is_given
from lianyi.projections.identity.values.identifier_levels import is_one_edit, is_swap
from lianyi.projections.identity.values.names import NameKind, NameValue, is_rare
from lianyi.projections.identity.values.pinyin import every_letters
from lianyi.projections.identity.values.shapes import similar_shape
from lianyi.projections.identity.values.text import LOST, share_of_pairs


class NameLevel(IntEnum):
    """How two names stand to each other; higher is nearer."""

    INCOMPARABLE = 0
    """One of them is nobody's, or a newborn's beside a real name, or of another script."""
    DIFFERENT = 1
    SURNAME_ONLY = 2
    """Only the surname agrees: siblings, father and child, millions of others."""
    GIVEN_NAME_ONLY = 3
    """Only the whole given name agrees, of two characters or in letters (``_is_one_given``): a
    changed surname."""
    ONE_CHARACTER = 4
    """One character of a longer name differs, is missing, or two are swapped: twins, too."""
    ALIKE = 5
    """Names in letters, not Chinese: each word has one like it in the other, one may be equal."""
    SIMILAR_SHAPE = 6
    """One character differs, and the two look alike; of a long word, one letter."""
    LOST_CHARACTER = 7
    """They agree where neither lost a character; somewhere one did."""
    SAME_PINYIN = 8
    """Every character sounds the same, or one is the romanised form of the other."""
    SURNAME_SLIP = 9
    """In letters, not Chinese: one given name (``_is_one_given``), one slip in the surname."""
    VARIANT = 10
    """The same name in another accepted writing: 萧 and 肖, 堃 and 坤."""
    EQUAL = 11


_L = NameLevel
_NOBODY, _NEWBORN = NameKind.NOBODY, NameKind.NEWBORN


def compare_names(a: NameValue, b: NameValue) -> NameLevel:
    """Say how two names stand to each other. Symmetric.

    The names of two unnamed newborns are compared by mother and by what they say of the child;
    a newborn's and a real name are incomparable: that is a relation, not an identity.
    """
    kind, other = a.kind, b.kind
    if kind <= _NEWBORN or other <= _NEWBORN:
        if kind is not other or kind is _NOBODY:
            return _L.INCOMPARABLE
        if _other_child(a, b):
            return _L.DIFFERENT
    if a.key == b.key and kind is other:
        return _L.LOST_CHARACTER if a.lossy or b.lossy else _L.EQUAL
    if a.every and b.every:
        if a.parts or b.parts:
            return _compare_segmented(a, b)
        return _compare_hanzi(a, b)
    if a.every or b.every:
        return _compare_scripts(a, b) if b.every else _compare_scripts(b, a)
    return _compare_latin(a, b)


def is_cut_short(a: NameValue, b: NameValue) -> bool:
    """Whether one name is the beginning of the other: 赵平 of 赵平国, a first part. Symmetric.

    At least two characters are left, and no more than three are missing unless a whole part is.
    """
    short, long = (a.key, b.key) if len(a.key) < len(b.key) else (b.key, a.key)
    if not a.every or not b.every or len(short) < 2 or not long.startswith(short):
        return False
    whole = a.parts or b.parts
    return LOST not in long and (bool(whole) or len(long) - len(short) == 1)


def _other_child(a: NameValue, b: NameValue) -> bool:
    """Whether two newborns' names say that they are two children."""
    if a.child_sex and b.child_sex and a.child_sex != b.child_sex:
        return True
    return bool(a.child_order and b.child_order and a.child_order != b.child_order)


def _compare_hanzi(a: NameValue, b: NameValue) -> NameLevel:
    x, y = a.variant, b.variant
    lossy = a.lossy or b.lossy
    if x == y and not lossy:
        return _L.VARIANT
    if lossy:
        if _agree_but_for_lost(a, b):
            return _L.LOST_CHARACTER
    elif len(x) > 1 and a.every[0].isdisjoint(b.every[0]) and set(x).isdisjoint(y):
        return _L.DIFFERENT  # nearly always, and cheaper to see than the rest
    if len(x) != len(y):
        return _compare_lengths(a, b)
    apart = [i for i, c in enumerate(x) if c != y[i]]
    for i in apart:
        if a.every[i].isdisjoint(b.every[i]):
            break
    else:
        return _L.SAME_PINYIN
    cut = len(a.surname)
    if len(apart) == 1:
        return _compare_one(x, y, apart[0], cut)
    if len(apart) == 2 and apart[0] >= cut and sorted(x[cut:]) == sorted(y[cut:]):
        return _L.ONE_CHARACTER
    return _surname_or_given(a, b)


def _compare_one(x: str, y: str, at: int, cut: int) -> NameLevel:
    """The level of two names of one length that differ in exactly one place."""
    if LOST in (x[at], y[at]):
        return _L.SURNAME_ONLY if at >= cut else _L.DIFFERENT
    if similar_shape(x[at], y[at]):
        return _L.SIMILAR_SHAPE
    if at < cut:
        return _L.GIVEN_NAME_ONLY if len(x) - cut >= 2 else _L.DIFFERENT
    return _L.ONE_CHARACTER if len(x) - cut >= 2 else _L.SURNAME_ONLY


def _compare_lengths(a: NameValue, b: NameValue) -> NameLevel:
    """The level of two names of which one is longer: a character dropped, a surname not written."""
    short, long = (a, b) if len(a.variant) < len(b.variant) else (b, a)
    x, y = short.variant, long.variant
    cut = len(long.surname)
    if x == y[cut:] and len(x) >= 2:
        return _L.GIVEN_NAME_ONLY
    if len(y) - len(x) == 1:
        at = next((i for i, c in enumerate(x) if c != y[i]), len(x))
        if x[at:] == y[at + 1 :] and at >= cut:
            if is_rare(y[at]):
                return _L.LOST_CHARACTER
            if len(x) > cut:
                return _L.ONE_CHARACTER
    return _surname_or_given(a, b)


def _surname_or_given(a: NameValue, b: NameValue) -> NameLevel:
    x, y = a.variant[: len(a.surname)], b.variant[: len(b.surname)]
    if x == y:
        return _L.SURNAME_ONLY
    given_a, given_b = a.variant[len(x) :], b.variant[len(y) :]
    if given_a == given_b and len(given_a) >= 2 and LOST not in given_a:
        return _L.GIVEN_NAME_ONLY
    if len(x) == len(y) == 1 and not a.every[0].isdisjoint(b.every[0]):
        return _L.SURNAME_ONLY
    return _L.DIFFERENT


def _agree_but_for_lost(a: NameValue, b: NameValue) -> bool:
    """Whether two names agree wherever neither lost a character.

    At least one character beside the surname must agree, or the one that was lost must be rare:
    王* says only that somebody is called Wang, but 王? may well be 王䶮.
    """
    lossy, other = (a, b) if a.lossy else (b, a)
    x, y = lossy.variant, other.variant
    first, last = x.index(LOST), x.rindex(LOST)
    before, after = x[:first], x[last + 1 :]
    if other.lossy:
        return (
            len(x) == len(y) >= 3
            and all(LOST in (p, q) or p == q for p, q in zip(x, y, strict=True))
            and any(p == q != LOST for p, q in zip(x[1:], y[1:], strict=True))
        )
    if not y.startswith(before) or not y.endswith(after):
        return False
    middle = y[first : len(y) - len(after)]
    if not middle or len(middle) > 2 + last - first:
        return False
    if len(x) == len(y) and not all(
        not sounds or not sounds.isdisjoint(spoken)
        for sounds, spoken in zip(
            lossy.every[first : last + 1], other.every[first : last + 1], strict=True
        )
    ):
        return False
    hinted = len(x) == len(y) and all(lossy.every[first : last + 1])
    agreed = len(before) + len(after) - len(lossy.surname if first else "")
    return agreed >= 1 or hinted or any(map(is_rare, middle))


def _compare_segmented(a: NameValue, b: NameValue) -> NameLevel:
    """Compare names with dots part by part; a name without dots is one part."""
    if a.key == b.key:
        return _L.LOST_CHARACTER if a.lossy or b.lossy else _L.EQUAL
    if len(a.key) == len(b.key) and not a.lossy and not b.lossy:
        apart = [i for i in range(len(a.key)) if a.key[i] != b.key[i]]
        if all(not a.every[i].isdisjoint(b.every[i]) for i in apart):
            return _L.SAME_PINYIN
        if len(apart) == 1:
            return _L.ONE_CHARACTER
    if a.lossy or b.lossy:
        lossy, other = (a, b) if a.lossy else (b, a)
        first, last = lossy.key.index(LOST), lossy.key.rindex(LOST)
        before, after = lossy.key[:first], lossy.key[last + 1 :]
        if (
            len(before) + len(after) >= 3
            and other.key.startswith(before)
            and other.key.endswith(after)
        ):
            return _L.LOST_CHARACTER
    if is_one_edit(a.key, b.key):
        return _L.ONE_CHARACTER
    parts_a, parts_b = a.parts or (a.key,), b.parts or (b.key,)
    if parts_a[0] == parts_b[0] or parts_a == parts_b[::-1]:
        if len(parts_a) != len(parts_b) or parts_a == parts_b[::-1]:
            return _L.ONE_CHARACTER
        return _L.SURNAME_ONLY
    return _L.DIFFERENT


def _compare_scripts(latin: NameValue, hanzi: NameValue) -> NameLevel:
    """Compare a romanised name with one in characters; a foreign one says nothing about it."""
    if not latin.usual or not hanzi.usual or hanzi.lossy:
        return _L.INCOMPARABLE
    if latin.letters == hanzi.letters or latin.letters in every_letters(hanzi.every):
        return _L.SAME_PINYIN
    if hanzi.parts:
        return _L.INCOMPARABLE
    missing = Counter(hanzi.usual) - Counter(latin.usual)
    if missing.total() == 1 and len(hanzi.usual) == len(latin.usual) >= 3:
        return _L.ONE_CHARACTER if hanzi.usual[0] in latin.usual else _L.GIVEN_NAME_ONLY
    return _L.SURNAME_ONLY if hanzi.usual[0] in latin.parts else _L.DIFFERENT


def _compare_latin(a: NameValue, b: NameValue) -> NameLevel:
    """Compare two names in letters, whatever the order of their words."""
    if a.key == b.key or (a.letters == b.letters and a.usual and b.usual):
        return _L.EQUAL
    if _same_but_for_spaces(a.parts, b.parts):
        return _L.EQUAL
    shared = set(a.parts) & set(b.parts)
    fewer = min(len(a.parts), len(b.parts))
    alike_level = _L.ONE_CHARACTER if a.usual and b.usual else _L.ALIKE
    if fewer >= 2 and len(shared) == fewer:
        return _L.VARIANT
    if _is_one_given(a, b) and not (a.usual and b.usual):
        left, right = "".join(a.family), "".join(b.family)
        if _is_surname_slip(left, right):
            return _L.SURNAME_SLIP
        if not _alike(left, right):
            return _L.GIVEN_NAME_ONLY
    if shared and len(a.parts) == len(b.parts) and len(shared) == fewer - 1:
        (left,) = set(a.parts) - shared or {""}
        (right,) = set(b.parts) - shared or {""}
        if min(len(left), len(right)) >= _LONG_WORD and (
            is_one_edit(left, right) or is_swap(left, right)
        ):
            return _L.SIMILAR_SHAPE
        if _alike(left, right):
            return alike_level
        if (len(left) == 1) != (len(right) == 1) and left[0] == right[0]:
            return _L.ONE_CHARACTER  # an initial
    alike = min(_with_counterpart(a.parts, b.parts), _with_counterpart(b.parts, a.parts))
    whole = share_of_pairs("".join(a.parts), "".join(b.parts))
    if alike == fewer or whole >= _WHOLE_ALIKE:
        return alike_level if fewer >= 2 else _L.ONE_CHARACTER
    return _L.SURNAME_ONLY if alike else _L.DIFFERENT


def _is_one_given(a: NameValue, b: NameValue) -> bool:
    """Whether both senders call the same words the given name, and the words say so as well.

    Some senders have the two fields the wrong way round: what they call given is the surname. So
    children are given one of these words, and none of those that are called the family name.
    """
    x, y = ([word for word in name.parts if word not in name.family] for name in (a, b))
    if not (a.family and b.family) or x != y or not any(map(is_given, x)):
        return False
    return not any(map(is_given, a.family + b.family))


def _is_surname_slip(left: str, right: str) -> bool:
    """Whether one surname is the other with a letter wrong, missing, doubled, or two swapped."""
    near = is_one_edit(left, right) or is_swap(left, right)
    return near and min(len(left), len(right)) >= _SURNAME_LEAST


def _same_but_for_spaces(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether the words of both, in some order and without spaces, are one text."""
    if sorted("".join(a)) != sorted("".join(b)) or max(len(a), len(b)) > _WORDS_MAX:
        return False
    orders = {"".join(order) for order in permutations(a)}
    return any("".join(order) in orders for order in permutations(b))


_WORDS_MAX = 5
"""The words of a longer name are not tried in all orders."""
_LONG_WORD = 6
"""From so many letters on, one wrong letter or a swap is an error and seldom another name."""
_SURNAME_LEAST = 4
"""Shorter ones (An and Anh, Kim and Kin) are one slip apart too often."""
_WORD_ALIKE = 0.5
_WHOLE_ALIKE = 0.7
"""Shares of pairs of letters: from here on there may be typing errors between two words, names."""


def _with_counterpart(words: tuple[str, ...], others: tuple[str, ...]) -> int:
    """How many of the words have one that is like them among the others."""
    return sum(any(_alike(word, other) for other in others) for word in words)


def _alike(left: str, right: str) -> bool:
    """Whether one word may be the other with a typing error or two. Symmetric."""
    return (
        left == right
        or is_one_edit(left, right)
        or sorted(left) == sorted(right)
        or share_of_pairs(left, right) >= _WORD_ALIKE
    )
