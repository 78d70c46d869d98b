"""Random SQL over random data, run on DuckDB and on Skein's clusters: whatever DuckDB answers, Skein must answer, too.

`make fuzz N=1000 SKEIN_SEED=7` runs it. The number of a query and the seed make the query, its data and its cluster.
"""
