"""Picks the tables that a random query reads."""

from typing import List, Optional

from sql.scope import Column, Context, Relation


def base(context: Context, most_rows: Optional[int] = None) -> Relation:
    """Picks a table; `most_rows` cuts it down."""
    weights = [1 if len(table.rows) < 2 else 12 for table in context.tables]
    (table,) = context.rng.choices(context.tables, weights)
    alias = context.name("t")
    columns = [Column(f"{alias}.{name}", kind) for name, kind in table.columns.items()]
    rows = len(table.rows)
    text = f"{table.name} AS {alias}"
    if most_rows is not None and rows > most_rows:
        text, rows = f"(SELECT * FROM {table.name} WHERE id < {most_rows}) AS {alias}", most_rows
    return Relation(text, columns, [f"{alias}.id"], rows)


def shared_kinds(left: Relation, right: Relation) -> List[str]:
    """Names the kinds that both sides have columns of."""
    kinds_of_right = {column.kind for column in right.columns}
    return sorted({column.kind for column in left.columns} & kinds_of_right - {"out"})
