"""What the laboratory's tools say, under the judges that ship: each was written without the other."""

from __future__ import annotations

import pytest

from hisops.engine.judging import judge
from hisops.lab import control
from hisops.model.judge import Judgement
from tests.lab.lis import HOST, SYSDBA, admin, sqlplus
from tests.lab.rehearsal import Answer, Rehearsal
from tests.shipped.recorded import shipped

pytestmark = pytest.mark.lab
README = ("ORA-00955", "ORA-01432")
CATBUNDLE = f"{SYSDBA}@?/rdbms/admin/catbundle.sql"


def judged(name: str, answer: Answer, more: str = "", allow: tuple[str, ...] = ()) -> Judgement:
    tool, action = name.split("/")
    rules = shipped()[tool].actions[action]
    return judge(shipped()[tool], rules, (answer.out + more).encode(), answer.err.encode(), answer.code, allow)


def log(lab: Rehearsal, phase: str) -> str:
    logs = (lab.layout.machine(HOST).oracle_base / "cfgtoollogs" / "catbundle").glob(f"*_{phase}_*.log")
    return max(logs).read_text()


def test_catbundle_applies_and_rolls_back(lab: Rehearsal) -> None:
    applied = sqlplus(lab, f"{CATBUNDLE} psu apply\nexit")
    assert judged("catbundle/apply", applied).verdict == "unknown"
    result = judged("catbundle/apply", applied, log(lab, "GENERATE") + log(lab, "APPLY"), README)
    assert result.verdict == "warn"
    assert "Oracle Database Vault" in result.out["skipped"]
    assert str(result.out["log"]).endswith(".log")
    back = sqlplus(lab, f"{SYSDBA}@?/rdbms/admin/catbundle_PSU_LIS_ROLLBACK.sql\nexit")
    assert judged("catbundle/rollback", back, log(lab, "ROLLBACK"), README).verdict == "warn"


def test_a_swallowed_exception_is_seen_in_the_log_alone(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "catbundle-swallows", True)
    answer = sqlplus(lab, f"{CATBUNDLE} psu apply\nexit")
    assert judged("catbundle/apply", answer, allow=README).verdict == "unknown"
    result = judged("catbundle/apply", answer, log(lab, "GENERATE"), README)
    assert (result.verdict, result.matched[0]) == ("failed", "not-installed")


@pytest.mark.parametrize(
    ("spoil", "words", "cause"),
    [
        ("rm bundledata_PSU.xml", "psu apply", "bundle-unreadable"),
        ("true", "psu aply", "not-installed"),
        ("rm catbundle.sql", "psu apply", "sqlplus-error"),
    ],
)
def test_what_else_keeps_it_from_running(lab: Rehearsal, spoil: str, words: str, cause: str) -> None:
    lab.oracle(f"cd '{admin(lab)}' && {spoil}", host=HOST)
    answer = sqlplus(lab, f"{CATBUNDLE} {words}\nexit")
    result = judged("catbundle/apply", answer, log(lab, "GENERATE") if cause != "sqlplus-error" else "", README)
    assert result.verdict == "failed"
    assert cause in result.matched
