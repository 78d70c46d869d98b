"""The rows of an answer as text, and whether they are what a script expects.

Floating numbers (type R) may differ in their last digits: a sum depends on the order of its rows, in DuckDB alone, too.
"""

import decimal
import math
from typing import Any, List, Sequence, Tuple

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12
_CLASSES = {"I": (int, bool), "R": (float, decimal.Decimal), "T": (object,)}


def text_of(value: Any) -> str:
    """Writes a value as DuckDB would, in one line and never as an empty text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(text_of, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text_of(key)}: {text_of(item)}" for key, item in value.items()) + "}"
    return str(value).replace("\t", "\\t").replace("\n", "\\n") or "(empty)"


def lines_of(rows: Sequence[Tuple[Any, ...]], is_sorted: bool) -> List[str]:
    lines = ["\t".join(map(text_of, row)) for row in rows]
    return sorted(lines) if is_sorted else lines


def wrong_types(types: str, rows: Sequence[Tuple[Any, ...]]) -> str:
    """Says which value is not of its column's type (I, R or T); empty where all are."""
    for row in rows:
        if len(row) != len(types):
            return f"{len(row)} columns, {len(types)} expected"
        for number, (letter, value) in enumerate(zip(types, row), 1):
            if value is not None and not isinstance(value, _CLASSES[letter]):
                return f"column {number} is no {letter}: {value!r}"
    return ""


def is_same(types: str, found: List[str], expected: List[str]) -> bool:
    """Compares lines, the floating columns with a tolerance."""
    if len(found) != len(expected):
        return False
    return found == expected or all(_is_same_row(types, *pair) for pair in zip(found, expected))


def _is_same_row(types: str, found: str, expected: str) -> bool:
    left, right = found.split("\t"), expected.split("\t")
    if len(left) != len(types) or len(right) != len(types):
        return False
    return all(a == b or (letter == "R" and _is_close(a, b)) for letter, a, b in zip(types, left, right))


def _is_close(left: str, right: str) -> bool:
    try:
        return math.isclose(float(left), float(right), rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    except ValueError:
        return False
