"""Export and import of the laboratory's schema: what the tools say, under the judges that ship, and what arrives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hisops.lab import control, schemas
from hisops.lab import scn as numbers
from hisops.lab.commands import ROOT
from hisops.lab.tools.logical import pumpfile
from hisops.lab.tools.logical.words import Refused, read
from tests.lab.lis import HOST
from tests.lab.rehearsal import Answer, Rehearsal
from tests.lab.test_judged import judged

pytestmark = pytest.mark.lab
GBK = "LC_ALL=C NLS_LANG=AMERICAN_AMERICA.ZHS16GBK"
SCHEMA = "create user lis no authentication default tablespace hisdata quota unlimited on hisdata;"


class Move:
    """The way of a schema from LIS to the HISPDB of HIS."""

    def __init__(self, lab: Rehearsal) -> None:
        self.lab = lab
        self.nas = lab.layout.machine(HOST).nas
        self.password = lab.store.read("lab")["password"]
        for host, container in ((HOST, ""), ("his-db1", "alter session set container=hispdb;\n")):
            statement = f"create or replace directory HISOPS_DP as '{lab.layout.machine(host).nas}';"
            assert "Directory created." in lab.sqlplus(f"connect / as sysdba\n{container}{statement}", host=host).out

    def tool(self, tool: str, words: str, *, host: str = HOST, locale: str = GBK) -> Answer:
        at = "@hispdb" if host != HOST else ""
        line = f"printf '%s\\n' '{self.password}' | \"$ORACLE_HOME/bin/{tool}\" system{at} {words}"
        return self.lab.oracle(line, host=host, locale=locale)

    def his(self, text: str) -> str:
        return self.lab.sqlplus(f"connect / as sysdba\nalter session set container=hispdb;\n{text}").out

    def lis(self, text: str) -> str:
        return self.lab.sqlplus(f"connect / as sysdba\n{text}", host=HOST).out

    def exp(self, more: str = "", *, locale: str = GBK) -> Answer:
        return self.tool(
            "exp", f"file={self.nas}/lis.dmp log={self.nas}/lis.log owner=lis statistics=none {more}", locale=locale
        )

    def imp(self, more: str = "fromuser=lis touser=lis", *, locale: str = GBK) -> Answer:
        return self.tool("imp", f"file={self.nas}/lis.dmp {more}", host="his-db1", locale=locale)

    def expdp(self, more: str = "") -> Answer:
        return self.tool("expdp", f"directory=hisops_dp dumpfile=lis_%U.dmp logfile=lis.log schemas=lis {more}")

    def impdp(self, more: str = "exclude=user remap_tablespace=lisdata:hisdata") -> Answer:
        return self.tool("impdp", f"directory=hisops_dp dumpfile=lis_%U.dmp logfile=limp.log {more}", host="his-db1")

    def arrived(self) -> dict[str, list[list[object]]]:
        state = self.lab.store.read("his")
        return {one.name: one.rows for one in schemas.held(state, "HISPDB", 0) if one.owner == "LIS"}


@pytest.fixture
def move(shared_lab: Rehearsal) -> Iterator[Move]:
    """The way, which is swept afterwards: cheaper than another lab."""
    before = {name: shared_lab.store.read(name) for name in ("lis", "his")}
    yield Move(shared_lab)
    for fault in ("truncated-dump", "skipped-tables", "charset-mismatch"):
        control.set_fault(shared_lab.directory, fault, False)
    for name, was in before.items():
        with shared_lab.store.change(name) as state:
            for part in ("schemas", "directories", "pump_jobs", "invalid_objects"):
                state[part] = was.get(part, {})
            state["pump_jobs"] = []
    for path in shared_lab.layout.nas.glob("*l*.*"):
        path.unlink()


def test_data_pump_brings_every_table_also_one_without_a_segment(move: Move) -> None:
    scn = numbers.current(move.lab.store.read("lis"))
    exported = move.expdp(f"flashback_scn={scn} exclude=statistics")
    result = judged("expdp/run", exported)
    assert (result.verdict, exported.code) == ("ok", 0)
    assert set(result.out["tables"]) == {'"LIS"."QC_RUN"', '"LIS"."RESULT"', '"LIS"."SAMPLE"'}
    assert result.out["empty"] == ['"LIS"."QC_RUN"']
    assert "User created." in move.his(SCHEMA)
    imported = move.impdp()
    verdict = judged("impdp/run", imported, allow=("possible-data-loss",))
    assert (verdict.verdict, imported.code, verdict.out["codes"]) == ("warn", 5, ["ORA-39082"])
    source = {one.name: one.rows for one in schemas.held(move.lab.store.read("lis"), ROOT, scn)}
    assert move.arrived() == source
    assert len(source["SAMPLE"]) == 60
    assert "INVALID" in move.his("select object_name, status from dba_objects where owner='LIS';")


def test_the_original_tools_leave_a_table_without_a_segment_out(move: Move) -> None:
    exported = move.exp()
    result = judged("exp/run", exported)
    assert (result.verdict, exported.code, exported.out) == ("ok", 0, "")
    assert result.out["tables"] == ["RESULT", "SAMPLE"]
    assert "QC_RUN" in move.lis("select table_name from dba_tables where owner='LIS' and segment_created='NO';")
    move.his(SCHEMA)
    imported = move.imp()
    verdict = judged("imp/run", imported, allow=("conversion",))
    assert verdict.verdict == "warn"
    assert verdict.out["codes"] == ["IMP-00041"]
    assert set(move.arrived()) == {"RESULT", "SAMPLE"}


def test_allocated_segments_are_exported(move: Move) -> None:
    told = move.lis("exec dbms_space_admin.materialize_deferred_segments(schema_name => upper('LIS'))")
    assert "successfully completed" in told
    assert judged("exp/run", move.exp()).out["empty"] == ["QC_RUN"]


def test_a_client_of_another_character_set_loses_the_names(move: Move) -> None:
    exported = move.exp(locale="LC_ALL=C NLS_LANG=AMERICAN_AMERICA.US7ASCII")
    result = judged("exp/run", exported)
    assert (result.verdict, result.matched[0]) == ("failed", "conversion")
    assert (
        "EXP-00091"
        in move.tool(
            "exp", f"file={move.nas}/x.dmp owner=lis", locale="LC_ALL=C NLS_LANG=AMERICAN_AMERICA.US7ASCII"
        ).err
    )
    move.his(SCHEMA)
    move.imp()
    assert {row[1] for row in move.arrived()["SAMPLE"]} == {"??"}


@pytest.mark.parametrize("way", ["exp", "expdp"])
def test_a_truncated_dump_is_found_by_reading_it(move: Move, way: str) -> None:
    control.set_fault(move.lab.directory, "truncated-dump", True)
    exported = move.exp() if way == "exp" else move.expdp()
    assert judged(f"{way}/run", exported).verdict == "ok"
    move.his(SCHEMA)
    imported = move.imp() if way == "exp" else move.impdp()
    result = judged("imp/run" if way == "exp" else "impdp/run", imported, allow=("conversion",))
    assert result.verdict == "failed"
    assert {"dump-truncated", "dump-unreadable"} & set(result.matched)
    if way == "exp":
        shown = judged("imp/run", move.imp("full=y show=y"), allow=("conversion",))
        assert (shown.verdict, imported.code) == ("failed", 0)
    else:
        assert move.arrived() == {}


def test_one_flipped_byte_makes_a_dump_invalid(move: Move) -> None:
    move.expdp()
    dump = move.nas / "lis_01.dmp"
    raw = bytearray(dump.read_bytes())
    raw[len(raw) // 2] ^= 1
    dump.write_bytes(raw)
    assert "ORA-31619: invalid dump file" in move.impdp("sqlfile=lis.sql").err


@pytest.mark.parametrize(("way", "matched"), [("exp", "EXP-00056"), ("expdp", "job-error")])
def test_a_skipped_table_is_told(move: Move, way: str, matched: str) -> None:
    control.set_fault(move.lab.directory, "skipped-tables", True)
    exported = move.exp() if way == "exp" else move.expdp()
    result = judged(f"{way}/run", exported)
    assert result.verdict == "failed"
    assert matched in result.matched
    assert exported.code == (0 if way == "exp" else 5)


def test_a_database_without_chinese_takes_question_marks(move: Move) -> None:
    control.set_fault(move.lab.directory, "charset-mismatch", True)
    assert "WE8MSWIN1252" in move.his("select value from nls_database_parameters where parameter='NLS_CHARACTERSET';")
    move.expdp()
    move.his(SCHEMA)
    assert judged("impdp/run", move.impdp()).verdict == "unknown"
    assert move.arrived()["SAMPLE"][0][1] == "??"


def test_what_is_there_already_is_not_overwritten(move: Move) -> None:
    move.expdp()
    assert "ORA-27038" in move.expdp().err
    assert judged("expdp/run", move.expdp("reuse_dumpfiles=y")).verdict == "ok"
    move.his(SCHEMA)
    assert "ORA-00959: tablespace 'LISDATA' does not exist" in move.impdp("exclude=user").err
    assert move.arrived() == {}
    move.impdp()
    again = judged("impdp/run", move.impdp(), allow=("possible-data-loss",))
    assert (again.verdict, "table-exists" in again.matched) == ("failed", True)
    assert "ORA-39143" in move.tool("impdp", _of_exp(move), host="his-db1").err
    assert "CASCADE must be specified" in move.his("drop user lis;")
    assert "User dropped." in move.his("drop user lis cascade;")
    assert move.arrived() == {}


def _of_exp(move: Move) -> str:
    move.exp()
    return "directory=hisops_dp dumpfile=lis.dmp"


@pytest.mark.parametrize(
    ("tool", "words", "said", "code"),
    [
        ("expdp", "directory=nowhere dumpfile=a.dmp", "ORA-39087: directory name NOWHERE is invalid", 1),
        ("expdp", "directory=hisops_dp schemas=nobody", "ORA-39165: Schema NOBODY was not found.", 1),
        ("expdp", "logtime=all", "LRM-00101: unknown parameter name 'LOGTIME'", 1),
        ("expdp", "network_link=x", "not rehearsed", 1),
        ("exp", "parfile=/nowhere/x.par", "LRM-00109: could not open parameter file '/nowhere/x.par'", 1),
        ("exp", "owner=nobody file=x.dmp", "EXP-00010: NOBODY is not a valid username", 0),
        ("exp", "tables=lis.qc_run file=x.dmp", "EXP-00011: LIS.QC_RUN does not exist", 0),
        ("imp", "file=/nowhere.dmp full=y", "IMP-00002: failed to open /nowhere.dmp for read", 1),
    ],
)
def test_what_the_tools_refuse(move: Move, tool: str, words: str, said: str, code: int) -> None:
    answer = move.tool(tool, words)
    assert said in answer.err
    assert answer.code == code


def test_nobody_gets_in_with_another_password(move: Move) -> None:
    answer = move.lab.oracle('echo wrong | "$ORACLE_HOME/bin/expdp" system directory=hisops_dp', host=HOST)
    assert (answer.code, judged("expdp/run", answer).matched[0]) == (1, "client-error")
    answer = move.lab.oracle('echo wrong | "$ORACLE_HOME/bin/exp" system owner=lis', host=HOST)
    assert "EXP-00056: ORACLE error 1017 encountered" in answer.err


def test_a_job_leaves_nothing_behind_in_the_dictionary(move: Move) -> None:
    move.expdp()
    assert move.lab.store.read("lis")["pump_jobs"] == []
    with move.lab.store.change("lis") as state:
        state["pump_jobs"] = [
            {"owner": "SYSTEM", "job": "J", "operation": "EXPORT", "state": "NOT RUNNING", "con": ROOT}
        ]
    assert "NOT RUNNING" in move.lis("select job_name, state from dba_datapump_jobs;")
    assert "ORA-31634: job already exists" in move.expdp("job_name=j reuse_dumpfiles=y").err


def test_the_command_line_outweighs_the_parameter_file(tmp_path) -> None:
    parfile = tmp_path / "a.par"
    parfile.write_text("# who\nuserid='/ as sysdba'\nfile = a.dmp\n\n")
    known = frozenset({"userid", "file"})
    words = read([f"parfile={parfile}", "file=b.dmp"], known, frozenset())
    assert words == {"userid": "/ as sysdba", "file": "b.dmp"}
    parfile.write_text("file\n")
    with pytest.raises(Refused, match="LRM-00116"):
        read([f"parfile={parfile}"], known, frozenset())


def test_a_dump_tells_what_it_is(tmp_path) -> None:
    dump = pumpfile.Dump(release="11.2.0.4.0", charset="ZHS16GBK", job="J", tables=[], code=[])
    pumpfile.write(tmp_path / "a.dmp", dump)
    assert pumpfile.read(tmp_path / "a.dmp") == dump
    (tmp_path / "b.dmp").write_bytes((tmp_path / "a.dmp").read_bytes()[:8192])
    with pytest.raises(pumpfile.BadDump, match="ORA-31619"):
        pumpfile.read(tmp_path / "b.dmp")
