"""Input that is not what it seems, and machines with too little of something: the right rows or one clear error, the
same on every run, and nothing is left afterwards."""

import os
import pathlib
import resource
from typing import Callable, Iterator, List

import duckdb
import processes
import pytest
import skein
from footprint import Outcome, footprint, outcome, outcome_of_runs, settles
from worker_process import Worker, connect_to

Connect = Callable[..., duckdb.DuckDBPyConnection]
Run = Callable[[str], Outcome]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """big: 2 million rows, of which one has a bad text and four fifths share one skewed key. keys: a thousand rows."""
    folder = tmp_path_factory.mktemp("bad-input")
    with duckdb.connect() as plain:
        plain.execute(
            f"""COPY (SELECT i, CASE WHEN i = 1234567 THEN 'bad' ELSE i::VARCHAR END s,
                CASE WHEN i % 5 = 0 THEN i ELSE 7 END skewed FROM range(2000000) t(i))
                TO '{folder}/big.parquet' (ROW_GROUP_SIZE 122880)"""
        )
        plain.execute(f"COPY (SELECT i k FROM range(1000) t(i)) TO '{folder}/keys.parquet'")
    return folder


@pytest.fixture(scope="module")
def temp_dir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("temp")


def warm_up(connection: duckdb.DuckDBPyConnection, data: pathlib.Path) -> None:
    """Each worker has called each other: from now on, their libraries have the threads that they keep."""
    big = f"'{data}/big.parquet'"
    connection.execute("SET skein_join = 'repartition'")
    for _ in range(3):
        connection.execute(f"SELECT count(*) FROM {big} a JOIN {big} b ON a.i = b.skewed WHERE a.i < 900000").fetchall()
    connection.execute("RESET skein_join")


@pytest.fixture(scope="module")
def cluster(data: pathlib.Path, temp_dir: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with skein.connect("local:3?threads=1&memory=500MB") as connection:
        connection.execute(f"SET GLOBAL skein_temp_directory = '{temp_dir}'")
        connection.execute("SET skein_mode = 'distributed'")
        for table in ("big", "keys"):
            connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{data}/{table}.parquet')")
        warm_up(connection, data)
        yield connection


@pytest.fixture
def run(cluster: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path) -> Iterator[Run]:
    yield lambda sql: outcome_of_runs(cluster, temp_dir, sql)
    cluster.execute("RESET skein_join").execute("RESET skein_aggregate")


@pytest.mark.parametrize("join", ["auto", "broadcast", "repartition"])
def test_build_side_of_many_more_rows_than_estimated(
    cluster: duckdb.DuckDBPyConnection, run: Run, join: str
) -> None:
    cluster.execute(f"SET skein_join = '{join}'")
    builds = "(SELECT k * 2000 + unnest(range(2000)) AS i FROM keys)"  # DuckDB expects a thousand rows
    sql = f"SELECT count(*), sum(i) FROM big JOIN {builds} USING (i)"
    assert run(sql) == (list, [(2000000, 1999999000000)])


@pytest.mark.parametrize("join, aggregate", [("auto", "auto"), ("repartition", "raw")])
def test_key_of_four_fifths_of_the_rows(
    cluster: duckdb.DuckDBPyConnection, run: Run, join: str, aggregate: str
) -> None:
    cluster.execute(f"SET skein_join = '{join}'").execute(f"SET skein_aggregate = '{aggregate}'")
    pairs = "SELECT count(*), sum(a.i), sum(b.i) FROM big a JOIN big b ON a.skewed = b.i"
    groups = "SELECT max(n), count(*) FROM (SELECT skewed, count(DISTINCT i) n FROM big GROUP BY skewed)"
    assert run(pairs) == (list, [(2000000, 1999999000000, 400010200000)])
    assert run(groups) == (list, [(1600000, 400001)])


def test_memory_under_the_least_a_worker_needs_is_refused(tmp_path: pathlib.Path) -> None:
    with skein.connect("local:3?memory=1MB") as connection:
        connection.execute("CREATE TABLE t AS FROM range(10)").execute("SET skein_mode = 'distributed'")
        with pytest.raises(duckdb.Error, match="memory.*at least 64MiB"):
            connection.execute("SELECT sum(range) FROM t").fetchall()
        assert connection.execute("SET skein_mode = 'local'").execute("SELECT sum(range) FROM t").fetchall() == [(45,)]


def test_rows_larger_than_the_memory_of_a_worker(temp_dir: pathlib.Path) -> None:
    with skein.connect("local:3?threads=1&memory=64MiB") as connection:
        connection.execute(f"SET GLOBAL skein_temp_directory = '{temp_dir}'")
        connection.execute("CREATE TABLE t AS FROM range(30) r(i)").execute("SET skein_mode = 'distributed'")
        connection.execute("SELECT sum(i) FROM t").fetchall()
        sql = "SELECT i % 3 g, max(repeat(i::VARCHAR, 60000000)) m FROM t GROUP BY g"
        kind, text = outcome_of_runs(connection, temp_dir, f"SELECT sum(length(m)) FROM ({sql})")
        assert kind is duckdb.OutOfMemoryException and "give the workers more memory" in text


def full_disk_error(connect: Connect, data: pathlib.Path, temp_dir: pathlib.Path, workers: List[Worker]) -> str:
    connection = connect_to(connect, workers)
    connection.execute("SET skein_join = 'repartition'")
    sql = f"SELECT count(*) FROM '{data}/big.parquet' a JOIN '{data}/big.parquet' b USING (s)"
    kind, text = outcome_of_runs(connection, temp_dir, sql)
    assert kind is duckdb.IOException
    return text


def end_all(workers: List[Worker]) -> List[int]:
    return [worker.end() for worker in workers]


def test_budget_of_disk_that_is_used_up_is_named(connect: Connect, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    workers = [Worker(tmp_path, "--retained-memory", "1B", "--disk", "3MB") for _ in range(2)]
    try:
        text = full_disk_error(connect, data, tmp_path, workers)
    finally:
        assert end_all(workers) == [0, 0]
    assert "over its disk budget" in text and str(tmp_path) in text and "--disk" in text


def test_full_disk_is_named(connect: Connect, data: pathlib.Path, tmp_path: pathlib.Path) -> None:
    def allow_small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MEGABYTE, 3 * MEGABYTE))

    workers = [Worker(tmp_path, "--retained-memory", "1B", prepare=allow_small_files) for _ in range(2)]
    try:
        text = full_disk_error(connect, data, tmp_path, workers)
    finally:
        assert end_all(workers) == [0, 0]
    assert "disk full while spilling" in text and str(tmp_path) in text and "--temp-dir" in text


