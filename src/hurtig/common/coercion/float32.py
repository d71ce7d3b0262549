"""Rounding to 32-bit floats, shown by their shortest decimal form as Java shows them."""

from __future__ import annotations

from array import array

_DIGITS = tuple(f"%.{digits}g".__mod__ for digits in (7, 8, 9))


def round_all(values: list[float]) -> list[float]:
    """Each float rounded to 32 bits: 0.1 stays 0.1, 1/3 becomes 0.33333334, 1e39 infinity.

    The result is the 64-bit float nearest to the shortest decimal that names the 32-bit one.
    """
    rounded = array("f", values).tolist()
    # Seven digits name nearly every 32-bit float, nine name all of them.
    shown = list(map(float, map(_DIGITS[0], rounded)))
    for more in _DIGITS[1:]:
        back = array("f", shown).tolist()
        if back == rounded:
            break
        longer = map(float, map(more, rounded))
        shown = [
            short if b == r else long
            for short, b, r, long in zip(shown, back, rounded, longer, strict=True)
        ]
    return shown


def round_one(value: float) -> float:
    """One float rounded to 32 bits."""
    return round_all([value])[0]
