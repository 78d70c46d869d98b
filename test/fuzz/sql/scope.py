"""What a piece of a random query sees: the columns in reach, the tables, and which columns tell rows apart."""

import random
from typing import Dict, List, NamedTuple, Optional

from sql.data import Table

Rng = random.Random


class Column(NamedTuple):
    text: str
    kind: str


class Relation(NamedTuple):
    """Something to select from. `unique` are columns that no two rows share; None where nothing is known to."""

    text: str
    columns: List[Column]
    unique: Optional[List[str]]
    rows: int  # at most, roughly


class Context:
    """State of one query that is being made: its random numbers, tables, table expressions and parameters."""

    def __init__(self, rng: Rng, tables: List[Table]) -> None:
        self.rng = rng
        self.tables = tables
        self.expressions: Dict[str, Relation] = {}  # of WITH
        self.parameters: List[int] = []
        self._names = 0

    def name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def parameter(self, value: int) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}::INTEGER"
