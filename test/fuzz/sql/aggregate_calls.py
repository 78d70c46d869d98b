"""Every aggregate of DuckDB with every kind of argument that it takes, and which of its answers DuckDB leaves open."""

import functools
import random
from typing import Callable, Dict, Iterator, List, NamedTuple

import duckdb
from sql import data, kinds

ORDER_OF_ROWS = "depends on the order of rows: only with ORDER BY"
ESTIMATE = "an estimate that depends on the order of rows"
WINDOW = "a window function only"
#: What is not compared without an ORDER BY, or not at all, by name.
ONLY_ORDERED = {
    name: ORDER_OF_ROWS
    for name in (
        "any_value",
        "arbitrary",
        "first",
        "last",
        "list",
        "array_agg",
        "string_agg",
        "group_concat",
        "listagg",
        "mode",
    )
}
#: After a NULL key DuckDB 1.5.5 takes the next row, whatever its key.
ONLY_ORDERED.update({"arg_max_nulls_last": ORDER_OF_ROWS, "arg_min_nulls_last": ORDER_OF_ROWS})
OPEN = {
    "approx_top_k": ESTIMATE,
    "reservoir_quantile": "a random sample",
    "sum_no_overflow": "for DuckDB's optimizer only, which puts it in the place of sum",
    **{
        name: WINDOW
        for name in ("cume_dist", "dense_rank", "fill", "first_value", "lag", "last_value", "lead", "nth_value")
    },
    **{name: WINDOW for name in ("ntile", "percent_rank", "rank", "rank_dense", "row_number")},
}
#: Sums of values that cancel each other or are rounded, and a histogram whose order NaN breaks: what comes out depends
#: on the order of rows.
INEXACT = ("wild",)
ARITHMETIC = (
    "avg",
    "corr",
    "favg",
    "fsum",
    "kahan_sum",
    "kurtosis",
    "kurtosis_pop",
    "mad",
    "mean",
    "product",
    "sem",
    "skewness",
)
ARITHMETIC += (
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "sumkahan",
    "var_pop",
    "var_samp",
    "variance",
)
ARITHMETIC += ("covar_pop", "covar_samp", "histogram", "median", "quantile_cont")

PAIRS = ("corr", "covar_pop", "covar_samp")
REGRESSIONS = [f"regr_{what}" for what in ("avgx", "avgy", "count", "intercept", "r2", "slope", "sxx", "sxy", "syy")]
#: The arguments of those that want more than one.
ARGUMENTS: Dict[str, List[str]] = {
    "approx_quantile": ["{x}, 0.3", "{x}, [0.1, 0.9]"],  # a digest of so few rows still holds each of them
    "bitstring_agg": ["{x}", "{x}, 0, 40"],
    "count_star": [""],
    "histogram_exact": ["id, [1, 5, 900]", "c_str, ['a', 'ab']"],
    "max": ["{x}", "{x}, 2"],
    "min": ["{x}", "{x}, 2"],
    "quantile": ["{x}, 0.3", "{x}, [0.1, 0.9]"],
    "quantile_cont": ["{x}, 0.3", "{x}, [0.1, 0.9]"],
    "quantile_disc": ["{x}, 0.3", "{x}, [0.1, 0.9]"],
    **{name: ["{x}, '; '", "{x}"] for name in ("string_agg", "group_concat", "listagg")},
    **{
        name: ["{x}, id", "{x}, {x}", "{x}, id, 3"]
        for name in ("arg_max", "arg_min", "argmax", "argmin", "max_by", "min_by")
    },
    **{f"arg_{which}_{nulls}": ["{x}, id", "{x}, {x}"] for which in ("max", "min") for nulls in ("null", "nulls_last")},
    **{name: ["{x}, c_tame", "c_tame, {x}"] for name in (*PAIRS, *REGRESSIONS)},
}


