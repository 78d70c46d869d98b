"""Random SELECTs in their shapes: columns, windows, DISTINCT, and aggregations."""

from typing import List, NamedTuple, Optional

from sql.aggregates import aggregate, order_of, total_order, window
from sql.expressions import expression
from sql.scope import Column, Context, Relation
from sql.subqueries import scalar_subquery


class Select(NamedTuple):
    """A query without parentheses. `unique`: names of output columns that tell rows apart."""

    text: str
    columns: List[Column]
    unique: Optional[List[str]]
    rows: int
    is_ordered: bool = False


def plain(context: Context, source: Relation, where: str) -> Select:
    """Makes a SELECT of columns, expressions and subqueries."""
    rng = context.rng
    items, columns = [], []
    for _ in range(rng.randint(1, 4)):
        name = context.name("c")
        if source.columns and context.chance(0.5):
            value = rng.choice(source.columns)
        elif context.chance(0.15):
            value = scalar_subquery(context, source.columns)
        else:
            kind = rng.choice(source.columns).kind if source.columns else "int"
            value = Column(expression(context, source.columns, kind, 3), kind)
        items.append(f"{value.text} AS {name}")
        columns.append(Column(name, value.kind))
    if context.chance(0.06):
        items.append(f"unnest({expression(context, source.columns, 'ints', 1)}) AS un")
        return Select(
            f"SELECT {', '.join(items)} FROM {source.text}{where}",
            [*columns, Column("un", "int")],
            None,
            source.rows * 3,
        )
    return _with_unique(context, f"FROM {source.text}{where}", items, columns, source)


def _with_unique(context: Context, rest: str, items: List[str], columns: List[Column], source: Relation) -> Select:
    """Gives the columns out that tell rows apart, too, half of the time."""
    unique: Optional[List[str]] = None
    if source.unique is not None and context.chance(0.5):
        unique = []
        kinds_of = {column.text: column.kind for column in source.columns}
        for text in source.unique:
            name = context.name("i")
            items, columns, unique = (
                [*items, f"{text} AS {name}"],
                [*columns, Column(name, kinds_of.get(text, "big"))],
                [*unique, name],
            )
    return Select(f"SELECT {', '.join(items)} {rest}", columns, unique, source.rows)


def windowed(context: Context, source: Relation, where: str, is_last: bool) -> Select:
    """Makes a SELECT with window functions, and a QUALIFY perhaps."""
    columns_of_source = {column.text for column in source.columns}
    if not source.columns or source.unique is None or not set(source.unique) <= columns_of_source:
        return plain(context, source, where)
    items, columns = [], []
    for _ in range(context.rng.randint(1, 3)):
        text, kind = window(context, source, source.unique, is_last)
        name = context.name("w")
        items.append(f"{text} AS {name}")
        columns.append(Column(name, kind))
    some = context.rng.choice(source.columns)
    items.append(f"{some.text} AS c0")
    qualify = ""
    if context.chance(0.25):
        key = context.rng.choice(source.columns).text
        order = total_order(context, source.columns, source.unique)
        qualify = f" QUALIFY row_number() OVER (PARTITION BY {key} {order}) <= {context.rng.randint(1, 4)}"
    return _with_unique(
        context, f"FROM {source.text}{where}{qualify}", items, [*columns, Column("c0", some.kind)], source
    )


def distinct(context: Context, source: Relation, where: str) -> Select:
    """Makes a SELECT DISTINCT, or DISTINCT ON."""
    rng = context.rng
    chosen = rng.sample(source.columns, min(len(source.columns), rng.randint(1, 3)))
    if not chosen:
        return plain(context, source, where)
    items = [f"{column.text} AS {column.text.split('.')[-1]}_{at}" for at, column in enumerate(chosen)]
    columns = [Column(item.split(" AS ")[-1], column.kind) for item, column in zip(items, chosen)]
    rest = f"{', '.join(items)} FROM {source.text}{where}"
    if (
        source.unique is not None
        and set(source.unique) <= {column.text for column in source.columns}
        and context.chance(0.5)
    ):
        key = chosen[0]
        order = order_of(context, [key.text, *(text for text in source.unique if text != key.text)])
        return Select(f"SELECT DISTINCT ON ({key.text}) {rest} {order}", columns, [columns[0].text], source.rows, False)
    return Select(f"SELECT DISTINCT {rest}", columns, [column.text for column in columns], source.rows)


def grouped(context: Context, source: Relation, where: str, is_last: bool) -> Select:
    """Makes an aggregation: without keys, by keys, or by grouping sets."""
    rng = context.rng
    keys = []
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3])):
        kind = rng.choice(source.columns).kind
        keys.append(Column(expression(context, source.columns, kind, rng.choice([0, 0, 1])), kind))
    keys = [
        key for at, key in enumerate(keys) if key.text not in [other.text for other in keys[:at]] and "." in key.text
    ]
    names = [context.name("k") for _ in keys]
    items = [f"{key.text} AS {name}" for key, name in zip(keys, names)]
    columns = [Column(name, key.kind) for key, name in zip(keys, names)]
    in_sets = bool(keys) and context.chance(0.4)
    for _ in range(rng.randint(1, 4)):
        text, kind = aggregate(context, source.columns, is_last, in_sets)
        name = context.name("a")
        items.append(f"{text} AS {name}")
        columns.append(Column(name, kind))
    group = _group_by(context, [key.text for key in keys], in_sets)
    if in_sets:
        items.append(f"{rng.choice(['grouping', 'grouping_id'])}({', '.join(key.text for key in keys)}) AS gr")
        columns.append(Column("gr", "big"))
    having = ""
    if context.chance(0.2):
        having = f" HAVING count(*) {rng.choice(['>', '>=', '<>'])} {rng.choice([0, 1, 1, 2, 9])}"
        if context.chance(0.1):
            having = f" HAVING count(*) < {rng.randint(0, 9)}"
        if in_sets and context.chance(0.4):
            having = f" HAVING grouping({keys[0].text}) = {rng.randint(0, 1)}"
    unique = [*names, "gr"] if in_sets else names
    text = f"SELECT {', '.join(items)} FROM {source.text}{where}{group}{having}"
    return Select(text, columns, None if "GROUPING SETS" in group else unique, source.rows)


def _group_by(context: Context, keys: List[str], in_sets: bool) -> str:
    if not keys:
        return ""
    if in_sets:
        return " GROUP BY " + _grouping_sets(context, keys)
    return context.rng.choice([f" GROUP BY {', '.join(keys)}", " GROUP BY ALL"])


def _grouping_sets(context: Context, keys: List[str]) -> str:
    """Writes ROLLUP, CUBE or GROUPING SETS over some of the keys: with the empty set, and sets named twice."""
    rng = context.rng
    listed, last = ", ".join(keys), keys[-1]
    sets = ["(" + ", ".join(rng.sample(keys, rng.randint(0, len(keys)))) + ")" for _ in range(rng.randint(1, 3))]
    sets += rng.choice([[], ["()"], [sets[0]], [f"ROLLUP ({last})"]])
    forms = [f"ROLLUP ({listed})", f"CUBE ({listed})", f"GROUPING SETS ({', '.join(sets)}, ({listed}))"]
    if len(keys) > 1:
        before = ", ".join(keys[:-1])
        forms += [f"{before}, ROLLUP ({last})", f"{before}, CUBE ({last})", f"ROLLUP (({before}), {last})"]
        forms.append(f"GROUPING SETS ({', '.join(sets)}, ({listed})), {last}")
    return rng.choice(forms)
