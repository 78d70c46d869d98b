"""CSV and JSON files: workers read them, by one thread each file or range of lines, with DuckDB's answers and errors."""

import json
import os
import pathlib
from typing import Dict, Iterator, List, Tuple

import duckdb
import pytest
import skein

Pair = Tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]

PLAIN = "read_csv('{folder}/plain/*.csv')"
TYPED = "read_csv('{folder}/plain/*.csv', types = {{'i': 'INTEGER', 'd': 'DECIMAL(9,3)', 'day': 'VARCHAR'}})"
GIVEN = """read_csv('{folder}/plain/*.csv', header = true, auto_detect = false, quote = '"', escape = '"',
           columns = {{'a': 'BIGINT', 'b': 'INTEGER', 'c': 'VARCHAR', 'e': 'DOUBLE', 'f': 'DATE', 'g': 'BOOLEAN'}})"""
HEADLESS = "read_csv('{folder}/headless/*.tsv', header = false, names = ['x', 'y'])"
HIVE = "read_csv('{folder}/hive/*/*.csv', hive_partitioning = true)"
UNION = "read_csv('{folder}/union/*.csv', union_by_name = true, filename = true)"
GZIP = "read_csv('{folder}/packed/*.csv.gz')"
ZSTD = "read_csv('{folder}/packed/*.csv.zst')"
EMPTY = "read_csv('{folder}/empty/*.csv')"
RAGGED = """read_csv('{folder}/ragged/*.csv', columns = {{'i': 'INTEGER', 's': 'VARCHAR'}}, header = true,
            ignore_errors = true)"""
PADDED = "read_csv('{folder}/padded/*.csv', null_padding = true)"
LATIN = "read_csv('{folder}/latin/*.csv', encoding = 'latin-1')"
LINES = "read_json('{folder}/lines/*.json')"
OBJECTS = "read_json_objects('{folder}/lines/*.json')"
COLUMNS = "read_ndjson('{folder}/lines/*.json', columns = {{i: 'SMALLINT', l: 'BIGINT[]', none: 'VARCHAR'}})"
ARRAYS = "read_json('{folder}/arrays/*.json', filename = true)"
JSON_UNION = "read_json('{folder}/several/*.json', union_by_name = true)"
JSON_HIVE = "read_json('{folder}/hive_json/*/*.json', hive_partitioning = true)"
JSON_GZIP = "read_json('{folder}/packed/*.json.gz')"
IGNORED = "read_ndjson('{folder}/broken/*.json', ignore_errors = true)"

QUERIES = [
    f"SELECT * FROM {PLAIN}",
    f"SELECT count(*) FROM {PLAIN}",
    f"SELECT s FROM {PLAIN} WHERE i % 7 = 3",
    f"SELECT b, count(*), sum(d), min(day), max(s) FROM {PLAIN} GROUP BY b",
    f"SELECT file_index, count(*), min(i) FROM {PLAIN} GROUP BY ALL",
    f"SELECT parse_filename(filename), count(*) FROM {PLAIN} GROUP BY ALL",
    f"SELECT count(*) FROM {PLAIN} WHERE filename LIKE '%2.csv' OR filename LIKE '%3.csv'",
    f"SELECT i, s FROM {PLAIN} ORDER BY i DESC LIMIT 5",
    f"SELECT typeof(i), typeof(d), typeof(day), i, d, day FROM {TYPED}",
    f"SELECT * FROM {GIVEN} WHERE b < 100",
    f"SELECT * FROM {HEADLESS}",
    f"SELECT y, m, count(*), sum(i) FROM {HIVE} GROUP BY ALL",
    f"SELECT i FROM {HIVE} WHERE y > 2022 AND i < 50",
    f"SELECT parse_filename(filename), * EXCLUDE filename FROM {UNION}",
    f"SELECT c FROM {UNION} WHERE a IS NULL",
    f"SELECT count(*), sum(i), max(s) FROM {GZIP}",
    f"SELECT count(*), sum(i), max(s) FROM {ZSTD}",
    f"SELECT * FROM {EMPTY}",
    f"SELECT * FROM {RAGGED}",
    f"SELECT * FROM {PADDED}",
    f"SELECT * FROM {LATIN}",
    f"SELECT * FROM {LINES}",
    f"SELECT count(*) FROM {LINES}",
    f"SELECT o.x, count(*), sum(i), max(t) FROM {LINES} GROUP BY ALL",
    f"SELECT json->>'$.o.x' FROM {OBJECTS} WHERE json->>'$.i' < '3'",
    f"SELECT * FROM {COLUMNS}",
    f"SELECT parse_filename(filename), file_index, sum(v) FROM {ARRAYS} GROUP BY ALL",
    f"SELECT * FROM {JSON_UNION}",
    f"SELECT p, count(*), sum(i) FROM {JSON_HIVE} GROUP BY p",
    f"SELECT count(*), sum(i) FROM {JSON_GZIP}",
    f"SELECT * FROM {IGNORED}",
    f"SELECT count(*), sum(p.i) FROM {PLAIN} p JOIN '{{folder}}/k.parquet' k ON p.i % 10 = k.k WHERE k.name <> 'n3'",
    f"SELECT count(*) FROM {PLAIN} p JOIN {LINES} j USING (i)",
    f"SELECT h.m, count(DISTINCT p.s) FROM {HIVE} h LEFT JOIN {PLAIN} p USING (i) GROUP BY h.m",
]