def write(sql: str, path: pathlib.Path) -> pathlib.Path:
    with duckdb.connect() as plain:
        plain.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 10240)")
    return path


def test_file_without_a_column_of_the_first_is_named_with_it(run: Run, tmp_path: pathlib.Path) -> None:
    first = write("SELECT i, 'a' s FROM range(30000) r(i)", tmp_path / "f1.parquet")
    second = write("SELECT i FROM range(30000) r(i)", tmp_path / "f2.parquet")
    kind, text = run(f"SELECT sum(i), count(s) FROM '{tmp_path}/f*.parquet'")
    with pytest.raises(duckdb.InvalidInputException) as plain:
        duckdb.sql(f"SELECT sum(i), count(s) FROM '{tmp_path}/f*.parquet'").fetchall()
    assert kind is duckdb.InvalidInputException and text == str(plain.value)
    assert str(first) in text and str(second) in text and "union_by_name" in text


def test_file_of_another_type_is_read_as_the_type_of_the_first(run: Run, tmp_path: pathlib.Path) -> None:
    write("SELECT i FROM range(30000) r(i)", tmp_path / "f1.parquet")
    write("SELECT i::VARCHAR i FROM range(30000) r(i)", tmp_path / "f2.parquet")
    assert run(f"SELECT count(*), sum(i) FROM '{tmp_path}/f*.parquet'") == (list, [(60000, 899970000)])


def test_file_that_cannot_be_read_as_the_type_of_the_first_is_named(run: Run, tmp_path: pathlib.Path) -> None:
    write("SELECT i FROM range(30000) r(i)", tmp_path / "f1.parquet")
    second = write("SELECT CASE WHEN i = 20000 THEN 'x' ELSE '1' END i FROM range(30000) r(i)", tmp_path / "f2.parquet")
    kind, text = run(f"SELECT sum(i) FROM '{tmp_path}/f*.parquet'")
    assert kind is duckdb.ConversionException
    assert str(second) in text and "Could not convert string 'x'" in text and "union_by_name" in text


def test_damaged_row_group_is_an_error_that_names_the_file(run: Run, tmp_path: pathlib.Path) -> None:
    path = write("SELECT i, 's' || i AS s FROM range(200000) r(i)", tmp_path / "damaged.parquet")
    offset, size = duckdb.execute(
        "SELECT data_page_offset, total_compressed_size FROM parquet_metadata(?) "
        "WHERE row_group_id = 11 AND path_in_schema = 's'",
        [str(path)],
    ).fetchone()
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * size)
    kind, text = run(f"SELECT max(s) FROM '{path}'")
    assert kind is duckdb.InvalidInputException and str(path) in text


