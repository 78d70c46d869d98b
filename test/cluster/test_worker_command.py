"""`skein worker`: workers that run by themselves and serve whoever knows their secret."""

import os
import pathlib
import subprocess
from typing import Callable, Dict, Iterator, List

import duckdb
import processes
import pytest
import skein
import tpch
from worker_process import SECRET, Worker, connect_to

Connect = Callable[..., duckdb.DuckDBPyConnection]

COUNT = "SELECT count(*), sum(l_quantity) FROM lineitem WHERE l_linenumber > 1"


@pytest.fixture
def workers(tmp_path: pathlib.Path) -> Iterator[List[Worker]]:
    """Two workers, which must end well when they are told to and leave no file."""
    started = [Worker(tmp_path) for _ in range(2)]
    yield started
    assert [worker.end() for worker in started] == [0, 0]
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def narrow_workers(tmp_path: pathlib.Path) -> Iterator[List[Worker]]:
    """Three workers that keep no block in memory and queue one block an input: every budget is one block."""
    started = [Worker(tmp_path, "--retained-memory", "1B", "--input-queue", "1B") for _ in range(3)]
    yield started
    assert [worker.end() for worker in started] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["q1", "q3", "q18"])
def test_answer_is_that_of_duckdb(
    connect: Connect,
    workers: List[Worker],
    name: str,
    tpch_queries: Dict[str, str],
    duckdb_answers: Dict[str, List[tpch.Row]],
) -> None:
    rows = connect_to(connect, workers).execute(tpch_queries[name]).fetchall()
    assert tpch.same_answer(tpch_queries[name], rows, duckdb_answers[name])


def test_workers_outlive_their_clients(connect: Connect, workers: List[Worker]) -> None:
    first = connect_to(connect, workers)
    expected = first.execute(COUNT).fetchall()
    first.close()
    second = connect_to(connect, workers)
    assert second.execute(COUNT).fetchall() == expected
    assert sorted(processes.worker_pids(second)) == sorted(worker.process.pid for worker in workers)


def test_two_clients_share_the_workers(connect: Connect, workers: List[Worker]) -> None:
    first, second = connect_to(connect, workers), connect_to(connect, workers)
    assert first.execute(COUNT).fetchall() == second.execute(COUNT).fetchall()
    assert processes.worker_pids(first) == processes.worker_pids(second)


def test_wrong_secret_is_refused_without_showing_it(connect: Connect, workers: List[Worker]) -> None:
    connection = connect_to(connect, workers, secret="battery-staple")
    with pytest.raises(duckdb.IOException, match="secret") as caught:
        connection.execute(COUNT).fetchall()
    assert SECRET not in str(caught.value) and "battery-staple" not in str(caught.value)


def test_worker_without_a_secret_does_not_start() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SKEIN_SECRET"}
    result = subprocess.run(
        [skein.worker_binary(), "worker", "--listen", "127.0.0.1:0"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=processes.LIMIT_S,
        check=False,
    )
    assert result.returncode != 0
    assert "secret" in result.stderr


@pytest.mark.parametrize("join", ["broadcast", "repartition"])
@pytest.mark.parametrize("aggregate", ["partial", "raw"])
def test_one_block_budgets_everywhere_never_deadlock(
    connect: Connect,
    narrow_workers: List[Worker],
    join: str,
    aggregate: str,
    tpch_queries: Dict[str, str],
    duckdb_answers: Dict[str, List[tpch.Row]],
) -> None:
    connection = connect_to(connect, narrow_workers)
    connection.execute(f"SET skein_join = '{join}'").execute(f"SET skein_aggregate = '{aggregate}'")
    for name in ("q3", "q7", "q9", "q18", "q21"):
        rows = connection.execute(tpch_queries[name]).fetchall()
        assert tpch.same_answer(tpch_queries[name], rows, duckdb_answers[name]), name