def write_csv(plain: duckdb.DuckDBPyConnection, folder: pathlib.Path) -> None:
    row = """i, i % 300 AS b, 'a "quoted" value,' || chr(10) || 'of two lines ' || i AS s, i * 0.125 AS d,
             DATE '2024-01-01' + i::INT AS day, i % 2 = 0 AS even"""
    for name in ("plain", "headless", "union", "packed", "empty", "ragged", "padded", "latin"):
        (folder / name).mkdir()
    for n in range(5):
        rows = f"SELECT {row} FROM range({n} * 700, {n} * 700 + 700) r(i)"
        plain.execute(f"COPY ({rows}) TO '{folder}/plain/{n}.csv' (HEADER)")
        plain.execute(f"COPY ({rows}) TO '{folder}/packed/{n}.csv.gz' (HEADER)")
        plain.execute(f"COPY ({rows}) TO '{folder}/packed/{n}.csv.zst' (HEADER)")
        (folder / f"headless/{n}.tsv").write_text("".join(f"{n}\tv{i}\n" for i in range(40)))
    plain.execute(
        f"""COPY (SELECT i, 2020 + i % 5 y, i % 2 m FROM range(2000) r(i)) TO '{folder}/hive'
            (FORMAT csv, PARTITION_BY (y), FILENAME_PATTERN 'of_{{i}}')"""
    )
    (folder / "union/1.csv").write_text("a,b\n1,x\n2,y\n")
    (folder / "union/2.csv").write_text("b;c\nz;2.5\n")
    (folder / "union/3.csv").write_text("c,a\n1e3,7\n")
    (folder / "empty/1.csv").write_text("i,s\n1,x\n")
    (folder / "empty/2.csv").write_text("")
    (folder / "empty/3.csv").write_text("i,s\n")
    (folder / "empty/4.csv").write_text("i,s\n4,y\n")
    (folder / "ragged/1.csv").write_text("i,s\n1,x\n2,y\n")
    (folder / "ragged/2.csv").write_text("i,s\n3\n4,z\n5,w,too many\n")
    (folder / "padded/1.csv").write_text("a,b,c\n1,2,3\n4\n")
    (folder / "padded/2.csv").write_text("a,b,c\n5,6\n7,8,9\n")
    for n in range(2):
        (folder / f"latin/{n}.csv").write_bytes(f"i,s\n{n},Gr\xfc\xdfe\n".encode("latin-1"))


