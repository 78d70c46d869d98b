"""Random aggregates and windows whose results DuckDB leaves no choice in.

What depends on the order of rows gets an ORDER BY over its own argument, or over columns that tell all rows apart. The
kind of a result is `out` where it may only be given out: its floats have noise, or no expression takes it.
"""

from typing import Callable, List, Tuple

from sql.expressions import condition, expression
from sql.kinds import NESTED
from sql.scope import Column, Context, Relation

Made = Tuple[str, str]  # text and kind
SUMMABLE = ["int", "tiny", "small", "big", "dec", "tame"]
DIRECTIONS = ["", " DESC", " NULLS FIRST", " DESC NULLS LAST", " ASC NULLS LAST", " DESC NULLS FIRST"]


def order_of(context: Context, keys: List[str]) -> str:
    return "ORDER BY " + ", ".join(key + context.rng.choice(DIRECTIONS) for key in keys)


def total_order(context: Context, columns: List[Column], unique: List[str]) -> str:
    """Writes an ORDER BY that leaves no tie."""
    if not unique:
        return ""  # there is one row
    first = [column.text for column in columns if column.text not in unique]
    return order_of(context, context.rng.sample(first, min(len(first), context.rng.randint(0, 2))) + unique)


def aggregate(context: Context, columns: List[Column], is_last: bool, in_sets: bool = False) -> Made:
    """Writes an aggregate call. `is_last`: its result is a column of the whole statement. `in_sets`: it is computed for
    several grouping sets, where DuckDB 1.5.5's histogram of nested values counts NULLs as values."""
    rng = context.rng
    kind = rng.choice(columns).kind if columns else "int"
    value = expression(context, columns, kind, rng.randint(0, 2))
    number_kind = rng.choice(SUMMABLE)
    number = expression(context, columns, number_kind, rng.randint(0, 2))
    text = expression(context, columns, "str", 1)
    whole = expression(context, columns, rng.choice(["int", "big"]), 1)
    distinct = rng.choice(["", "", "DISTINCT "])
    order = rng.choice(DIRECTIONS)
    sum_kind = {"dec": "out", "tame": "tame"}.get(number_kind, "huge")
    forms: List[Made] = [
        ("count(*)", "big"),
        (f"count({distinct}{value})", "big"),
        (f"count(DISTINCT ({value}, {number}))", "big"),
        (f"sum({distinct}{number})", sum_kind),
        (f"min({value})", kind),
        (f"max({distinct}{value})", kind),
        (f"count_if({condition(context, columns, 1)})", "huge"),
        (f"bool_or({condition(context, columns, 1)})", "bool"),
        (f"bool_and({condition(context, columns, 1)})", "bool"),
        (f"bit_xor({distinct}{whole})", "out"),
        (f"bit_or({whole})", "out"),
        (f"first({value} ORDER BY {value}{order})", kind),
        (f"any_value({value} ORDER BY {value}{order})", kind),
        (f"quantile_disc({number}, {rng.choice(['0.1', '0.5', '0.9'])})", number_kind),
        (f"quantile_disc({value}, 0.5)", kind),
        (f"mode({value} ORDER BY {value}{order})", kind),
    ]
    if is_last:
        forms += [
            (f"arg_min({value}, ({number}, {value}))", "out"),
            (f"arg_max({value}, ({text}, {value}))", "out"),
            (f"max_by({text}, {text}, 2)", "out"),
            (f"list_sort(list({value}))", "out"),
            (f"array_agg({distinct}{number} ORDER BY {number}{order})", "out"),
            (f"sum({number})::VARCHAR || '!'", "out"),
            (f"entropy({whole})", "out"),
            (f"kahan_sum({expression(context, columns, 'tame', 1)})", "out"),
            (f"product(sign({expression(context, columns, 'tiny', 1)}))", "out"),
            (
                f"regr_count({expression(context, columns, 'tame', 1)}, {expression(context, columns, 'tame', 1)})",
                "out",
            ),
            (f"list({distinct}{value} ORDER BY {value}{order})", "out"),
            (f"string_agg({distinct}{text}, ',' ORDER BY {text}{order})", "out"),
            (f"avg({distinct}{number})", "out"),
            (f"median({number})", "out"),
            (f"quantile_cont({number}, [0.25, 0.5])", "out"),
            (f"mad({expression(context, columns, 'tame', 1)})", "out"),
            (f"stddev_samp({expression(context, columns, 'tame', 1)})", "out"),
            (f"var_pop({expression(context, columns, 'tiny', 1)})", "out"),
            (f"covar_pop({expression(context, columns, 'tame', 1)}, {expression(context, columns, 'tiny', 1)})", "out"),
            (f"histogram({text if kind == 'wild' or (in_sets and kind in NESTED) else value})", "out"),
            (f"median({value})", "out"),
            # A digest of few values is exact; one of more depends on the order of rows.
            (f"approx_quantile(DISTINCT {whole} % 50, {rng.choice(['0.2', '0.5', '[0.1, 0.9]'])})", "out"),
            (f"approx_quantile(CASE WHEN {condition(context, columns, 1)} THEN 7 END, 0.4)", "out"),
            (f"min({value}, 3)", "out"),
            (f"max({number}, 2)", "out"),
            (f"list({value} ORDER BY {value}{order})[1:3]", "out"),
        ]
    made, result = rng.choice(forms)
    if context.chance(0.25) and "[1:3]" not in made and made.endswith(")") and not made.startswith("list_sort"):
        made += f" FILTER (WHERE {condition(context, columns, 1)})"
    return made, result


