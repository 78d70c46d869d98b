"""`skein sql`: results and nothing else on stdout, an exit code, nothing left behind."""

import csv
import io
import json
import os
import pathlib
import subprocess
from typing import Callable, Dict

import duckdb
import processes
import pytest
import skein
import tpch

Run = Callable[..., "subprocess.CompletedProcess[str]"]

DISTRIBUTED = "SET skein_mode = 'distributed'; "


@pytest.fixture
def run_sql(tmp_path: pathlib.Path) -> Run:
    """Runs `skein sql` on two local workers; afterwards no process and no file of it may be there."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        result = subprocess.run(
            [skein.worker_binary(), "sql", *arguments],
            env=dict(os.environ, TMPDIR=str(tmp_path)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert processes.eventually(lambda: not processes.pids_with_environment(f"TMPDIR={tmp_path}"), 10)
        assert list(tmp_path.iterdir()) == []
        return result

    return run


def views(folder: pathlib.Path) -> str:
    return "".join(f"CREATE VIEW {table} AS FROM read_parquet('{folder / table}/*.parquet'); " for table in tpch.FILES)


def parsed_like(text: str, value: object) -> object:
    """Reads a number where `value` is one; decimals and dates are compared as texts."""
    return type(value)(text) if isinstance(value, (int, float)) else text


@pytest.mark.parametrize("name", ["q1", "q3", "q6", "q12", "q14", "q18"])
def test_csv_holds_the_answer_of_duckdb(
    run_sql: Run, name: str, tpch_folder: pathlib.Path, tpch_queries: Dict[str, str]
) -> None:
    sql = tpch_queries[name]
    result = run_sql("--cluster", "local:2", "--format", "csv", "-c", DISTRIBUTED + views(tpch_folder) + sql)
    assert result.returncode == 0, result.stderr
    with duckdb.connect() as plain:
        tpch.create_views(plain, tpch_folder)
        relation = plain.sql(sql)
        expected = relation.fetchall()
    header, *rows = csv.reader(io.StringIO(result.stdout))
    assert header == relation.columns
    assert len(rows) == len(expected)
    typed = [tuple(map(parsed_like, row, other)) for row, other in zip(rows, expected)]
    texts = [tuple(value if isinstance(value, (int, float)) else str(value) for value in row) for row in expected]
    assert tpch.same_answer(sql, typed, texts)


def test_json_is_one_array_of_objects(run_sql: Run, tpch_folder: pathlib.Path) -> None:
    sql = "SELECT r_name, r_regionkey FROM region WHERE r_regionkey < 2 ORDER BY r_name"
    result = run_sql("--cluster", "local:2", "--format", "json", "-c", DISTRIBUTED + views(tpch_folder) + sql)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == [
        {"r_name": "AFRICA", "r_regionkey": 0},
        {"r_name": "AMERICA", "r_regionkey": 1},
    ]


def test_null_and_quotes_survive_csv(run_sql: Run) -> None:
    result = run_sql("--cluster", "local:2", "--format", "csv", "-c", "SELECT NULL AS a, 'say \"hi\", you' AS b")
    assert (result.returncode, result.stdout) == (0, 'a,b\n,"say ""hi"", you"\n')


def test_error_of_the_query_is_exit_code_1(run_sql: Run, tpch_folder: pathlib.Path) -> None:
    result = run_sql(
        "--cluster",
        "local:2",
        "-c",
        DISTRIBUTED + views(tpch_folder) + "SELECT sum(CAST(l_comment AS INTEGER)) FROM lineitem",
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert "Could not convert string" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--no-such-flag"], ["--cluster", "local:0", "-c", "SELECT 1"], ["--format", "xml", "-c", "SELECT 1"]]
)
def test_wrong_usage_is_exit_code_2(run_sql: Run, arguments: list) -> None:
    result = run_sql(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.strip()
