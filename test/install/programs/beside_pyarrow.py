"""A user's program in which two Arrows work at once: pyarrow's, with a Flight server of its own, and Skein's.

usage: beside_pyarrow.py before|after TPCH_FOLDER     whether pyarrow is imported before or after Skein has run a query
"""

import sys
import threading

imported, folder = sys.argv[1:]
if imported == "before":
    import pyarrow
    import pyarrow.flight

import skein

con = skein.connect("local:2")
con.execute("SET skein_mode = 'distributed'")
lineitem = f"'{folder}/lineitem/*.parquet'"
rows = con.sql(f"SELECT count(l_comment) FROM {lineitem}").fetchone()[0]

if imported == "after":
    import pyarrow
    import pyarrow.flight

LIMIT_S = 60


class Server(pyarrow.flight.FlightServerBase):
    """Gives the table whatever is asked for."""

    def do_get(self, context, ticket):
        return pyarrow.flight.RecordBatchStream(weights)


weights = pyarrow.table({"flag": ["A", "N", "R"], "weight": [1, 10, 100]})
server = Server("grpc://127.0.0.1:0")
threading.Thread(target=server.serve, daemon=True).start()
client = pyarrow.flight.connect(f"grpc://127.0.0.1:{server.port}")
options = pyarrow.flight.FlightCallOptions(timeout=LIMIT_S)


def fetched() -> "pyarrow.Table":
    return client.do_get(pyarrow.flight.Ticket(b"all"), options).read_all()


assert fetched() == weights
# A result as an Arrow table, which pyarrow then computes with.
flags = con.sql(f"SELECT l_returnflag AS flag, count(*) AS n FROM {lineitem} GROUP BY ALL ORDER BY ALL").to_arrow_table()
assert flags["flag"].to_pylist() == ["A", "N", "R"] and sum(flags["n"].to_pylist()) == rows
# An Arrow table of this process joins data of the workers.
joined = con.sql(f"SELECT sum(weight) FROM {lineitem} JOIN weights ON flag = l_returnflag")
weighed = sum(n * weight for n, weight in zip(flags["n"].to_pylist(), [1, 10, 100]))
assert joined.fetchone() == (weighed,)
# Both at once, in several threads.
problems = []


def fetch_often() -> None:
    for _ in range(50):
        if fetched() != weights:
            problems.append("Flight")


thread = threading.Thread(target=fetch_often)
thread.start()
for _ in range(3):
    if con.sql(f"SELECT count(l_comment) FROM {lineitem}").fetchone()[0] != rows:
        problems.append("Skein")
thread.join(LIMIT_S)
client.close()
assert not problems and not thread.is_alive()
assert len(con.sql("FROM skein_queries()").fetchall()) >= 5
con.close()
server.shutdown()
print(f"pyarrow {pyarrow.__version__} {imported} skein: all as expected")
