"""skein.attach: Skein in a connection that is open already."""

import inspect
import pathlib
from typing import Iterator

import duckdb
import pytest
import skein

UNSIGNED = {"allow_unsigned_extensions": True}


@pytest.fixture
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=UNSIGNED) as connection:
        yield connection


def cluster_of(connection: duckdb.DuckDBPyConnection) -> str:
    return connection.execute("SELECT current_setting('skein_cluster')").fetchone()[0]


def distribute(connection: duckdb.DuckDBPyConnection, tpch_small_folder: object) -> None:
    """Runs a query on the cluster."""
    cursor = connection.cursor()
    cursor.execute("SET skein_mode = 'distributed'")
    assert cursor.execute(f"SELECT sum(n_nationkey) FROM '{tpch_small_folder}/nation/*.parquet'").fetchall() == [(300,)]


def workers(connection: duckdb.DuckDBPyConnection) -> list:
    return connection.execute("SELECT pid FROM skein_workers() ORDER BY pid").fetchall()


def test_queries_run_on_the_cluster(opened: duckdb.DuckDBPyConnection, tpch_small_folder: object) -> None:
    skein.attach(opened, "local:2")
    distribute(opened, tpch_small_folder)
    assert len(workers(opened)) == 2


def test_second_time_with_the_same_cluster_keeps_the_workers(
    opened: duckdb.DuckDBPyConnection, tpch_small_folder: object
) -> None:
    skein.attach(opened, "local:1")
    distribute(opened, tpch_small_folder)
    before = workers(opened)
    skein.attach(opened, "local:1")
    distribute(opened, tpch_small_folder)
    assert len(before) == 1 and workers(opened) == before


def test_second_time_with_another_cluster_switches(
    opened: duckdb.DuckDBPyConnection, tpch_small_folder: object
) -> None:
    skein.attach(opened, "local:1")
    distribute(opened, tpch_small_folder)
    skein.attach(opened, "local:2")
    distribute(opened, tpch_small_folder)
    assert cluster_of(opened) == "local:2" and len(workers(opened)) == 2


def test_extension_that_was_loaded_by_hand_gets_the_packaged_worker(opened: duckdb.DuckDBPyConnection) -> None:
    opened.execute(f"LOAD '{skein.extension_path()}'")
    skein.attach(opened, "local:1")
    assert opened.execute("SELECT current_setting('skein_worker_binary')").fetchone() == (skein.worker_binary(),)


def test_worker_binary_of_the_user_stays(opened: duckdb.DuckDBPyConnection) -> None:
    skein.attach(opened, "local:1")
    opened.execute("SET GLOBAL skein_worker_binary = '/opt/skein'")
    skein.attach(opened, "local:2")
    assert opened.execute("SELECT current_setting('skein_worker_binary')").fetchone() == ("/opt/skein",)


def test_pending_result_stays(opened: duckdb.DuckDBPyConnection) -> None:
    opened.execute("SELECT 42")
    skein.attach(opened, "local:1")
    assert opened.fetchall() == [(42,)]


def test_open_transaction_stays(opened: duckdb.DuckDBPyConnection) -> None:
    opened.execute("BEGIN; CREATE TABLE kept (x INTEGER)")
    skein.attach(opened, "local:1")
    opened.execute("ROLLBACK")
    assert opened.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'kept'").fetchone() == (0,)


def test_cursor_may_be_given(opened: duckdb.DuckDBPyConnection) -> None:
    skein.attach(opened.cursor(), "local:1")
    assert cluster_of(opened) == "local:1"


def test_connection_without_the_permission_is_told_how_to_open_it() -> None:
    with duckdb.connect() as connection:
        with pytest.raises(RuntimeError) as raised:
            skein.attach(connection)
    assert 'duckdb.connect(config={"allow_unsigned_extensions": True}) or skein.connect()' in str(raised.value)
    assert "\n" not in str(raised.value)


def test_closed_connection_is_refused_in_one_sentence(opened: duckdb.DuckDBPyConnection) -> None:
    opened.close()
    with pytest.raises(RuntimeError, match="^the connection is closed: open one with .*$"):
        skein.attach(opened)


def test_another_duckdb_is_refused_in_one_sentence(
    opened: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb, "__version__", "1.4.0")
    with pytest.raises(RuntimeError, match="^skein needs duckdb==1.5.5, found 1.4.0: pip install duckdb==1.5.5$"):
        skein.attach(opened)


@pytest.mark.parametrize("nothing", [None, "local:4", duckdb])
def test_what_is_no_connection_is_a_type_error(nothing: object) -> None:
    with pytest.raises(TypeError, match="needs a duckdb.DuckDBPyConnection, got "):
        skein.attach(nothing)


@pytest.mark.parametrize("cluster", [None, 4, b"local:4", ["local:4"], pathlib.Path("local:4")])
def test_cluster_that_is_no_text_is_a_type_error(opened: duckdb.DuckDBPyConnection, cluster: object) -> None:
    for call in (lambda: skein.attach(opened, cluster), lambda: skein.connect(cluster)):
        with pytest.raises(TypeError, match="^skein needs the cluster as a text such as 'local:4', got "):
            call()


def test_no_config_is_as_with_duckdb(tmp_path: pathlib.Path) -> None:
    with skein.connect("local:1", database=str(tmp_path / "a.db"), config=None) as connection:
        assert cluster_of(connection) == "local:1"


def test_wrong_cluster_is_an_error_of_duckdb_and_the_next_one_counts(opened: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="cluster"):
        skein.attach(opened, "nowhere")
    skein.attach(opened, "local:1")
    assert cluster_of(opened) == "local:1"


@pytest.mark.parametrize("name", skein.__all__)
def test_each_public_function_says_what_it_does_and_takes(name: str) -> None:
    function = getattr(skein, name)
    signature = inspect.signature(function)
    types = [parameter.annotation for parameter in signature.parameters.values()] + [signature.return_annotation]
    assert inspect.getdoc(function).endswith(".") and inspect.Signature.empty not in types


def test_public_names_are_those_that_are_listed() -> None:
    functions = {name for name, _ in inspect.getmembers(skein, inspect.isfunction) if not name.startswith("_")}
    assert functions == set(skein.__all__)
