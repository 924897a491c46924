"""Health-check statements as they are written for Oracle, with the answers that Oracle's rules give on the seed."""
# ruff: noqa: E501 - the statements stand as people write them

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any


def f(point: datetime, model: str = "%Y-%m-%d %H:%M:%S") -> str:
    return point.strftime(model)


def statements(now: datetime) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Return statements and answers; the seed was made at `now`."""
    midnight = now.replace(hour=0, minute=0, second=0)
    yesterday = midnight - timedelta(days=1)
    return [
        # --- projection / functions
        ("select banner from v$version", [("Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Lab",)]),
        (
            "select instance_name, status, to_char(startup_time,'YYYY-MM-DD HH24:MI:SS') from v$instance",
            [("his1", "OPEN", f(now - timedelta(days=30)))],
        ),
        ("select round(sysdate - startup_time, 1) up_days from v$instance", [(30.0,)]),
        ("select trunc(sysdate) - trunc(startup_time) d from v$instance", [(30,)]),
        (
            "select name, decode(log_mode,'ARCHIVELOG','归档','NOARCHIVELOG','非归档','未知') lm, decode(force_logging,'YES',1,0) fl from v$database",
            [("HIS", "归档", 0)],
        ),
        (
            "select nvl(username,'(后台)') u, count(*) n from v$session group by nvl(username,'(后台)') order by n desc, u",
            [("HIS", 3), ("LIS", 2), ("(后台)", 1)],
        ),
        (
            "select nvl2(blocking_session,'阻塞','正常') st, count(*) from v$session where type='USER' group by nvl2(blocking_session,'阻塞','正常') order by 2",
            [("阻塞", 2), ("正常", 3)],
        ),
        (
            "select name, nvl(value,'未设置') from v$parameter where name like 'db\\_%' escape '\\'",
            [("db_recovery_file_dest", "未设置")],
        ),
        (
            "select resource_name, max_utilization, trim(limit_value) lim, round(max_utilization/to_number(trim(limit_value))*100,2) pct from v$resource_limit where trim(limit_value) <> 'UNLIMITED' and resource_name in ('processes','sessions') order by 1",
            [("processes", 930, "1000", 93.0), ("sessions", 1010, "1522", 66.36)],
        ),
        (
            "select round((1 - pr.value/(bg.value + cg.value))*100, 2) hit from v$sysstat pr, v$sysstat bg, v$sysstat cg where pr.name='physical reads' and bg.name='db block gets' and cg.name='consistent gets'",
            [(95.0,)],
        ),
        # --- space
        (
            "select df.tablespace_name, round(df.b/1024/1024/1024,2) gb, round(nvl(fs.b,0)/1024/1024/1024,2) free_gb, round((df.b-nvl(fs.b,0))/df.b*100,2) used_pct from (select tablespace_name, sum(bytes) b from dba_data_files group by tablespace_name) df, (select tablespace_name, sum(bytes) b from dba_free_space group by tablespace_name) fs where df.tablespace_name = fs.tablespace_name(+) order by used_pct desc",
            [("HISIDX", 8, 0, 100), ("HISDATA", 40, 2, 95), ("SYSAUX", 4, 1, 75), ("SYSTEM", 2, 1, 50)],
        ),
        (
            "select t.tablespace_name, count(d.file_id) files from dba_tablespaces t, dba_data_files d where t.tablespace_name = d.tablespace_name(+) and d.autoextensible(+) = 'NO' group by t.tablespace_name having count(d.file_id) > 0",
            [("HISDATA", 1)],
        ),
        (
            "select tablespace_name, sum(decode(autoextensible,'YES',greatest(maxbytes,bytes),bytes))/1073741824 max_gb from dba_data_files group by tablespace_name order by 1",
            [("HISDATA", 62), ("HISIDX", 32), ("SYSAUX", 32), ("SYSTEM", 32)],
        ),
        (
            "select * from (select owner, segment_name, bytes/1024/1024/1024 gb from dba_segments order by bytes desc) where rownum <= 3",
            [("LIS", "RESULT", 12), ("HIS", "VISIT", 9), ("HIS", "IX_VISIT", 5)],
        ),
        (
            "select owner, round(ratio_to_report(sum(bytes)) over () * 100, 1) pct from dba_segments group by owner order by pct desc",
            [("HIS", 57.6), ("LIS", 40.7), ("SYS", 1.7)],
        ),
        (
            "select tablespace_name, listagg(file_name, ',') within group (order by file_id) files from dba_data_files where tablespace_name='HISDATA' group by tablespace_name",
            [("HISDATA", "/u01/hisdata01.dbf,/u01/hisdata02.dbf")],
        ),
        (
            "select owner, segment_name, rank() over (partition by owner order by bytes desc) rk from dba_segments where owner='HIS' order by rk",
            [("HIS", "VISIT", 1), ("HIS", "IX_VISIT", 2), ("HIS", "PATIENT", 3)],
        ),
        # --- sessions / locks
        (
            "select level lv, lpad(' ', 2*(level-1)) || sid s, connect_by_root sid root from v$session start with blocking_session is null and sid in (select blocking_session from v$session) connect by prior sid = blocking_session order by lv",
            [(1, "12", 12), (2, "  11", 12), (3, "    13", 12)],
        ),
        (
            "select h.sid holder, w.sid waiter, w.ctime from v$lock h, v$lock w where h.block > 0 and w.request > 0 and h.id1 = w.id1 and h.id2 = w.id2 order by w.ctime desc",
            [(12, 11, 620), (11, 13, 300)],
        ),
        (
            "select 'alter system kill session ''' || sid || ',' || serial# || ''' immediate' cmd from v$session where status='ACTIVE' and type='USER' and last_call_et > 600",
            [("alter system kill session '11,101' immediate",)],
        ),
        (
            "select machine, count(*), max(last_call_et) keep (dense_rank last order by logon_time) le from v$session where username='LIS' group by machine",
            [("检验科", 2, 3)],
        ),
        (
            "select sid from v$session where logon_time > sysdate - 4/24 and username is not null order by sid",
            [(11,), (12,), (13,)],
        ),
        (
            "select event, count(*) c from v$session where wait_class <> 'Idle' group by event having count(*) > 1",
            [("enq: TX - row lock contention", 2)],
        ),
        # --- sql
        (
            "select sql_id, substr(sql_text,1,6) t, round(elapsed_time/decode(executions,0,1,executions)/1000,2) ms from v$sql where parsing_schema_name not in ('SYS') order by 3 desc",
            [("abc1", "update", 500.0), ("abc3", "select", 5.0), ("abc2", "select", 0)],
        ),
        ("select rownum rn, sql_id from v$sql where executions > 0 and rownum < 3", [(1, "abc1"), (2, "abc3")]),
        (
            "select sql_id from v$sql where regexp_like(sql_text, '^select .*from', 'i') and instr(sql_text,'dual') = 0 order by 1",
            [("abc2",), ("abc3",)],
        ),
        # --- redo / backup / time
        (
            "select to_char(first_time,'YYYY-MM-DD') d, sum(decode(to_char(first_time,'HH24'),'09',1,0)) h09, count(*) n from v$archived_log where first_time >= trunc(sysdate)-1 group by to_char(first_time,'YYYY-MM-DD') order by 1",
            [(f(yesterday, "%Y-%m-%d"), 2, 3)],
        ),
        (
            "select round(sum(blocks*block_size)/1024/1024) mb, trunc(completion_time) d from v$archived_log where name is not null group by trunc(completion_time)",
            [(300, yesterday)],
        ),
        (
            "select group#, status, round((sysdate - first_time)*24*60) mins from v$log where status = 'CURRENT'",
            [(3, "CURRENT", 60)],
        ),
        (
            "select input_type, status, to_char(start_time,'MM-DD HH24:MI') st, round(elapsed_seconds/3600,2) h from v$rman_backup_job_details where start_time > sysdate - interval '3' day order by session_key",
            [
                ("ARCHIVELOG", "COMPLETED", f(now - timedelta(days=1), "%m-%d %H:%M"), 0.17),
                ("DB FULL", "FAILED", f(now - timedelta(days=1, hours=5), "%m-%d %H:%M"), 1),
            ],
        ),
        (
            "select max(end_time) keep (dense_rank last order by start_time) t from v$rman_backup_job_details where status='COMPLETED' and input_type='DB FULL'",
            [(now - timedelta(days=8) + timedelta(hours=2),)],
        ),
        (
            "select to_char(to_date('2026-11-23','YYYY-MM-DD') + 1, 'YYYYMMDD') a, to_char(1234567.891,'FM9,999,990.00') b, to_char(add_months(date '2026-01-31',1),'YYYY-MM-DD') c, to_char(last_day(date '2026-02-03'),'DD') d from dual",
            [("20261124", "1,234,567.89", "2026-02-28", "28")],
        ),
        (
            "select round(months_between(date '2026-11-23', date '2026-08-23')) m, extract(year from date '2026-11-23') y, mod(17,5) k, sign(-3) s from dual",
            [(3, 2026, 2, -1)],
        ),
        # --- objects / users / jobs
        (
            "select owner, object_type, count(*) from dba_objects where status <> 'VALID' group by rollup(owner, object_type) order by owner nulls last, object_type nulls last",
            [
                ("HIS", "PACKAGE BODY", 1),
                ("HIS", "PROCEDURE", 1),
                ("HIS", None, 2),
                ("LIS", "FUNCTION", 1),
                ("LIS", None, 1),
                (None, None, 3),
            ],
        ),
        (
            "select 'alter ' || decode(object_type,'PACKAGE BODY','PACKAGE',object_type) || ' ' || owner || '.' || object_name || ' compile' || decode(object_type,'PACKAGE BODY',' body','') c from dba_objects where status='INVALID' and owner='HIS' order by object_name",
            [("alter PACKAGE HIS.PKG_LIS compile body",), ("alter PROCEDURE HIS.P_CHARGE compile",)],
        ),
        (
            "select username, account_status, ceil(expiry_date - sysdate) dleft from dba_users where expiry_date - sysdate < 7 and account_status not like '%LOCKED%' order by 3",
            [("LIS", "EXPIRED(GRACE)", 1), ("HIS", "OPEN", 5)],
        ),
        (
            "select job_name, failure_count, to_char(last_start_date,'YYYY-MM-DD HH24:MI:SS.FF3') l from dba_scheduler_jobs where enabled='TRUE' order by job_name",
            [("J_PURGE", 16, None), ("J_STAT", 0, "2026-11-01 02:00:00.123")],
        ),
        ("select owner from dba_segments minus select owner from dba_indexes order by 1", [("LIS",), ("SYS",)]),
        (
            "select * from (select status, type from v$session) pivot (count(*) for status in ('ACTIVE' as act, 'INACTIVE' as inact)) order by 1",
            [("BACKGROUND", 1, 0), ("USER", 3, 2)],
        ),
        (
            "select lpad(' ',(level-1)*2)||dept_name n, sys_connect_by_path(dept_name,'/') p from dept start with parent_id is null connect by prior dept_id = parent_id order siblings by dept_id",
            [
                ("全院", "/全院"),
                ("  内科", "/全院/内科"),
                ("    心内科", "/全院/内科/心内科"),
                ("      CCU", "/全院/内科/心内科/CCU"),
                ("  外科", "/全院/外科"),
            ],
        ),
        (
            "select trunc(sysdate) - level + 1 d from dual connect by level <= 3",
            [(midnight,), (midnight - timedelta(days=1),), (midnight - timedelta(days=2),)],
        ),
        ("select name from patient where sex is null or sex = ''", [("李四",)]),
        (
            "select name || '-' || sex || '-' || to_char(balance) x from patient order by patient_id",
            [("张三-男-1234.5",), ("李四--",), ("欧阳𠮷-女--.05",)],
        ),
        (
            "select p.patient_id, p.balance - lag(p.balance, 1, 0) over (order by p.patient_id) df, sum(nvl(p.balance,0)) over (order by p.patient_id rows unbounded preceding) run from patient p order by 1",
            [(1, 1234.5, 1234.5), (2, None, 1234.5), (3, None, 1234.45)],
        ),
        (
            "select /*+ parallel(4) */ count(*) c, sys_context('USERENV','DB_NAME') db, user u from dual group by sys_context('USERENV','DB_NAME')",
            [(1, "HIS", "HIS")],
        ),
        (
            "with t as (select tablespace_name, bytes from dba_data_files) select tablespace_name, case when sum(bytes) > 10737418240 then '大' else '小' end k from t group by tablespace_name order by 1 fetch first 2 rows only",
            [("HISDATA", "大"), ("HISIDX", "小")],
        ),
    ]
