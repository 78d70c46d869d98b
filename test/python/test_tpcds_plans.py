"""How some of TPC-DS is cut into stages: as written in test/plan/tpcds (tools/update_golden_plans writes it anew)."""

import pathlib
from typing import Dict, Iterator

import duckdb
import golden_plans
import pytest
import tpcds


@pytest.fixture(scope="module")
def texts() -> Dict[str, str]:
    return tpcds.queries()


@pytest.fixture(scope="module")
def cluster(tpcds_folder: pathlib.Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with golden_plans.connect("tpcds") as connection:
        yield connection


@pytest.mark.parametrize("name", golden_plans.NAMES["tpcds"])
def test_plan_is_the_golden_one(cluster: duckdb.DuckDBPyConnection, name: str, texts: Dict[str, str]) -> None:
    assert golden_plans.golden(cluster, texts[name]) == golden_plans.file_of(name, "tpcds").read_text()


@pytest.mark.parametrize("name", golden_plans.NAMES["tpcds"])
def test_client_gives_no_rows(cluster: duckdb.DuckDBPyConnection, name: str, texts: Dict[str, str]) -> None:
    plans = golden_plans.explain(cluster, texts[name])["skein_stages"]
    assert all(exchange["from"] != "client" for plan in plans for exchange in plan["exchanges"])