def write_json(plain: duckdb.DuckDBPyConnection, folder: pathlib.Path) -> None:
    for name in ("lines", "arrays", "several", "broken"):
        (folder / name).mkdir()
    for n in range(4):
        rows = f"""SELECT i, [i, 1] l, {{x: i % 5, s: 'new' || chr(10) || 'line'}} o,
                   TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR t FROM range({n} * 300, {n} * 300 + 300) r(i)"""
        plain.execute(f"COPY ({rows}) TO '{folder}/lines/{n}.json'")
        plain.execute(f"COPY ({rows}) TO '{folder}/packed/{n}.json.gz' (FORMAT json)")
        values = [{"v": n * 100 + i, "w": str(i)} for i in range(50)]
        (folder / f"arrays/{n}.json").write_text(json.dumps(values, indent=1 if n % 2 else None))
        (folder / f"broken/{n}.json").write_text('{"a": 1}\n{"a": \n{"a": 3, "b": "x"}\n')
    (folder / "several/1.json").write_text('{"a": 1}\n{"a": 2}\n')
    (folder / "several/2.json").write_text('[{"b": "x", "a": 3.5}]')
    for p in range(3):
        (folder / f"hive_json/p={p}").mkdir(parents=True)
        (folder / f"hive_json/p={p}/a.json").write_text("".join(f'{{"i": {i}}}\n' for i in range(p, 90, 3)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("texts")


@pytest.fixture(scope="module")
def pair(folder: pathlib.Path) -> Iterator[Pair]:
    """DuckDB alone, and on three workers."""
    with duckdb.connect() as plain, skein.connect("local:3?threads=1&memory=500MB") as cluster:
        write_csv(plain, folder)
        write_json(plain, folder)
        plain.execute(f"COPY (SELECT i k, 'n' || i AS name FROM range(10) r(i)) TO '{folder}/k.parquet'")
        cluster.execute("SET skein_mode = 'distributed'")
        yield plain, cluster


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> List[str]:
    return sorted(map(str, connection.execute(sql).fetchall()))


def error(connection: duckdb.DuckDBPyConnection, sql: str) -> Tuple[type, str]:
    with pytest.raises(duckdb.Error) as found:
        connection.execute(sql).fetchall()
    return type(found.value), str(found.value)


def explain(connection: duckdb.DuckDBPyConnection, sql: str) -> Dict[str, str]:
    return dict(connection.execute("EXPLAIN " + sql).fetchall())


@pytest.mark.parametrize("query", QUERIES)
def test_answer_is_that_of_duckdb(pair: Pair, folder: pathlib.Path, query: str) -> None:
    plain, cluster = pair
    sql = query.format(folder=folder)
    assert answer(cluster, sql) == answer(plain, sql)


@pytest.mark.parametrize("query", QUERIES)
def test_workers_read_the_files(pair: Pair, folder: pathlib.Path, query: str) -> None:
    stages = explain(pair[1], query.format(folder=folder))["skein_stages"]
    assert "READ_" in stages and "from the client" not in stages


def test_each_file_is_a_split(pair: Pair, folder: pathlib.Path) -> None:
    pair[1].execute(f"SELECT sum(i + 17) FROM {PLAIN}".format(folder=folder)).fetchall()
    splits = "SELECT sum(splits) FROM skein_tasks() JOIN skein_queries() USING (query) WHERE sql LIKE '%sum(i + 17)%'"
    assert pair[1].execute(splits).fetchall() == [(5,)]


@pytest.mark.parametrize(
    "source, reason",
    [
        ("read_csv('{folder}/plain/0.csv')", "one file, which the client reads with all its threads"),
        ("read_json('{folder}/lines/0.json')", "one file, which the client reads with all its threads"),
        (PLAIN.replace(")", ", store_rejects = true)"), "rejected lines go into tables of the client"),
    ],
)
def test_what_the_client_reads_is_named_with_the_reason(
    pair: Pair, folder: pathlib.Path, source: str, reason: str
) -> None:
    sql = f"SELECT count(*), sum(i) FROM {source} t WHERE i > 3".format(folder=folder)
    assert f"from the client ({reason})" in explain(pair[1], sql)["skein_stages"]
    assert answer(pair[1], sql) == answer(pair[0], sql)


def test_a_descriptor_of_the_process_is_read_by_the_client(pair: Pair, folder: pathlib.Path) -> None:
    with (folder / "plain/1.csv").open() as file:
        path = f"/dev/fd/{file.fileno()}"
        sql = f"SELECT count(*), sum(i) FROM read_csv(['{folder}/plain/0.csv', '{path}'])"
        assert f'"{path}" may be another file, or none, for a worker' in explain(pair[1], sql)["skein_stages"]
        assert answer(pair[1], sql) == answer(pair[0], sql) == ["(1400, 979300)"]


def test_a_pipe_is_an_error_that_says_what_to_do(pair: Pair, folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    columns = "columns = {'i': 'BIGINT'}, header = true, auto_detect = false"
    sql = f"SELECT sum(i) FROM read_csv(['{folder}/empty/1.csv', '{tmp_path}/pipe.csv'], {columns})"
    kind, text = error(pair[1], sql)
    assert kind is duckdb.InvalidInputException
    assert f"\"{tmp_path}/pipe.csv\" is not a file that can be read twice: SET skein_mode = 'local'" in text


BAD = {
    "csv": (
        "i,s\n1,x\nno,y\n",
        "read_csv('{folder}/*.csv', columns = {{'i': 'BIGINT', 's': 'VARCHAR'}}, header = true)",
    ),
    "json": ('{"i": 1}\n{"i": "x"}\n', "read_ndjson('{folder}/*.json', columns = {{i: 'BIGINT', s: 'VARCHAR'}})"),
}
GOOD = {"csv": "i,s\n1,x\n", "json": '{"i": 1}\n'}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("bad", [[3], [2, 5], [1, 2, 3, 4, 5, 6, 7]])
def test_the_error_is_duckdbs_of_the_first_bad_file(
    pair: Pair, tmp_path: pathlib.Path, kind: str, bad: List[int]
) -> None:
    for n in range(8):
        (tmp_path / f"{n}.{kind}").write_text(BAD[kind][0] if n in bad else GOOD[kind])
    sql = f"SELECT sum(i), count(s) FROM {BAD[kind][1]}".format(folder=tmp_path)
    with duckdb.connect(config={"threads": 1}) as alone:
        expected = error(alone, sql)
    assert f"{bad[0]}.{kind}" in expected[1]
    assert error(pair[1], sql) == expected


def test_a_file_is_read_as_the_user_says_and_not_in_parallel(pair: Pair, tmp_path: pathlib.Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.csv").write_text('a,b,c\n1,"x\ny",2\n3,z\n')
    options = "header = true, null_padding = true, parallel = false, comment = ''"
    sql = f"SELECT a, b, c FROM read_csv('{tmp_path}/*.csv', {options}) ORDER BY ALL"
    assert pair[1].execute(sql).fetchall() == pair[0].execute(sql).fetchall()


def write_lines(path: pathlib.Path, rows: int) -> None:
    with duckdb.connect() as plain:
        row = "i, i % 7 AS k, 'a' || chr(10) || chr(34) || i AS s, [i, i + 1] AS l, {'a': i, 'b': repeat('x', 60)} AS st"
        plain.execute(f"COPY (SELECT {row} FROM range({rows}) t(i)) TO '{path}' (FORMAT json)")


def test_a_large_file_of_lines_is_cut_by_ranges_of_bytes(pair: Pair, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "large.ndjson"
    write_lines(path, 200_000)
    assert path.stat().st_size > 3 * 2**23
    for source in (f"'{path}'", f"read_ndjson('{path}')", f"read_json('{path}', format = 'newline_delimited')"):
        sql = f"SELECT k, count(*), sum(i), max(s), sum(l[2]), sum(st.a) FROM {source} GROUP BY k ORDER BY k"
        assert pair[1].execute(sql).fetchall() == pair[0].execute(sql).fetchall()
        stages = dict(pair[1].execute("EXPLAIN " + sql).fetchall())["skein_stages"]
        assert "large.ndjson" in stages and "from the client" not in stages
    (splits,) = pair[1].execute("SELECT max(splits) FROM skein_tasks()").fetchone()
    assert splits > 1


def test_a_bad_line_of_a_large_file_has_its_own_number(pair: Pair, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "large.ndjson"
    write_lines(path, 200_000)
    lines = path.read_text().splitlines(keepends=True)
    lines[150_123] = '{"i": 12, \n'
    path.write_text("".join(lines))
    sql = f"SELECT sum(i) FROM read_ndjson('{path}')"
    assert "line 15012" in error(pair[1], sql)[1]
    assert error(pair[1], sql) == error(pair[0], sql)


@pytest.fixture(scope="module", params=[2, 4])
def sized_pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """DuckDB with one thread, and on two or four workers."""
    with duckdb.connect(config={"threads": 1}) as plain:
        with skein.connect(f"local:{request.param}?threads=1&memory=500MB") as cluster:
            cluster.execute("SET skein_mode = 'distributed'")
            yield plain, cluster


def write_quoteless(path: pathlib.Path, line_end: str = "\n", odd: Dict[int, str] = {}) -> None:
    """Rows without quotes, in more than two ranges of 8 MiB; `odd` has other lines for some numbers."""
    lines = (odd.get(i, f"{i},{i % 7},text of {i} {'x' * 60},{i * 0.25}") for i in range(240_000))
    path.write_bytes(line_end.join(["i,k,s,d", *lines, ""]).encode())
    assert path.stat().st_size > 2 * 2**23


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_large_csv_file_without_quotes_is_cut(sized_pair: Pair, tmp_path: pathlib.Path, line_end: str) -> None:
    plain, cluster = sized_pair
    path = tmp_path / "large.csv"
    write_quoteless(path, line_end)
    for source in (
        f"'{path}'",
        f"read_csv('{path}', filename = true)",
        f"read_csv('{path}', skip = 3, header = false, names = ['i', 'k', 's', 'd'])",
        f"read_csv('{path}', columns = {{'i': 'INTEGER', 'k': 'VARCHAR', 's': 'VARCHAR', 'd': 'DECIMAL(9,2)'}})",
        f"read_csv('{path}', all_varchar = true)",
    ):
        sql = f"SELECT k, count(*), sum(i::BIGINT), max(s), sum(d::DOUBLE) FROM {source} GROUP BY k ORDER BY k"
        assert cluster.execute(sql).fetchall() == plain.execute(sql).fetchall()
        stages = explain(cluster, sql)["skein_stages"]
        assert "large.csv" in stages and "from the client" not in stages
    for sql in (f"SELECT count(*) FROM '{path}'", f"SELECT * FROM '{path}' WHERE i % 40000 < 2"):
        assert answer(cluster, sql) == answer(plain, sql)
    cluster.execute(f"CREATE OR REPLACE TABLE copied AS FROM '{path}'")
    total = "SELECT count(*), sum(i), count(DISTINCT s), sum(d) FROM "
    assert answer(cluster, total + "copied") == answer(plain, f"{total} '{path}'")
    cluster.execute(f"COPY (FROM '{path}') TO '{tmp_path}/out' (FORMAT parquet, PER_THREAD_OUTPUT)")
    assert answer(plain, f"{total} '{tmp_path}/out/*.parquet'") == answer(plain, f"{total} '{path}'")


def test_quotes_behind_the_sample_are_text_as_in_duckdb(sized_pair: Pair, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "late.csv"
    odd = {100_000: '100000,5,"quoted",1', 150_000: '150000,4,"open,2', 200_000: '200000,3,in"side,3'}
    write_quoteless(path, odd=odd)
    sql = f"SELECT i, s FROM '{path}' WHERE s LIKE '%\"%' ORDER BY i"
    expected = sized_pair[0].execute(sql).fetchall()
    assert expected == [(100_000, '"quoted"'), (150_000, '"open'), (200_000, 'in"side')]
    assert sized_pair[1].execute(sql).fetchall() == expected
    assert "from the client" not in explain(sized_pair[1], sql)["skein_stages"]


@pytest.mark.parametrize(
    "odd",
    [
        {170_000: "no,1,x,2"},
        {230_000: "1,2"},
        {120_000: "1,2,3,4,5"},
        {150_000: "1,1,x\ry,2"},
        {100_000: "no,1,x,2", 200_000: "1"},
    ],
)
def test_an_error_in_a_cut_csv_file_is_duckdbs(
    sized_pair: Pair, tmp_path: pathlib.Path, odd: Dict[int, str]
) -> None:
    path = tmp_path / "odd.csv"
    write_quoteless(path, odd=odd)
    sql = f"SELECT sum(i), count(s) FROM '{path}'"
    assert "from the client" not in explain(sized_pair[1], sql)["skein_stages"]
    expected = error(sized_pair[0], sql)
    assert "odd.csv" in expected[1]
    assert error(sized_pair[1], sql) == expected


def test_a_large_csv_file_with_quotes_says_why_it_is_not_cut(pair: Pair, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "quoted.csv"
    write_quoteless(path, odd={7: '7,0,"two\nlines",1'})
    sql = f"SELECT k, count(*), sum(i) FROM '{path}' GROUP BY k ORDER BY k"
    stages = explain(pair[1], sql)["skein_stages"]
    reason = "one file, which the client reads with all its threads: a line may end inside of quotes"
    assert reason in " ".join(stages.split())
    assert pair[1].execute(sql).fetchall() == pair[0].execute(sql).fetchall()


def test_auto_mode_goes_by_the_size_of_a_csv_file(pair: Pair, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "large.csv"
    write_quoteless(path)
    (tmp_path / "small.csv").write_text("i,s\n1,x\n")
    with pair[1].cursor() as cursor:
        cursor.execute("SET skein_mode = 'auto'").execute("SET skein_auto_min_rows = 500000")
        assert "READ_CSV" in explain(cursor, f"SELECT sum(i) FROM '{path}'")["skein_stages"]
        assert "skein_stages" not in explain(cursor, f"SELECT sum(i) FROM '{tmp_path}/small.csv'")


def test_a_statement_that_was_prepared_reads_the_files_of_its_execution(pair: Pair, tmp_path: pathlib.Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.csv").write_text(GOOD["csv"])
    pair[1].execute(f"PREPARE total AS SELECT sum(i), count(*) FROM read_csv('{tmp_path}/*.csv')")
    assert pair[1].execute("EXECUTE total").fetchall() == [(3, 3)]
    (tmp_path / "1.csv").write_text("i,s\n10,y\n20,z\n")
    (tmp_path / "3.csv").write_text(GOOD["csv"])
    expected = pair[0].execute(f"SELECT sum(i), count(*) FROM read_csv('{tmp_path}/*.csv')").fetchall()
    assert pair[1].execute("EXECUTE total").fetchall() == expected
    pair[1].execute("DEALLOCATE total")


def test_auto_mode_counts_the_rows_of_all_files(pair: Pair, folder: pathlib.Path) -> None:
    with pair[1].cursor() as cursor:
        cursor.execute("SET skein_mode = 'auto'").execute("SET skein_auto_min_rows = 3000")
        sql = f"SELECT sum(i) FROM {PLAIN}".format(folder=folder)
        assert "READ_CSV" in explain(cursor, sql)["skein_stages"]
        cursor.execute("SET skein_auto_min_rows = 100000000")
        assert "skein_stages" not in explain(cursor, sql)


@pytest.mark.parametrize(
    "options",
    [
        "comment = '#'",
        "comment = '#', union_by_name = true",
        "comment = '#', null_padding = true, strict_mode = false",
        "comment = '#', auto_detect = false, header = true, columns = {a: 'BIGINT', b: 'VARCHAR'}",
    ],
)
def test_comments_in_several_files(pair: Pair, tmp_path: pathlib.Path, options: str) -> None:
    for number in range(3):
        lines = ["a,b", *(f"{number * 10 + i},x{i}" if i % 3 else "# no row" for i in range(10))]
        (tmp_path / f"{number}.csv").write_text("\n".join(lines) + "\n")
    sql = f"SELECT a + 1, b FROM read_csv('{tmp_path}/*.csv', {options})"
    plain, cluster = pair
    assert sorted(cluster.execute(sql).fetchall()) == sorted(plain.execute(sql).fetchall())
