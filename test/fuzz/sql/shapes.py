"""The shapes of queries that need a grammar of their own, by name: a run says how often it met each."""

import re
from typing import Dict, Pattern, Set

#: By name of the shape, what the text of such a query has: mostly the alias that nothing else is given.
SHAPES: Dict[str, Pattern[str]] = {
    "VALUES with subqueries": re.compile(r"\) AS vs\d+\("),
    "VALUES over columns beside them": re.compile(r" LATERAL \(VALUES "),
    "IN of VALUES": re.compile(r" IN \(VALUES "),
    "VALUES in a set operation": re.compile(r"(UNION|INTERSECT|EXCEPT|ALL) \(VALUES "),
    "GROUPING of plain groups": re.compile(r"\) AS gs\d+"),
    "texts compared by a collation": re.compile(r"COLLATE .*\b(EXCEPT|INTERSECT)\b|\b(EXCEPT|INTERSECT)\b.* COLLATE "),
    "keys that fail, and no other side": re.compile(r"\) AS es\d+"),
    "keys that could fail": re.compile(r"::VARCHAR AS INTEGER\)|\(100 // |% 50 \+ 1\)"),
    "constant rows": re.compile(r"count\(DISTINCT \(c\d+\.n, c\d+\.x\)\)"),
}


def names_of(sql: str) -> Set[str]:
    """Names the shapes that a query has."""
    return {name for name, pattern in SHAPES.items() if pattern.search(sql)}
