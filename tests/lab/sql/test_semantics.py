"""Where Oracle means something else than other databases do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hisops.lab.sql.errors import OracleError
from tests.lab.sql.conftest import NOW

TODAY = datetime(2026, 11, 23)
SECOND = NOW.replace(microsecond=0)


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        # the empty string is NULL
        ("nvl('', 'none')", "none"),
        ("'' || null", None),
        ("length('')", None),
        ("trim('   ')", None),
        ("replace('aaa', 'a')", None),
        ("substr('abc', 9)", None),
        ("case when '' is null then 'null' else 'text' end", "null"),
        # text
        ("substr('hospital', -3)", "tal"),
        ("substr('hospital', 0, 3)", "hos"),
        ("substr('hospital', 2, 0)", None),
        ("instr('医院信息', '信')", 3),
        ("lpad('7', 3, '0') || rpad('x', 3, '.')", "007x.."),
        ("rtrim('a,b,,', ',')", "a,b"),
        ("trim(both 'x' from 'xxaxx')", "a"),
        ("regexp_replace('a1b22', '[0-9]+', '#')", "a#b#"),
        ("regexp_substr('RU 19.21.0', '[0-9.]+')", "19.21.0"),
        ("chr(65) || upper('b') || lower('C')", "ABc"),
        # numbers become text without zeros at either end
        ("0.5 || '/' || 1.50 || '/' || -0.25", ".5/1.5/-.25"),
        ("to_char(1234.5, '9,999.00')", " 1,234.50"),
        ("to_char(0.5, 'FM990.0')", "0.5"),
        ("to_char(-7, '000')", "-007"),
        ("to_char(12345, '999')", "####"),
        ("to_char(42)", "42"),
        # text beside a number becomes a number
        ("'10' + 5", 15),
        ("case when '10' > 9 then 'more' else 'less' end", "more"),
        # rounding
        ("round(2.5) || round(-2.5) || trunc(-2.5)", "3-3-2"),
        ("trunc(1234.567, 1)", 1234.5),
        ("trunc(1234.567, -2)", 1200),
        ("mod(7, 0)", 7),
        ("mod(-7, 3)", -1),
        # NULL
        ("decode(null, null, 'same', 'other')", "same"),
        ("decode(2, 1, 'a')", None),
        ("decode(1, 1, null, 5)", None),
        ("greatest(1, null)", None),
        ("least(3, 2)", 2),
        ("coalesce(null, null, 3)", 3),
        ("nullif(1, 1)", None),
        # dates are numbers of days apart
        ("sysdate", SECOND),
        ("sysdate - to_date('2026-11-22', 'YYYY-MM-DD')", 1 + 37815 / 86400),
        ("trunc(sysdate) + 1/24", TODAY + timedelta(hours=1)),
        ("sysdate - interval '30' minute", SECOND - timedelta(minutes=30)),
        ("trunc(sysdate, 'MM')", datetime(2026, 11, 1)),
        ("trunc(sysdate, 'IW')", TODAY),
        ("systimestamp - timestamp '2026-11-23 10:30:00'", timedelta(seconds=15, microseconds=250000)),
        ("numtodsinterval(90, 'MINUTE')", timedelta(minutes=90)),
        ("add_months(date '2026-02-28', 1)", datetime(2026, 3, 31)),
        ("months_between(date '2026-03-31', date '2026-02-28')", 1),
        ("months_between(date '2026-03-16', date '2026-02-28')", 1 - 12 / 31),
        ("last_day(date '2028-02-03')", datetime(2028, 2, 29)),
        ("extract(month from sysdate)", 11),
        ("to_date('23-NOV-26')", TODAY),
        ("to_timestamp('2026-11-23 01:02:03.5', 'YYYY-MM-DD HH24:MI:SS.FF')", datetime(2026, 11, 23, 1, 2, 3, 500000)),
        ("to_char(systimestamp, 'HH24:MI:SS.FF3')", "10:30:15.250"),
        ("to_char(date '2026-11-03', 'fmDD Month YYYY, Day')", "3 November 2026, Tuesday"),
        ('to_char(sysdate, \'YYYY"年"MM"月"DD"日"\')', "2026年11月23日"),
        ("to_char(sysdate, 'D Q DDD HH AM')", "2 4 327 10 AM"),
        ("user || sys_context('USERENV', 'DB_NAME')", "HISHIS"),
    ],
)
def test_an_expression_yields(ask, expression, answer):
    (got,) = ask(f"select {expression} from dual")
    assert got == (pytest.approx(answer) if isinstance(answer, float) else answer)


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("select parent_id from dept order by parent_id", [1, 1, 2, 4, None]),
        ("select parent_id from dept order by parent_id desc", [None, 4, 2, 1, 1]),
        ("select parent_id from dept order by parent_id desc nulls last", [4, 2, 1, 1, None]),
        ("select dept_id n from dept where rownum <= 2", [1, 2]),
        ("select dept_id from dept where rownum < :1", [1, 2]),
        ("select dept_id from dept where 3 >= rownum and dept_id > 1", [2, 3, 4]),
        ("select dept_id from (select dept_id from dept order by 1 desc) where rownum = 1", [5]),
        ("select dept_id from dept offset 3 rows fetch next 1 rows only", [4]),
        ("select d.dept_name from dept d left join dept p using (dept_id) where dept_id = 5", ["CCU"]),
        ("select count(*) from dept a, dept b where a.dept_id = b.parent_id(+) and b.dept_id(+) > 2", [5]),
        ("select count(*) from dept where (dept_id, parent_id) in ((2, 1), (3, 9))", [1]),
        ("select count(*) from dept where dept_id not in (select parent_id from dept)", [0]),
        ("select count(distinct parent_id) from dept", [3]),
        ("select dept_id from dept minus select parent_id from dept order by 1", [3, 5]),
        ("select 1 from dual union all select 1 from dual union select 1 from dual", [1]),
        ("select connect_by_root dept_id from dept where level = 3 start with parent_id is null "
         "connect by prior dept_id = parent_id", [1]),
        ("select dept_id from dept start with dept_id = 2 connect by prior dept_id = parent_id", [2, 4, 5]),
        ("select count(*) from dept connect by prior dept_id = parent_id", [12]),
        ("select dept_id from dept connect by nocycle prior dept_id = dept_id", [1, 2, 3, 4, 5]),
        ("with a (select 1 x from dual) select x from a".replace("a (", "a as (", 1), [1]),
    ],
)  # fmt: skip
def test_a_query_yields(ask, sql, answer):
    assert ask(sql, *([3] if ":1" in sql else [])) == answer


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("select sysdate + sysdate from dual", 975),
        ("select dept_id from dept where dept_id = sysdate", 932),
        ("select extract(hour from sysdate) from dual", 30076),
        ("select to_char(sysdate, 'YYYY年') from dual", 1821),
        ("select to_date('2026-02-30', 'YYYY-MM-DD') from dual", 1847),
        ("select to_date('x', 'YYYY') from dual", 1858),
        ("select to_date('2026-01-01 1', 'YYYY-MM-DD') from dual", 1830),
        ("select dept_id from dept a, dept b", 918),
        ("select dept_id from dept order by 3", 1785),
        ("select 1, 2 from dual union select 1 from dual", 1789),
        ("select 1 from dual union select 'a' from dual", 1790),
        ("select a.dept_id from dept a, dept b where a.dept_id(+) = b.dept_id and b.parent_id(+) = a.dept_id", 1416),
        ("select dept_id from dept connect by prior dept_id = dept_id", 1436),
        ("insert into dept (dept_id) values (1, 2)", 913),
        ("insert into dept (nosuch) values (1)", 904),
        ("select * from his.dept", None),
        ("select * from lis.dept", 942),
        ("select * from sys.v$instance", None),
    ],
)
def test_errors_have_oracles_numbers(ask, sql, number):
    if number is None:
        assert ask(sql)
        return
    with pytest.raises(OracleError) as error:
        ask(sql)
    assert error.value.number == number


@pytest.mark.parametrize(
    "sql",
    [
        "select dbms_random.value from dual",
        "select nosuch_function(1) from dual",
        "select instr('a', 'b', 1, 2) from dual",
        "select to_number('1', '9') from dual",
        "select round(sysdate) from dual",
        "select to_char(1, 'XX') from dual",
        "select to_char(sysdate, 'J') from dual",
        "select dept_id from dept where rownum = 2",
        "select dept_id from dept where rownum < 3 order by dept_id",
        "select dept_id from dept where rownum < 3 or dept_id = 1",
        "select dept_id from dept for update",
        "select dept_id from dept fetch first 10 percent rows only",
        "select dept_id from dept sample (10)",
        "select dept_id from dept as of timestamp sysdate",
        "select * from dept natural join patient",
        "select sum(dept_id) keep (dense_rank last order by parent_id) from dept",
        "select dept_id from dept model dimension by (dept_id) measures (parent_id) rules ()",
        "select dept_id = 1 from dept",
        "merge into dept d using dual on (d.dept_id = 1) when matched then update set dept_name = 'x'",
        "insert all into dept (dept_id) values (1) select 1 from dual",
        "select sys_context('OTHER', 'X') from dual",
        "select cast(dept_id as binary_double) from dept",
        "select level from dept connect by dept_id = 1",
        "select prior dept_id from dept",
        "select count(*) over (order by dept_id rows 3 preceding) from dept",
    ],
)
def test_what_is_not_understood_is_refused(ask, sql):
    with pytest.raises(OracleError) as error:
        ask(sql)
    assert error.value.number in (900, 3001)
    assert "lab: not rehearsed" in error.value.text
