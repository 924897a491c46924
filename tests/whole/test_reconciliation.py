"""`hisops reconcile` in a lab: run, carried over, refused, the sheets from the signed log, one key explained."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from hisops.lab.finance import Ground, ground
from hisops.lab.layout import Layout
from hisops.lab.state import LAB, Store
from tests.support import lab_site
from tests.support.lab_site import Done, LabSite

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
NAME = "outpatient-daily"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """A lab of its own: what was reconciled before matters."""
    started = lab_site.up(tmp_path_factory.mktemp("lab"))
    yield started
    lab_site.down(started)


def ground_of(lab: LabSite) -> Ground:
    """Return what the lab's tables hold, of the account day of that lab."""
    return ground(date.fromisoformat(Store(Layout(lab.site).state).read(LAB)["account_day"]))


def run(lab: LabSite, *words: str, code: int, plan_code: int = 10) -> Done:
    """Plan without a terminal, then carry the saved plan out."""
    planned = lab.hisops("reconcile", "run", *words)
    assert planned.returncode == plan_code, planned.stdout + planned.stderr
    if plan_code != 10:
        return planned
    newest = max((lab.site / "plans").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    done = lab.hisops("run", str(newest))
    assert done.returncode == code, done.stdout + done.stderr
    return done


def results(lab: LabSite, out: Path, code: int) -> dict[str, Path]:
    done = lab.hisops("reconcile", "results", "--out", str(out))
    assert done.returncode == code, done.stdout + done.stderr
    return {path.suffix: path for path in out.iterdir()}


def told(found: dict) -> list[tuple[str, str, tuple[str, ...]]]:  # type: ignore[type-arg]
    """Return class, owner and key of every difference, sorted."""
    return sorted(
        (each["class"], found["causes"][each["cause"]]["owner"], tuple(part or "" for part in each["key"]))
        for each in found["differences"]
    )


def test_a_day_after_the_other(lab: LabSite, tmp_path: Path) -> None:
    made = ground_of(lab)
    run(lab, NAME, "-t", "his", "--day", made.before.isoformat(), code=0)
    run(lab, NAME, "-t", "his", "--day", made.day.isoformat(), code=1)
    files = results(lab, tmp_path / "out", 1)
    found = json.loads(files[".json"].read_text(encoding="utf-8"))
    assert told(found) == made.planted(NAME, carried=True)
    assert found["carry"]["day"] == made.before.isoformat()
    assert found["verdict"] == "differs"
    the_workbook_adds_up(files[".xlsx"], found)
    rows = list(csv.reader(files[".csv"].read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == len(found["differences"]) + 1
    page = files[".html"].read_text(encoding="utf-8")
    assert "<svg" in page
    assert "Not balanced" in page
    assert lab.hisops("log", "verify", "--all").returncode == 0
    again = lab.hisops("reconcile", "results", "--out", str(tmp_path / "out"))
    assert again.returncode == 2
    assert "is there already" in again.stderr


def the_workbook_adds_up(path: Path, found: dict) -> None:  # type: ignore[type-arg]
    book = CalamineWorkbook.from_path(str(path))
    front = book.get_sheet_by_index(0).to_python()
    summed = next(row for row in front if row[0] == "Classes add up to both sides")
    side_a = found["sides"]["a"]
    assert summed[2] == float(side_a["total"]["total"]) + float(side_a["carried"]["total"])
    sheets = {each["class"] for each in found["classes"] if each["entries"] and each["class"] != "balanced"}
    assert len(book.sheet_names) == 1 + len(sheets) + 2


def test_a_repeated_day_supersedes(lab: LabSite, tmp_path: Path) -> None:
    day = ground_of(lab).day.isoformat()
    run(lab, "e-bills", "-t", "his", "--day", day, code=1)
    run(lab, "e-bills", "-t", "his", "--day", day, code=1)
    found = json.loads(results(lab, tmp_path, 1)[".json"].read_text(encoding="utf-8"))
    assert found["carry"]["supersedes"]
    assert found["carry"]["missing"] is True


def test_one_key_is_followed(lab: LabSite) -> None:
    day = ground_of(lab).day
    run(lab, NAME, "-t", "his", "--day", day.isoformat(), code=1)
    done = lab.hisops("reconcile", "explain", "0102", f"{day:%Y%m%d}-0102-1", "现金")
    assert done.returncode == 1, done.stderr
    assert "Rounding" in done.stdout
    assert lab.hisops("reconcile", "explain", "0101", f"{day:%Y%m%d}-0101-2", "现金").returncode == 0
    assert lab.hisops("reconcile", "explain", "only-one-part").returncode == 2


def test_a_side_from_a_file_and_what_is_wrong_with_it(lab: LabSite, tmp_path: Path) -> None:
    day = ground_of(lab).day
    header = "BUSNO,BILLNO,TOTALAMT,STATE,BUSDATETIME\n"
    bad = tmp_path / "bad.csv"
    bad.write_text(f"{header}{day:%Y%m%d}000003,1,12.345,NORMAL,{day} 10:00:00\n", encoding="utf-8")
    done = run(lab, "e-bills", "-t", "his", "--day", day.isoformat(), "--b", str(bad), code=2)
    said = " ".join((done.stdout + done.stderr).split())
    assert "bad.csv, row 2" in said
    assert "two decimals" in said
    good = tmp_path / "good.csv"
    good.write_bytes(f"{header}{day:%Y%m%d}000003,1,12.30,NORMAL,{day} 10:00:00\n".encode("gb18030"))
    run(lab, "e-bills", "-t", "his", "--day", day.isoformat(), "--b", str(good), code=1)


@pytest.fixture
def always_busy(lab: LabSite) -> Iterator[None]:
    """Every hour is a busy one."""
    site = lab.site / "site.yaml"
    text = site.read_text(encoding="utf-8")
    hours = " ".join(f"{hour:02d}" for hour in range(24))
    site.write_text(text.replace('busy_hours: "none"', f"busy_hours: {hours}"), encoding="utf-8")
    yield
    site.write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("always_busy")
def test_busy_hours_are_kept_free_on_the_primary(lab: LabSite) -> None:
    done = run(lab, NAME, "-t", "his", code=3, plan_code=3)
    assert "busy" in done.stdout + done.stderr
    run(lab, NAME, "-t", "his_dr", "--day", ground_of(lab).before.isoformat(), code=0)


def test_sides_of_two_databases(lab: LabSite, tmp_path: Path) -> None:
    made = ground_of(lab)
    words = (NAME, "-t", "his", "--b-from", "his_dr", "--day")
    run(lab, *words, made.before.isoformat(), code=0)
    run(lab, *words, made.day.isoformat(), code=1)
    found = json.loads(results(lab, tmp_path, 1)[".json"].read_text(encoding="utf-8"))
    assert told(found) == made.planted(NAME, carried=True)
    assert [found["sides"][side]["source"]["name"] for side in "ab"] == ["his", "his_dr"]
    assert all(found["sides"][side]["source"]["scn"].isdigit() for side in "ab")
    assert lab.hisops("reconcile", "explain", "0101", f"{made.day:%Y%m%d}-0101-2", "现金").returncode == 0


@pytest.mark.usefixtures("always_busy")
def test_the_other_database_keeps_its_busy_hours_too(lab: LabSite) -> None:
    day = ground_of(lab).before.isoformat()
    done = run(lab, NAME, "-t", "his_dr", "--b-from", "his", "--day", day, code=3)
    assert "his is a primary" in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("name", "code", "says"), [("nowhere", 2, "nowhere"), ("lis", 3, "no account that reports are read by")]
)
def test_a_side_from_where_it_cannot_be_read(lab: LabSite, name: str, code: int, says: str) -> None:
    day = ground_of(lab).before.isoformat()
    done = run(lab, NAME, "-t", "his", "--b-from", name, "--day", day, code=code)
    assert says in " ".join((done.stdout + done.stderr).split())


def test_a_gap_is_refused_while_rows_wait(lab: LabSite) -> None:
    made = ground_of(lab)
    run(lab, "insurance-settlement", "-t", "his", "--day", made.before.isoformat(), code=0)
    later = date.fromordinal(made.day.toordinal() + 1).isoformat()
    done = run(lab, "insurance-settlement", "-t", "his", "--day", later, code=3)
    assert "wait to be cleared" in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    "words", [("no-such",), (NAME, "--day", "yesterday"), (NAME, "-t", "his", "--a", "no-such.csv")]
)
def test_what_cannot_be_meant_is_refused(lab: LabSite, words: tuple[str, ...]) -> None:
    done = lab.hisops("reconcile", "run", *words)
    assert done.returncode == 2, done.stdout + done.stderr


def test_definitions_are_listed_and_shown(lab: LabSite) -> None:
    listed = json.loads(lab.hisops("reconcile", "list", "--json").stdout)
    assert len(listed["definitions"]) == 8
    for each in listed["definitions"]:
        done = lab.hisops("--lang", "zh", "reconcile", "show", each["id"])
        assert done.returncode == 0
        assert each["title"]["zh"] in done.stdout


def test_a_proposal_is_a_definition(lab: LabSite, tmp_path: Path) -> None:
    from hisops.documents.load import load
    from hisops.model.reconciliation import Reconciliation

    for name, more in (("a", "0"), ("b", "1")):
        rows = "".join(f"B{number:05d},{number}.{more}0,科{number % 3}\n" for number in range(200))
        (tmp_path / f"{name}.csv").write_text(f"BILL,AMOUNT,DEPT\n{rows}", encoding="utf-8")
    done = lab.hisops("reconcile", "init", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))
    assert done.returncode == 0, done.stderr
    proposed = load(done.stdout, Reconciliation).model
    assert [proposed.a.columns[name] for name in proposed.key] == ["BILL"]
    assert [proposed.a.columns[name] for name in proposed.compare] == ["AMOUNT"]
