"""The golden plans of test/plan: how TPC-H's queries and some of TPC-DS are cut into stages, and how to read a plan.

Run as a program (``tools/update_golden_plans``) it writes all of them anew.
"""

import json
import pathlib
from typing import Any, Dict, Iterator, List

import duckdb
import skein
import tpcds
import tpch

TOP = pathlib.Path(__file__).resolve().parent.parent
#: TPC-H at scale factor 0.1, shared with the tests.
DATA = TOP / "build" / "test-data" / "tpch-0.1"
CLUSTER = "local:4"
SUITES = {"tpch": tpch, "tpcds": tpcds}
#: Of TPC-DS: rollups, windows, set operations, outer joins, EXISTS, and table expressions of many readers.
NAMES = {
    "tpch": [f"q{number}" for number in range(1, 23)],
    "tpcds": [f"q{number}" for number in (1, 2, 4, 5, 8, 10, 14, 16, 18, 23, 36, 38, 44, 51, 64, 67, 72, 78, 87, 95)],
}

Json = Dict[str, Any]


def file_of(name: str, suite: str = "tpch") -> pathlib.Path:
    """Names the golden file of query ``name``: q3 is in q03.txt."""
    return TOP / "test" / "plan" / suite / f"q{int(name[1:]):02}.txt"


def connect(suite: str = "tpch") -> duckdb.DuckDBPyConnection:
    """Opens what the plans are made on: data at scale factor 0.1, shared with the tests. EXPLAIN starts no worker."""
    connection = skein.connect(CLUSTER)
    connection.execute("SET skein_mode = 'distributed'")
    data = TOP / "build" / "test-data" / f"{suite}-0.1"
    SUITES[suite].generate(0.1, data)
    SUITES[suite].create_views(connection, data)
    return connection


def explain(connection: duckdb.DuckDBPyConnection, sql: str) -> Dict[str, List[Any]]:
    """Returns the rows of EXPLAIN (FORMAT json): values by key."""
    rows: Dict[str, List[Any]] = {}
    for key, text in connection.execute("EXPLAIN (FORMAT json) " + sql).fetchall():
        rows.setdefault(key, []).append(json.loads(text))
    return rows


def operators(root: Json) -> Iterator[Json]:
    """Yields a node of a tree and all below it."""
    yield root
    for child in root.get("children", []):
        yield from operators(child)


def compact(plan: Json) -> str:
    """Writes a plan as one tree of stages, operators and exchanges, without expressions, keys, files and estimates."""
    lines: List[str] = []
    shared: Dict[int, int] = {}  # stages that several exchanges read, by the order in which they are met

    def write_exchange(number: int, depth: int) -> None:
        exchange = plan["exchanges"][number]
        ordered = "ordered " if exchange["ordered"] else ""
        lines.append("  " * depth + f"{ordered}{exchange['kind']} -> {exchange['ranges']}")
        if exchange["from"] == "client":
            lines.append("  " * (depth + 1) + "the client's rows")
            return
        if "shared_from" in exchange:
            is_known = exchange["from"] in shared
            name = shared.setdefault(exchange["from"], len(shared) + 1)
            lines.append("  " * (depth + 1) + ("again" if is_known else "stored as") + f" shared rows {name}")
            if is_known:
                return
        stage = plan["stages"][exchange["from"]]
        words = [f"{stage['tasks']} task" + "s" * (stage["tasks"] > 1), stage["replay"]]
        words += ["barrier"] if stage["barrier"] else []
        words += [stage["single"]] if "single" in stage else []
        lines.append("  " * (depth + 1) + f"[{', '.join(words)}]")
        write_operator(stage["operators"], depth + 1)

    def write_operator(node: Json, depth: int) -> None:
        if "exchange" in node:
            write_exchange(node["exchange"], depth)
            return
        detail = node.get("detail", "") if "scan" not in node else ""
        lines.append("  " * depth + f"{node['name']} {detail}".rstrip())
        for child in node.get("children", []):
            write_operator(child, depth + 1)

    for exchange in plan["exchanges"]:
        if exchange["to"] == "client":
            write_exchange(exchange["id"], 0)
    return "\n".join(lines) + "\n"


def golden(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Returns the text of a query's golden file."""
    return "\n".join(compact(plan) for plan in explain(connection, sql)["skein_stages"])


def main() -> None:
    for suite, names in NAMES.items():
        texts = SUITES[suite].queries()
        with connect(suite) as connection:
            for name in names:
                file_of(name, suite).parent.mkdir(parents=True, exist_ok=True)
                file_of(name, suite).write_text(golden(connection, texts[name]))
    print("test/plan: written; git diff shows what changed")


if __name__ == "__main__":
    main()