def window(context: Context, relation: Relation, unique: List[str], is_last: bool) -> Made:
    """Writes a window call over the rows of `relation`, which `unique` tells apart."""
    rng = context.rng
    columns = relation.columns
    partition = ""
    if context.chance(0.7):
        keys = rng.sample(columns, min(len(columns), rng.choice([1, 1, 2])))
        partition = "PARTITION BY " + ", ".join(column.text for column in keys) + " "
    some = rng.choice(columns)
    value = expression(context, columns, some.kind, 1)
    total = partition + total_order(context, columns, unique)
    peers = partition + order_of(context, [some.text])
    number = expression(context, columns, rng.choice(["int", "tiny", "big"]), 1)
    nulls = rng.choice(["", "", " IGNORE NULLS", " RESPECT NULLS"])
    default = rng.choice(["", f", {rng.randint(0, 3)}", f", 1, {expression(context, columns, some.kind, 0)}"])
    rows = f"{total} {_frame(context, 'ROWS')}"
    calls: List[Callable[[], Tuple[str, str, str]]] = [
        lambda: ("row_number()", total, "big"),
        lambda: (f"ntile({rng.randint(1, 5)})", total, "big"),
        lambda: ("rank()", peers, "big"),
        lambda: ("dense_rank()", peers, "big"),
        lambda: ("percent_rank()", peers, "out"),
        lambda: ("cume_dist()", peers, "out"),
        lambda: (f"lag({value}{default}{nulls})", total, some.kind),
        lambda: (f"lead({value}{default}{nulls})", total, some.kind),
        lambda: (f"first_value({value}{nulls})", rows, some.kind),
        lambda: (f"last_value({value}{nulls})", rows, some.kind),
        lambda: (f"nth_value({value}, 2{nulls})", rows, some.kind),
        lambda: (f"sum({number})", rows, "huge"),
        lambda: (f"count(DISTINCT {value})", partition, "big"),
        lambda: (f"max({value})", rng.choice([peers, partition, rows]), some.kind),
        lambda: (f"count({value}) FILTER (WHERE {condition(context, columns, 1)})", rng.choice([peers, rows]), "big"),
        lambda: (f"sum({number})", f"{peers} {_frame(context, 'GROUPS')}", "huge"),
        lambda: ("count(*)", f"{partition}ORDER BY {_range_key(context, columns)} {_frame(context, 'RANGE')}", "big"),
        lambda: (f"list({value} ORDER BY {value})", partition, "out"),
        lambda: (f"quantile_disc({number}, 0.5)", partition, "out"),
    ]
    call, over, kind = rng.choice(calls if is_last else calls[:-2])()
    return f"{call} OVER ({over.strip()})", kind if is_last or kind != "out" else "wild"


def _range_key(context: Context, columns: List[Column]) -> str:
    return f"({expression(context, columns, 'int', 0)} % 50)"


def _frame(context: Context, unit: str) -> str:
    rng = context.rng
    start = rng.choice(["UNBOUNDED PRECEDING", f"{rng.randint(0, 5)} PRECEDING", "CURRENT ROW"])
    end = rng.choice(["UNBOUNDED FOLLOWING", f"{rng.randint(0, 5)} FOLLOWING", "CURRENT ROW"])
    exclude = rng.choice(["", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"])
    if unit == "ROWS" or (start == "UNBOUNDED PRECEDING" and exclude in (" EXCLUDE GROUP", "")):
        return f"{unit} BETWEEN {start} AND {end}{exclude}"
    return f"{unit} BETWEEN {start} AND {end}"
