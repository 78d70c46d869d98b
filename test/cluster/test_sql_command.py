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

    def run(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        result = subprocess.run(
            [skein.worker_binary(), "sql", *arguments],
            env=dict(os.environ, TMPDIR=str(tmp_path)),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
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


@pytest.mark.parametrize("wrong, byte", [("\0", "0x00"), ("\udcff", "0xff"), ("'\udcc3('", "0xc3")])
def test_what_is_no_text_is_refused_with_its_line(run_sql: Run, wrong: str, byte: str) -> None:
    sql = f"\n SELECT 1 AS first\n{wrong}; SELECT 2 AS second;\n"
    result = run_sql("--format", "csv", stdin=f"SELECT 0 AS before;{sql}")
    assert (result.returncode, result.stdout) == (1, "before\n0\n")
    assert result.stderr == f"the SQL is not text in UTF-8: line=2 byte={byte}\n"


def test_file_that_is_no_text_is_refused_before_anything_runs(
    run_sql: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("sql") / "latin.sql"
    file.write_bytes("SELECT 1;\nSELECT 'größer';".encode("latin-1"))
    result = run_sql("-f", str(file))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "the SQL is not text in UTF-8: line=2 byte=0xf6\n"


def test_dot_commands_come_from_a_pipe_too(run_sql: Run) -> None:
    lines = [".mode csv\r", "CREATE TABLE mine AS SELECT 1 AS one;", ".tables", "FROM mine;", ".quit", "FROM other;"]
    result = run_sql(stdin="\n".join(lines))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "schema,name,type\nmain,mine,BASE TABLE\none\n1\n"


@pytest.mark.parametrize(
    "command, error",
    [
        (".mode xml", "'xml'"),
        (".read no/such/file.sql", "no/such/file.sql"),
        (".bogus", ".bogus"),
        (".tables now", "'now'"),
    ],
)
def test_wrong_dot_command_ends_a_script(run_sql: Run, command: str, error: str) -> None:
    result = run_sql(stdin=f"{command}\nSELECT 2 AS two;\n")
    assert (result.returncode, result.stdout) == (1, "")
    assert error in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments, named", [(["bogus"], "bogus"), ([], "sql or worker")])
def test_wrong_command_of_the_program_is_named(arguments: list, named: str) -> None:
    result = subprocess.run([skein.worker_binary(), *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 2 and named in result.stderr


@pytest.mark.parametrize("rows", [1, 100_000])
def test_rows_that_cannot_be_written_are_an_error(rows: int) -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [skein.worker_binary(), "sql", "--format", "csv", "-c", f"FROM range({rows})"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (result.returncode, result.stderr) == (1, "standard output takes no more: what was printed is not whole\n")
