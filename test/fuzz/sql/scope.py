"""What a piece of a random query sees: the columns in reach, the tables, and which columns tell rows apart."""

import random
from typing import Dict, List, NamedTuple, Optional

from sql import kinds
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

    def constant(self, kind: str) -> str:
        """Writes a value of a kind: mostly one that a table holds, so that comparisons with it select some rows."""
        places = [(table, at) for table in self.tables for at, of in enumerate(table.columns.values()) if of == kind]
        places = [(table, at) for table, at in places if table.rows]
        if not places or self.chance(0.2):
            return kinds.literal(self.rng, kind)
        table, at = self.rng.choice(places)
        value = self.rng.choice(table.rows)[at]
        return kinds.literal(self.rng, kind) if value is None else kinds.cast(value, kind)

    def parameter(self, value: int) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}::INTEGER"
