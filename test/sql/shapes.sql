-- One query a line, over the tables of test/python/test_shapes.py: every operator that the planner has a rule for, and those
-- that run in a single task. Results with ties or in no order are compared as multisets.
-- Variances are multiplied by pi: their exact values may lie where floats are rounded to be compared.
select count(*) from a
select count(*), count(k), sum(i), avg(i), min(d), max(s), avg(m), sum(m), avg(sm), avg(h), sum(h) from a
select g, count(*), count(k), sum(i), avg(i), min(d), max(s), avg(m), sum(m), avg(sm), avg(h), sum(h), sum(sm), avg(d) from a group by g
select k, s, count(*) c, sum(d) from a group by all
select g, count(distinct k), sum(distinct sm), count(*) filter (where b) from a group by g
select count(distinct s) from a
select count(distinct k), sum(distinct sm), avg(distinct sm), count(*), avg(i), var_pop(d) * pi() from a
select g, count(distinct s), max(distinct k), stddev(d) * pi(), sum(h) from a group by g
select count(distinct a.k) from a join b on a.k=b.k
select count(distinct k), count(*), sum(i) from a where false
select count(distinct k), count(distinct s) from a
select var_samp(d) * pi(), covar_samp(d, i) * pi(), regr_slope(m, i) * pi(), regr_count(k, i), sem(i) * pi() from a
select bool_or(b), bit_and(i), bit_or(i), count_if(b), min(li), max(st), any_value(1), count(*) filter (where k > 50) from a
select var_samp(d), bool_and(b), product(d), count_if(b), first(i), any_value(s) from a where false
select distinct g, b from a
select distinct on (g) g, min(i) over () from a
select a.k, count(*) from a join b on a.k=b.k group by a.k
select count(*), sum(a.i), sum(b.j) from a left join b on a.k=b.k
select count(*), sum(a.i), sum(b.j) from a right join b on a.k=b.k and a.g=b.g
select count(*), sum(a.i), sum(b.j), count(a.k), count(b.k) from a full join b on a.k=b.k
select count(*), sum(i) from a where k in (select k from b)
select count(*), sum(i) from a where k not in (select k from b)
select count(*), sum(i) from a where k not in (select k from c)
select count(*), sum(i) from a where exists (select 1 from b where b.k=a.k and b.j>a.i)
select count(*), sum(i) from a where not exists (select 1 from b where b.k=a.k)
select count(*) from a join b on a.k is not distinct from b.k
select count(*) from a, c where a.i < c.j
select count(*) from a left join c on a.i < c.j and a.i > 250
select count(*) from a cross join c
select i, (select max(j) from b where b.k=a.k) mj from a where i<3000
select i, (select count(*) from b where b.k=a.k) mj from a where i<3000
select sum(i) from a where d > (select avg(d) from a)
select * from a order by i desc limit 7
select i, s from a order by s nulls first, i limit 20 offset 35
select i, k, s from a order by k desc nulls last, s, i
select count(*) from (select * from a limit 100)
select count(*) from (select * from a limit 10000 offset 50)
select g, row_number() over (partition by g order by i) r, sum(i) over (partition by g order by i) q from a where i<5000
select i, rank() over (order by k, i) from a where i<2000
select g, i, lag(i) over (partition by g, k order by i) from a where i<4000
select k from a union select k from b
select k from a union all select k from b
select k from a except select k from b
select k, g from a intersect select k, g from b
select k from a except all select k from b
select k from b intersect all select k from c
with x as (select k, count(*) c from a group by k) select x1.k, x1.c, x2.c from x x1 join x x2 on x1.k=x2.k
with recursive r(n) as (select 1 union all select n+1 from r where n<10) select count(*) from r, c where c.k=n
select g, k, count(*), grouping(g), grouping(k) from a group by rollup(g, k)
select g, b, sum(i) from a group by cube(g, b)
select g, b, sum(i) from a group by grouping sets ((g), (b), ())
select unnest(li) u, i from a where i<1000
select st.a, st.b from a where st.a < 500
select js, iv, tz from a where i<3000
select dt, count(*), max(tz) from a group by dt
select g, string_agg(s, ',' order by i) from a where i<500 group by g
select g, list(i order by i) from a where i<500 group by g
select g, median(i), quantile_cont(d, 0.3) from a group by g
select g, stddev(d), var_pop(i), corr(d, i) from a group by g
select g, bool_and(b), bit_xor(i), product(1) from a group by g
select g, arg_max(i, d), arg_min(s, i) from a group by g
select a.g, mem.x, count(*) from a join mem on a.k=mem.k group by all
select mem.x, c.j from mem left join c on mem.k=c.k
select count(*) from mem where k in (select k from a)
select case when k<>0 then i/k end from a where i<2000
select sum(i) from a where k<>0 and 100/k > 3
select li[1], count(*) from a where i<3000 group by 1
select g, histogram(sm) from a where i<2000 group by g
select approx_count_distinct(i) from a
select count(*) from a tablesample 10% (bernoulli, 42) where false
select max(i) from a where false
select g, max(i) from a where false group by g
select count(*) from a join b using (g) join c on b.j=c.j
select a.i, b.j from a asof join b on a.k=b.k and a.i>=b.j where a.i<5000
select count(*) from a positional join b
select count(*) from a semi join b on a.k=b.k
select count(*) from a anti join b on a.k=b.k
select x.k, y.g from (select k, count(*) from a group by k) x join (select g, k, sum(i) from a group by g, k) y on x.k=y.k
select upper(s), length(s), s like 'v1%' from a where i<3000
select sum(x) from (select sum(i) x from a group by k)
select k, max(c) from (select k, g, count(*) c from a group by k, g) group by k
select filename, count(*) from read_parquet('{folder}/*.parquet', filename=true, union_by_name=true) group by 1
select file_row_number, i from read_parquet('{folder}/a.parquet', file_row_number=true) where file_row_number between 2000 and 2100
select distinct h from a where i<3000
select any_value(g) from a where g=3
select first(g) from a where g=2
from a select count(*) where s is null
select min(st), max(li) from a where i<1000
pivot (select g, b, i from a) on b using sum(i) group by g
summarize select i, s from a where i<100
select i from a qualify row_number() over (partition by g order by i desc) <= 3
select sum(i) from a where i in (1,5,7,9,100,2000,3000,4000,5000,6000,7000,8000,9000,10000,11000)
values (1),(2)
select 1 where 1 in (select g from a)
select sum(a.i) from a join lateral (select max(j) mj from b where b.k=a.k) t on true where a.i<2000 and t.mj>10
select error('x') from a where i=-1
select k, i from a where s='v3' order by i limit 5
with recursive r(x) as (select 0::bigint union select c.j from r join c on c.k = r.x where c.j < 200) select count(*), sum(x) from r
with x as materialized (select i, k from a) select x1.i from x x1 join x x2 using (i) order by i
select count(*) from (select floor(random() * 3) r, median(i) from a group by 1)
select count(*) from (select distinct floor(random() * 2) from a)
select count(*), sum(c) from (select floor(random() * 3) r, count(*) over (partition by floor(random() * 3)) c from a where i < 10) where r < 0
select a.i, b.j from a positional join b
select length(current_query()) > 0, count(*) from a group by 1
select count(*), sum(i) from a where exists (select 1 from b where b.k=a.k and b.g<>a.g)
select count(*), sum(i) from a where not exists (select 1 from b where b.k=a.k and b.g<>a.g and b.j>a.i)
select count(*), sum(i) from a where i in (select j from b where b.k=a.k or b.g=a.g)
select count(*), sum(i) from a where k in (select k from b where b.g<>a.g)
select count(*), sum(i) from a where k not in (select k from b where b.g<>a.g)
select count(*), sum(i) from a where i<4000 and k not in (select c.k from c where c.j<a.i)
select count(*), sum(i) from a where i < 3000 and k = any(select b.k from b where b.g<a.g)
select count(*), sum(i) from a where i < 3000 and sm > all(select b.k from b where b.g=a.g and b.j<a.i)
select i, k in (select c.k from c where c.j<a.i) m from a where i<700
select i, (select sum(j) from b where b.k=a.k and b.j<a.i) sj from a where i<3000
select i, (select count(*) from b where b.k<a.k) cj, (select max(b.s) from b where b.g=a.g and b.j<=a.i) ms from a where i<500
select a.i, l.m from a, lateral (select max(j) m from b where b.k=a.k and b.j>a.i) l where a.i<2000
select count(*), sum(q.c) from (select i, (select count(*) from b where b.k=a.k and exists (select 1 from c where c.k=b.k and c.j<>a.i)) c from a where i<3000) q
select count(*) from a a1 where i<3000 and exists (select 1 from a a2 where a2.k=a1.k and a2.i<>a1.i) and not exists (select 1 from a a3 where a3.k=a1.k and a3.i<>a1.i and a3.g>a1.g)
with x as materialized (select k, g, count(*) c, sum(i) q from a group by k, g) select x1.k, sum(x1.c), (select max(c) from x) m, (select count(*) from x x3 where x3.c>100) n from x x1 join x x2 on x1.k=x2.k and x1.g<x2.g group by x1.k
with x as materialized (select k, i from a where i<5000), y as materialized (select k, count(*) c from x group by k) select count(*), sum(x.i), sum(y.c) from x join y on x.k=y.k left join y z on z.c=x.i
with x as materialized (select avg(d) v, max(i) w from a) select count(*), sum(i) from a, x where a.d > x.v and a.i <> x.w and a.i > (select w/2 from x)
with x as materialized (select random() r, k from a where i<1000) select count(*) from x x1 join x x2 on x1.r=x2.r
with x as materialized (select k, x from mem) select count(*), sum(a.i), min(m1.x), max(m2.x) from a join x m1 on m1.k=a.k join x m2 on m2.k=a.g
with x as materialized (select k from a where i<0) select count(*), (select count(*) from x) from b left join x on x.k=b.k
with x as materialized (select i, k from a where i<2000) select * from x order by i limit 5 offset 3
with x as materialized (select k, i from a) select k, count(*) from x where k in (select k from x where i > 19000) group by k
select k, count(*) from mem m1 where exists (select 1 from mem m2 where m2.k=m1.k and m2.x<>m1.x) group by k
select i, k, s, d from a order by s desc nulls first, k nulls last, i desc
select i, s from a order by s collate nocase desc, -i
select k, s from a order by lower(s) || k, i
select h, m, dt, tz, iv, b from a order by b, dt desc, m, h
select i from a where i < 0 order by i
select k, count(*) c from a group by k order by c desc, k
select li, st, i from a order by li desc limit 3000
select x.i from (select i, s from a order by s, i) x where x.i > 100 order by x.i desc
select row_number() over () r, * from (select i, k from a order by k, i) q where i < 300 order by k, i
select i, d from a order by random() * 0, i
with recursive base as materialized (select i as x, i+1 as y from a where i<20), r(n) as (select 0 union all select y from r join base on r.n=base.x) select count(*), sum(n) from r
with recursive base as materialized (select i as x, i+1 as y from a where i<20), r(n) as (select min(x) from base union select y from r join base on r.n=base.x) select count(*), sum(n) from r, base
select b.j, (with recursive r(n) as (select 0 union all select n+1 from r join (select b.k as kk) q on r.n < q.kk where n<5) select count(*) from r) c from b where b.j<50
with c as materialized (select i, k from a where i<100) select count(*), sum(j) from b where exists (with recursive r(n) as (select b.j union all select c.i from r join c on c.i = r.n + 1 where r.n < 60) select 1 from r where n > 55)
select a.i, b.j from a asof left join b on a.k=b.k and a.i>=b.j where a.i<5000
select count(*), sum(a.i) from a asof join c on a.i>=c.j
select g, b, k%3 m, count(*), sum(i), avg(d), max(s), grouping(g, m) from a group by grouping sets ((g, b), (g, m), ())
select g, k, count(*), approx_count_distinct(i), arg_min(s, i), arg_max(i, i) from a where i<0 group by rollup(g, k)
select g, median(i) from a group by rollup(g)
select g, approx_count_distinct(k), approx_count_distinct(s), arg_min(s, i), arg_max(li, i) from a group by g
select i, s, li from a order by s desc nulls last, li, i
select i, st, k from a order by k nulls first, st desc
select i from a where false order by i
select g % 1, i from a order by 1, i desc
select i+1 x, s from a order by s collate nocase desc, i