def test_file_without_its_end_is_named(run: Run, tmp_path: pathlib.Path) -> None:
    path = write("SELECT i FROM range(200000) r(i)", tmp_path / "short.parquet")
    os.truncate(path, path.stat().st_size // 2)
    kind, text = run(f"SELECT sum(i) FROM '{path}'")
    assert kind is duckdb.InvalidInputException and str(path) in text


@pytest.mark.parametrize(
    "expression, error, text",
    [
        ("sum(s::BIGINT)", duckdb.ConversionException, "Could not convert string 'bad' to INT64"),
        ("max(CASE WHEN i = 1234567 THEN error('stop at ' || i) END)", duckdb.InvalidInputException, "stop at 1234567"),
        ("sum(sqrt(1999998 - i))", duckdb.OutOfRangeException, "square root of a negative number"),
        ("sum((i - 1999998)::UTINYINT)", duckdb.ConversionException, "out of range"),
    ],
)
def test_row_that_fails_is_an_error_of_the_users_class(
    cluster: duckdb.DuckDBPyConnection, run: Run, expression: str, error: type, text: str
) -> None:
    condition = "i > 1999990" if "1999998)::" in expression else "true"
    kind, message = run(f"SELECT {expression} FROM big WHERE {condition}")
    assert kind is error and text in message


def test_division_by_zero_in_one_row_is_null_as_in_duckdb(run: Run) -> None:
    sql = "SELECT count(1 // (i - 1234567)), count(1 % (i - 1234567)), sum(1 / (i - 1234567)) FROM big"
    assert run(sql) == (list, [(1999999, 1999999, float("inf"))])


def test_client_that_reads_slowly_gets_all_rows(cluster: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path) -> None:
    def read_slowly() -> None:
        result, total = cluster.execute("SELECT i FROM big"), 0
        while rows := result.fetchmany(100_000):
            total += sum(i for (i,) in rows)
            processes.eventually(lambda: False, 0.02)
        assert total == 1999999000000

    assert not settles(cluster, temp_dir, read_slowly)


def test_result_that_is_left_half_read_ends_its_tasks(
    cluster: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path
) -> None:
    def read_ten_rows() -> None:
        assert len(cluster.execute("SELECT i, s FROM big").fetchmany(10)) == 10
        assert cluster.execute("SELECT count(*) FROM big").fetchall() == [(2000000,)]

    assert not settles(cluster, temp_dir, read_ten_rows)


@pytest.fixture
def many_files(tmp_path: pathlib.Path) -> pathlib.Path:
    """Files that take workers seconds to read by SLOW_SUM, in the order of their names."""
    first = write("SELECT i, repeat('abc' || i, 20) s FROM range(10000) r(i)", tmp_path / "f00.parquet")
    for number in range(1, 40):
        (tmp_path / f"f{number:02}.parquet").write_bytes(first.read_bytes())
    return tmp_path


SLOW_SUM = "SELECT sum(length(regexp_replace(s, '[aeiou1-5]+', '-', 'g'))) FROM '{folder}/f*.parquet'"


def outcome_of_change(
    cluster: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path, folder: pathlib.Path, change: Callable[[], None]
) -> Outcome:
    """Runs SLOW_SUM; calls `change` as soon as its tasks run, long before they come to the last file."""
    with cluster.cursor() as cursor:
        cursor.execute("SET skein_mode = 'distributed'")
        files = footprint(cluster, temp_dir).files
        wait = processes.in_background(lambda: outcome(cursor, SLOW_SUM.format(folder=folder)))
        running = "SELECT count(*) > 0 FROM skein_tasks() WHERE state = 'running'"
        assert processes.eventually(lambda: cluster.execute(running).fetchone()[0])
        change()
        found = wait()
    assert processes.eventually(lambda: footprint(cluster, temp_dir).running_tasks == 0)
    assert processes.eventually(lambda: footprint(cluster, temp_dir).files == files)
    return found


def test_file_replaced_while_the_query_runs_is_named(
    cluster: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path, many_files: pathlib.Path
) -> None:
    last = many_files / "f39.parquet"
    kind, text = outcome_of_change(cluster, temp_dir, many_files, lambda: write_over(last))
    assert kind is duckdb.IOException
    assert f'file changed while the query ran: "{last}" is not the version that was planned' in text


def write_over(path: pathlib.Path) -> None:
    """Another file of the same size, moved to its place within a second."""
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.replace(other, path)


def test_file_deleted_while_the_query_runs_is_named(
    cluster: duckdb.DuckDBPyConnection, temp_dir: pathlib.Path, many_files: pathlib.Path
) -> None:
    last = many_files / "f39.parquet"
    kind, text = outcome_of_change(cluster, temp_dir, many_files, last.unlink)
    assert kind is duckdb.IOException and str(last) in text


def test_file_replaced_between_two_executions_is_read_anew(
    cluster: duckdb.DuckDBPyConnection, tmp_path: pathlib.Path
) -> None:
    path = write("SELECT i FROM range(30000) r(i)", tmp_path / "f.parquet")
    cluster.execute(f"PREPARE total AS SELECT count(*), sum(i) FROM '{path}'")
    assert cluster.execute("EXECUTE total").fetchall() == [(30000, 449985000)]
    write("SELECT i + 1 AS i FROM range(50000) r(i)", path)
    assert cluster.execute("EXECUTE total").fetchall() == [(50000, 1250025000)]
