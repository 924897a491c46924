"""SQL through SQL*Plus, whose part is played: what it is fed, and what its answers come to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hisops.adapters.local import LocalCarrier
from hisops.adapters.shell_host import ShellHost
from hisops.adapters.sqlplus import Seat, SqlplusSql, seat
from hisops.errors import HisopsError, StatementFailed, Unreachable, UsageProblem
from hisops.model.site import Connect, Database, RunAs
from hisops.ports import Command, Sink
from hisops.secret import Secret

PASSWORD = "canary-s3cret"
ONE = """<table border='1'>
<tr><th scope="col">
N
</th></tr>
<tr><td align="right">
         1
</td></tr>
</table>
<p>
1 row selected.<br>
"""


class OneSecret:
    """A vault with one secret."""

    def __init__(self, value: str = PASSWORD) -> None:
        self.value = value

    def get(self, name: str) -> Secret:
        return Secret(name, self.value)

    def source(self, name: str) -> str:
        return "the test"


class PlayedHost:
    """A host whose SQL*Plus says what the test wants at each mark; a mark is not passed once `until` is reached.

    `said` gives what is printed after a mark ("" is before the first). Keeps the commands.
    """

    name = "db1"

    def __init__(self, said: dict[str, str] | None = None, until: str = "end", stderr: str = "") -> None:
        self.said = {"sent": ONE} if said is None else said
        self.until = until
        self.stderr = stderr
        self.commands: list[Command] = []
        self.before: Callable[[int], None] = lambda call: None

    def run(self, command: Command, sink: Sink, timeout: float | None = None) -> int:
        self.commands.append(command)
        self.before(len(self.commands))
        sink("stdout", self.said.get("", "").encode())
        for mark in re.findall(r"PROMPT (hisops:\w+:\w+)", self.fed(-1)):
            stage = mark.rpartition(":")[2]
            sink("stdout", f"{mark}\n{self.said.get(stage, '')}".encode())
            if stage == self.until:
                break
        sink("stderr", self.stderr.encode())
        return 0 if self.until == "end" else 1

    def fed(self, call: int = 0) -> str:
        """Return what SQL*Plus was fed, secrets revealed."""
        parts = self.commands[call].stdin
        return "".join(part.reveal() if isinstance(part, Secret) else str(part) for part in parts)


def session(host: Any, vault: OneSecret | None = None, **connect: Any) -> SqlplusSql:
    entry = Connect(driver="sqlplus", **connect)
    place = Seat(lambda: host, RunAs(user="oracle", via="sudo"), {"ORACLE_HOME": "/oh", "ORACLE_SID": "lis"})
    return SqlplusSql("lis", entry, vault or OneSecret(), place)


OUT = "SP2-0640: Not connected\n"
ADMIN = {"user": "hisops", "password": "his_password"}


def test_a_read_is_one_sqlplus_behind_a_read_only_transaction() -> None:
    host = PlayedHost()
    rows = session(host, mode="sysdba").run("select 1 as n from dual", {}, read_only=True, timeout=30)
    assert (rows.columns, rows.rows, rows.count) == (("n",), ((1,),), 1)
    fed, command = host.fed(), host.commands[0]
    order = [
        "WHENEVER SQLERROR EXIT", "CONNECT / AS SYSDBA", "SET MARKUP HTML OFF", "ALTER SESSION SET NLS_DATE_FORMAT",
        "SET TRANSACTION READ ONLY;", "SET MARKUP HTML ON ENTMAP ON", "select 1 as n from dual", "ROLLBACK;",
        "EXIT SUCCESS",
    ]  # fmt: skip
    assert [fed.index(word) for word in order] == sorted(fed.index(word) for word in order)
    assert "COMMIT;" not in fed
    assert command.run_as == RunAs(user="oracle", via="sudo")
    assert command.env["HISOPS_SECONDS"] == "30"


def test_a_write_is_committed_by_name_and_counted() -> None:
    host = PlayedHost({"sent": "5 rows deleted.<br>\n"})
    assert session(host).run("delete from dept", {}, read_only=False).count == 5
    fed = host.fed()
    assert fed.index("delete from dept\n/\n") < fed.index("COMMIT;")
    assert "READ ONLY" not in fed
    assert "CONNECT /\n" in fed


def test_the_password_goes_on_stdin_and_nowhere_else() -> None:
    host = PlayedHost()
    session(host, dsn="lis-db1:1521/LIS", **ADMIN).run("select 1 as n from dual", {}, read_only=True)
    command = host.commands[0]
    assert f'CONNECT hisops/"{PASSWORD}"@lis-db1:1521/LIS\n' in host.fed()
    assert PASSWORD not in command.script + str(command.env) + repr(command)
    assert sum(isinstance(part, Secret) for part in command.stdin) == 1


@pytest.mark.parametrize(
    ("password", "connect"),
    [('a"b', ADMIN), ("a\nhost id", ADMIN), ("x", {**ADMIN, "user": "sys as sysdba"}), ("x", {**ADMIN, "dsn": "a@b"})],
)
def test_a_login_that_would_be_read_otherwise_is_refused(password: str, connect: dict[str, str]) -> None:
    host = PlayedHost()
    with pytest.raises(StatementFailed) as caught:
        session(host, OneSecret(password), **connect).run("select 1 from dual", {}, read_only=True)
    assert caught.value.code == "HIS-3030"
    assert not host.commands


def test_binds_are_declared_before_the_transaction_begins() -> None:
    host = PlayedHost()
    session(host).run("select 1 as n from dual where :x = 'a'", {"x": "it's"}, read_only=True)
    fed = host.fed()
    assert (
        fed.index("VARIABLE x VARCHAR2(4000)") < fed.index(" :x := 'it''s';") < fed.index("SET TRANSACTION READ ONLY")
    )


@pytest.mark.parametrize("text", ["select 1 from dual; drop table x", "host id"])
def test_what_is_no_single_statement_never_gets_there(text: str) -> None:
    host = PlayedHost()
    with pytest.raises(StatementFailed) as caught:
        session(host).run(text, {}, read_only=True)
    assert caught.value.code == "HIS-3030"
    assert not host.commands


def test_noise_at_the_login_is_not_the_answer() -> None:
    noise = "ORA-01031: insufficient privileges\n<table><tr><td>\nx\n</td></tr></table>\nSP2-0640: Not connected\n"
    host = PlayedHost({"": noise, "sent": ONE})
    assert session(host).run("select 1 as n from dual", {}, read_only=True).rows == ((1,),)


@pytest.mark.parametrize(
    ("said", "until", "code", "words"),
    [
        ({"": "ERROR:\nORA-01017: invalid username/password\n", "asking": OUT}, "end", "HIS-3032", "ORA-01017"),
        ({"": "ERROR:\nORA-01033: in progress\n", "asking": OUT}, "end", "HIS-3034", "ORA-01033"),
        ({"": "ERROR:\nORA-12541: TNS:no listener\n", "asking": OUT}, "end", "HIS-3031", "ORA-12541"),
        ({"asking": "ERROR:\nORA-01034: ORACLE not available\n"}, "asking", "HIS-3031", "ORA-01034"),
        ({"sent": "ERROR at line 1:<br>\nORA-00942: no such table<br>\n"}, "sent", "HIS-3033", "ORA-00942"),
        ({"ready": "ORA-06553: PLS-213: STANDARD\n"}, "ready", "HIS-3033", "PLS-213"),
        ({"sent": "ORA-03113: end-of-file on communication channel<br>\n"}, "sent", "HIS-3031", "ORA-03113"),
        ({"sent": "SP2-0678: Column or attribute type can not be displayed<br>\n"}, "end", "HIS-3033", "SP2-0678"),
        ({"sent": ONE, "done": "ORA-02091: transaction rolled back\n"}, "done", "HIS-3033", "ORA-02091"),
        ({"sent": ONE[:90]}, "sent", "HIS-3031", "N"),
        ({"sent": ONE.replace("1 row selected", "2 rows selected")}, "end", "HIS-3036", "2"),
        ({"sent": ONE.replace("1 row selected.", "")}, "end", "HIS-3036", "None"),
        ({"sent": ONE.replace("         1", "##########")}, "end", "HIS-3036", "###"),
        ({}, "none", "HIS-3031", "without a word"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_as_the_driver_tells_it(
    said: dict[str, str], until: str, code: str, words: str
) -> None:
    host = PlayedHost(said, until)
    if until == "none":
        host.until, host.fed = "asking", lambda call=0: ""  # type: ignore[method-assign]
    with pytest.raises(HisopsError) as caught:
        session(host).run("select 1 as n from dual", {}, read_only=True)
    assert (caught.value.code, words in str(caught.value)) == (code, True)
    assert len(host.commands) == 1


def test_a_mounted_database_is_read_without_the_guard_that_it_refuses() -> None:
    host = PlayedHost({"ready": "ORA-01109: database not open\n"}, "ready")

    def opened(call: int) -> None:
        if call == 2:
            host.said, host.until = {"sent": ONE}, "end"

    host.before = opened
    assert session(host, mode="sysdba").run("select 1 as n from dual", {}, read_only=True).rows == ((1,),)
    assert ["READ ONLY" in host.fed(0), "READ ONLY" in host.fed(1)] == [True, False]


def test_a_read_is_asked_again_after_a_lost_link_and_a_write_is_not() -> None:
    host = PlayedHost()
    sql = session(host)

    def lost(call: int) -> None:
        if call in {1, 3, 5, 7}:
            raise Unreachable("HIS-3007", "lost")

    host.before = lost
    with pytest.raises(Unreachable):
        sql.run("select 1 as n from dual", {}, read_only=True)  # never answered yet: no reason to think it would now
    sql.run("select 1 as n from dual", {}, read_only=True)
    assert sql.run("select 1 as n from dual", {}, read_only=True).count == 1
    with pytest.raises(Unreachable):
        sql.run("delete from dept", {}, read_only=False)
    assert len(host.commands) == 5


def test_no_rows_still_have_columns() -> None:
    host = PlayedHost({"sent": "<br>\nno rows selected<br>\n"})
    rows = session(host).run("select a, b as c from t", {}, read_only=True)
    assert (rows.columns, rows.rows, rows.count) == (("a", "c"), (), 0)
    assert session(host).run("select * from t", {}, read_only=True).columns == ()


def test_a_heading_that_was_cut_is_completed() -> None:
    host = PlayedHost()
    assert session(host).run("select number_of_rows from t", {}, read_only=True).columns == ("number_of_rows",)
    assert session(host).run("select count(*) from t", {}, read_only=True).columns == ("n",)


def test_chinese_of_either_encoding() -> None:
    for encoding in ("utf-8", "gb18030"):
        page = ONE.replace('<td align="right">', "<td>").replace("         1", "门诊").encode(encoding)
        host = PlayedHost({})
        told = host.run

        def run(
            command: Command, sink: Sink, timeout: float | None = None, page: bytes = page, told: Any = told
        ) -> int:
            return told(command, lambda stream, data: sink(stream, data + (page if b":sent" in data else b"")), timeout)

        host.run = run  # type: ignore[method-assign]
        assert session(host).run("select n from t", {}, read_only=True).rows == (("门诊",),)


FAKE = """#!/bin/sh
echo "$@" >"$ORACLE_HOME/argv"; env >"$ORACLE_HOME/env"; pwd >"$ORACLE_HOME/cwd"
while read -r line; do
  case $line in
  PROMPT*) echo "${line#PROMPT }" ;;
  sleep*) exec sleep 60 ;;
  'select 1 as n'*) cat "$ORACLE_HOME/page" ;;
  EXIT*) exit 0 ;;
  esac