#: Values with which nothing overflows: an error would hide all other columns of its query.
CALM: Dict[str, Callable[[random.Random], str]] = {
    **{kind: lambda rng: str(rng.randint(0, 100)) for kind in ("int", "tiny", "small", "big", "ubig", "huge", "uhuge")},
    "date": lambda rng: f"2001-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    "ts": lambda rng: f"2020-{rng.randint(1, 12):02}-03 {kinds.clock(rng)}",
    "tstz": lambda rng: f"2020-{rng.randint(1, 12):02}-03 {kinds.clock(rng)}",
    "bit": lambda rng: rng.choice(["0000", "1010", "1111", "0001"]),
    "blob": lambda rng: rng.choice(["ab", "cd", "\\x00\\xFF"]),
    "wide": lambda rng: f"{rng.randint(-10**9, 10**9)}.25",
}

#: How a query groups; no rows: nothing but empty groups.
GROUPINGS = {
    "no keys": "SELECT {calls} FROM t",
    "keys": "SELECT g, {calls} FROM t GROUP BY g",
    "grouping sets": "SELECT g, {calls} FROM t GROUP BY GROUPING SETS ((g), (g, id % 2), ())",
    "no rows": "SELECT {calls} FROM t WHERE id < 0",
}


class Variant(NamedTuple):
    """How a call is written around its arguments, and in which groupings."""

    name: str
    form: str
    is_ordered: bool
    groupings: List[str]


VARIANTS = [
    Variant("plain", "{call}({arguments})", False, list(GROUPINGS)),
    Variant("FILTER", "{call}({arguments}) FILTER (WHERE id % 3 = 1)", False, ["grouping sets"]),
    Variant("DISTINCT", "{call}(DISTINCT {arguments})", False, ["keys"]),
    Variant("ORDER BY", "{call}({arguments} ORDER BY id DESC)", True, ["keys"]),
    Variant("DISTINCT with ORDER BY", "{call}(DISTINCT {arguments} ORDER BY {first} NULLS FIRST)", True, ["no keys"]),
]


def make_table(seed: int) -> data.Table:
    """Makes a table with a column of each kind, in three files: most of the rows, none, and a few."""
    rng = random.Random(seed)
    columns = {"id": "big", "g": "int", **{f"c_{kind}": kind for kind in kinds.KINDS}}
    pools = {name: [CALM.get(kind, kinds.KINDS[kind].value)(rng) for _ in range(30)] for name, kind in columns.items()}

    def row(number: int) -> List[data.Value]:
        drawn = [None if rng.random() < 0.2 else rng.choice(pools[name]) for name in columns]
        return [str(number), rng.choice(["0", "1", "2", "40"]), *drawn[2:]]

    return data.Table("t", columns, [row(number) for number in range(300)], [280, 280])


def names(plain: duckdb.DuckDBPyConnection) -> List[str]:
    sql = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate' ORDER BY 1"
    return [name for (name,) in plain.execute(sql).fetchall()]


def calls(plain: duckdb.DuckDBPyConnection, name: str, variant: Variant, table: data.Table) -> List[str]:
    """Returns the calls of one aggregate, with each column that DuckDB binds it to."""
    if name in OPEN or (name in ONLY_ORDERED and not variant.is_ordered):
        return []
    written = dict.fromkeys(argument for argument in _arguments(name, table) if _binds(plain, name, argument))
    return [_call(name, variant.form, argument) for argument in written]


def _arguments(name: str, table: data.Table) -> Iterator[str]:
    for arguments in ARGUMENTS.get(name, ["{x}"]):
        for column, kind in table.columns.items():
            if kind not in INEXACT or not (name in ARITHMETIC or name in REGRESSIONS):
                yield arguments.replace("{x}", column)


def _call(name: str, form: str, arguments: str) -> str:
    call = "count" if name == "count_star" else name
    return form.format(call=call, arguments=arguments or "*", first=arguments.split(",")[0])


@functools.lru_cache(maxsize=None)
def _binds(plain: duckdb.DuckDBPyConnection, name: str, arguments: str) -> bool:
    try:
        plain.execute(f"EXPLAIN SELECT {_call(name, VARIANTS[0].form, arguments)} FROM t")
    except duckdb.Error:
        return False
    return True
