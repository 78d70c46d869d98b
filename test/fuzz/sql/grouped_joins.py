"""Joins with an aggregation by its keys that says which of these are grouped: GROUPING() of one grouping set."""

from typing import List, NamedTuple

from sql.aggregates import Made, aggregate
from sql.expressions import condition, expression
from sql.scope import Column, Context, Relation
from sql.tables import base, shared_kinds

FEWEST_ROWS = 20  # beside the groups: fewer would be copied to wherever these are
JOINS = ["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "SEMI JOIN", "ANTI JOIN"]


class Grouped(NamedTuple):
    """A derived table; its first columns are the keys, which tell its rows apart."""

    relation: Relation
    keys: List[Column]


def grouping_join(context: Context, left: Relation) -> Relation:
    """Joins the groups of a table by their keys; one side has what GROUPING() says."""
    rng = context.rng
    if left.rows < FEWEST_ROWS or context.chance(0.3):
        left = base(context)
    groups = _groups(context, left)
    same = [f"{_partner(context, left, key)} = {key.text}" for key in groups.keys]
    if context.chance(0.5):
        same.append(f"{groups.relation.columns[-1].text} <= {rng.choice([0, 0, 1, 3])}")
    on = " AND ".join(same)
    join = rng.choice(JOINS)
    if " JOIN " in left.text or context.chance(0.6):
        text, kept, lost = f"{left.text} {join} {groups.relation.text} ON {on}", left, groups.relation
    else:
        text, kept, lost = f"{groups.relation.text} {join} {left.text} ON {on}", groups.relation, left
    if join in ("SEMI JOIN", "ANTI JOIN"):
        return Relation(text, kept.columns, kept.unique, kept.rows)
    unique = None if kept.unique is None or lost.unique is None else kept.unique + lost.unique
    return Relation(text, kept.columns + lost.columns, unique, max(kept.rows, lost.rows) * 2)


def _partner(context: Context, left: Relation, key: Column) -> str:
    """Picks a column that is equal to some of the keys: of INTEGERs one that tables share."""
    shared = [column.text for column in left.columns if column.kind == key.kind and column.text[-2:] in (".k", ".g")]
    return context.rng.choice(shared) if shared else expression(context, left.columns, key.kind, 0)


def _call(context: Context, inner: Relation) -> Made:
    """Writes an aggregate: mostly one of those whose halves are small."""
    if context.chance(0.3):
        return aggregate(context, inner.columns, False)
    return context.rng.choice([("count(*)", "big"), (f"max({inner.unique[0]})", "big"), ("sum(1)", "huge")])


def _groups(context: Context, beside: Relation) -> Grouped:
    """Makes groups by one or two kinds of keys that `beside` has, too."""
    rng = context.rng
    inner, alias = base(context, 2500), context.name("gs")
    shared = shared_kinds(beside, inner) or ["int"]
    chosen = rng.sample(shared, min(len(shared), rng.choice([1, 1, 2])))
    chosen = ["int"] if "int" in shared and context.chance(0.6) else chosen
    values = [expression(context, inner.columns, kind, 0) for kind in chosen]
    values = [value if "." in value else f"{inner.unique[0]}::INTEGER" for value in values]
    names = [f"k{at}" for at in range(len(values))]
    call, kind = _call(context, inner)
    items = [f"{value} AS {name}" for value, name in zip(values, names)]
    items += [f"{call} AS a", f"grouping({', '.join(rng.sample(values, len(values)))}) AS gr"]
    where = f" WHERE {condition(context, inner.columns, 1)}" if context.chance(0.3) else ""
    text = f"(SELECT {', '.join(items)} FROM {inner.text}{where} GROUP BY {', '.join(values)}) AS {alias}"
    keys = [Column(f"{alias}.{name}", of) for name, of in zip(names, chosen)]
    results = [Column(f"{alias}.{name}", of) for name, of in (("a", kind), ("gr", "big")) if of != "out"]
    return Grouped(Relation(text, keys + results, [key.text for key in keys], inner.rows), keys)