done
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / "sqlplus"
    tool.write_text(FAKE)
    tool.chmod(0o755)
    (tmp_path / "page").write_text(ONE)
    return tmp_path


def at(home: Path, **connect: Any) -> SqlplusSql:
    database = Database.model_validate(
        {
            "engine": "oracle", "title": {"zh": "x", "en": "x"}, "host": "control",
            "settings": {"oracle_home": str(home), "oracle_sid": "lis"},
        }
    )  # fmt: skip
    host = ShellHost("control", LocalCarrier())
    place = seat("lis", database, lambda: host, None)
    return SqlplusSql("lis", Connect(driver="sqlplus", **connect), OneSecret(), place)


def test_it_is_started_in_a_clean_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SQLPATH", "ORACLE_PATH", "TWO_TASK"):
        monkeypatch.setenv(name, "/elsewhere")
    sql = at(home, **ADMIN)
    assert sql.run("select 1 as n from dual", {}, read_only=True, timeout=30).rows == ((1,),)
    assert (home / "argv").read_text() == "-L -S /nolog\n"
    assert (home / "cwd").read_text() == "/\n"
    env = (home / "env").read_text()
    assert "ORACLE_SID=lis" in env
    assert "NLS_LANG=AMERICAN_AMERICA.AL32UTF8" in env
    assert not re.search(r"^(SQLPATH|ORACLE_PATH|TWO_TASK)=", env, re.MULTILINE)
    assert PASSWORD not in env
    sql.close()


def test_a_statement_that_is_late_is_ended_on_the_host(home: Path) -> None:
    tool = home / "bin" / "sqlplus"
    tool.write_text(FAKE.replace("sleep*)", "'select 2'*)"))
    with pytest.raises(TimeoutError):
        at(home).run("select 2 from dual", {}, read_only=False, timeout=1)
    assert at(home).run("select 1 as n from dual", {}, read_only=True, timeout=30).count == 1


def test_a_home_without_sqlplus_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="is not there"):
        at(tmp_path).run("select 1 from dual", {}, read_only=True, timeout=30)


def test_home_and_instance_are_needed() -> None:
    database = Database.model_validate({"engine": "oracle", "title": {"zh": "x", "en": "x"}, "host": "h"})
    with pytest.raises(UsageProblem):
        seat("lis", database, lambda: None, None)  # type: ignore[arg-type,return-value]
