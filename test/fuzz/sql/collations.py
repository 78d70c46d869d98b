"""Random EXCEPT and INTERSECT of texts that a collation compares.

Of equal texts DuckDB leaves open which one stays, and by its plan it compares the texts themselves or what the
collation makes of them. So what is given out is what the collation makes of the texts, and DISTINCT sees nothing else.
"""

from typing import Dict

from sql.expressions import condition, expression
from sql.relations import Derive, relation
from sql.scope import Column, Context, Relation
from sql.selects import Select
from sql.tables import base

#: By name of the collation, what it makes of a text {0}.
MADE: Dict[str, str] = {
    "NOCASE": "lower({0})",
    "NOACCENT": "strip_accents({0})",
    "NOCASE.NOACCENT": "strip_accents(lower({0}))",
}
OPERATIONS = ["EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"]


def collated_set_operation(context: Context, derive: Derive) -> Select:
    """Makes the set operation, and a query that counts or lists what is left."""
    rng = context.rng
    collation = rng.choice(list(MADE))
    width = rng.choice([1, 1, 2])
    sides = [_branch(context, derive, collation, width) for _ in range(2)]
    alias = context.name("s")
    names = ", ".join(["y", "z"][:width])
    inner = f"({sides[0]} {rng.choice(OPERATIONS)} {sides[1]}) AS {alias}({names})"
    return _given_out(context, inner, alias, MADE[collation].format(f"{alias}.y"), width)


def _branch(context: Context, derive: Derive, collation: str, width: int) -> str:
    """Writes a side: texts under the collation, which an expression may have passed through, or as they are."""
    rng = context.rng
    source = _source(context, derive)
    text = expression(context, source.columns, "str", rng.choice([0, 0, 1]))
    collate = rng.choice([f" COLLATE {collation}", f" COLLATE {collation}", ""])
    form = rng.choice(["{0}{1}", "{0}{1}", "upper({0}{1})", "upper({0}){1}", "lower({0}){1}", "({0}{1} || '')"])
    item, distinct = form.format(text, collate), ""
    if context.chance(0.2):
        item, distinct = MADE[collation].format(text) + collate, "DISTINCT "
    more = f", {expression(context, source.columns, 'int', 0)} % 3" if width > 1 else ""
    where = f" WHERE {condition(context, source.columns, 1)}" if context.chance(0.4) else ""
    return f"(SELECT {distinct}{item}{more} FROM {source.text}{where})"


def _source(context: Context, derive: Derive) -> Relation:
    """Makes something that has texts, if a few tries find it."""
    source = relation(context, 1, derive)
    for _ in range(5):
        if any(column.kind == "str" for column in source.columns):
            break
        source = base(context)
    return source


def _given_out(context: Context, inner: str, alias: str, made: str, width: int) -> Select:
    """Writes what is asked about the rows that are left."""
    listed, more = (f", {alias}.z AS z", f", {alias}.z") if width > 1 else ("", "")
    other = base(context, 500)
    joined = f"{inner} JOIN {other.text} ON {alias}.y = {expression(context, other.columns, 'str', 0)}"
    text = context.rng.choice(
        [
            f"SELECT {made} AS y{listed} FROM {inner}",
            f"SELECT {made} AS y{listed}, count(*) AS n FROM {inner} GROUP BY ALL",
            f"SELECT {made} AS y{listed}, count(*) AS n FROM {inner} GROUP BY {alias}.y{more}",
            f"SELECT count(*) AS n, count(DISTINCT {made}) AS d FROM {inner}",
            f"SELECT {made} AS y, count(*) AS n FROM {joined} GROUP BY ALL",
        ]
    )
    return Select(text, [Column("n", "big")], None, 3000)
