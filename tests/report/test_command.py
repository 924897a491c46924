"""`hisops report drill`, as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hisops.documents.library import Library
from hisops.documents.load import load
from hisops.model.report import Report
from tests.cli.calling import hisops
from tests.support.drill import Drill, runbook, site_file
from tests.support.journal import Site

RUN = "2026-11-24-0201-his-7k3"


@pytest.fixture
def folder(site: Site) -> Path:
    Drill(site).whole()
    return site_file(site)


def call(folder: Path, *words: str | Path, lang: str = "en"):
    return hisops("--site", folder, "--lang", lang, "report", "drill", *words, cwd=folder.parent)


def test_both_files_are_written_here_and_named(folder: Path) -> None:
    done = call(folder, "7k3")
    assert (done.returncode, done.stderr) == (0, "")
    for ending in ("html", "docx"):
        assert f"drill-{RUN}.{ending}" in done.stdout
        assert (folder.parent / f"drill-{RUN}.{ending}").stat().st_size > 5000
    assert "VERIFIED" in done.stdout


def test_a_folder_or_a_file_may_be_given(folder: Path, tmp_path: Path) -> None:
    assert call(folder, "7k3", "--out", tmp_path / "new" / "place", "--format", "html").returncode == 0
    assert [path.name for path in (tmp_path / "new" / "place").iterdir()] == [f"drill-{RUN}.html"]
    assert call(folder, "7k3", "--out", tmp_path / "mine.docx").returncode == 0
    assert (tmp_path / "mine.docx").read_bytes().startswith(b"PK")


def test_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / f"drill-{RUN}.docx"
    there.write_text("mine")
    done = call(folder, "7k3", "--out", tmp_path)
    assert done.returncode == 2
    assert "is there already; nothing was written" in " ".join(done.stderr.split())
    assert there.read_text() == "mine"
    assert not (tmp_path / f"drill-{RUN}.html").exists()


@pytest.mark.parametrize("words", [("--out", "record.pdf"), ("--out", "record.html", "--format", "docx")])
def test_a_file_of_another_kind_is_refused(folder: Path, words: tuple[str, ...]) -> None:
    done = call(folder, "7k3", *words)
    assert done.returncode == 2
    assert "cannot be written as" in done.stderr


def test_the_record_as_data(folder: Path) -> None:
    done = call(folder, "7k3", "--json", lang="zh")
    document = json.loads(done.stdout)
    assert (document["schema_version"], document["runs"], document["written"]) == (1, [RUN], [])
    (place,) = document["fields"]["place"]["values"]
    assert place == {
        "value": "信息科机房", "text": "信息科机房",
        "refs": [{"run": RUN, "file": "seg-0001.jsonl", "line": 1, "part": "plan.parameters.place"}],
    }  # fmt: skip
    assert not list(folder.parent.glob("drill-*"))


def test_the_language_is_that_of_the_call(folder: Path) -> None:
    assert call(folder, "7k3", "--out", "zh.html", lang="zh").returncode == 0
    assert call(folder, "7k3", "--out", "en.html", lang="en").returncode == 0
    assert "应急演练记录表" in (folder.parent / "zh.html").read_text()
    assert "Emergency drill record" in (folder.parent / "en.html").read_text()


def test_a_log_that_was_changed_is_refused_as_the_verifier_would(folder: Path, site: Site) -> None:
    segment = site.run_folder(RUN) / "seg-0001.jsonl"
    segment.write_bytes(segment.read_bytes().replace("张护士长 lis".encode(), "张护士长 lit".encode()))
    done = call(folder, "7k3")
    assert done.returncode == 20
    assert f"No record is made of run {RUN}, whose log does not verify" in " ".join(done.stderr.split())
    assert not list(folder.parent.glob("drill-*"))


def test_a_log_whose_signer_nobody_trusts_is_refused(folder: Path) -> None:
    (folder / "trust" / "allowed_signers").write_text("")
    done = call(folder, "7k3")
    assert done.returncode == 22
    assert not list(folder.parent.glob("drill-*"))


def test_a_log_that_is_incomplete_is_told_and_the_exit_code_says_so(folder: Path, site: Site) -> None:
    drill = Drill(site, run_id="2026-11-25-0201-his-part")
    drill.open().close()
    done = call(folder, "part", "--out", "part.html")
    assert done.returncode == 21
    assert '<p class="notice large">' in (folder.parent / "part.html").read_text()


def test_a_run_that_is_no_drill_is_refused(folder: Path, site: Site) -> None:
    steps = [{"id": "apply", "effect": "read", "sh": "true"}]
    Drill(site, run_id="2026-11-25-0201-his-nix", book={**runbook("oracle/patch-apply"), "steps": steps}).whole()
    done = call(folder, "nix")
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "is of oracle/patch-apply. The drill record is of drills: of switchovers" in said


def test_a_site_has_its_own_form_if_it_says_so(folder: Path, tmp_path: Path) -> None:
    own = folder / "runbooks" / "reports" / "drill.yaml"
    own.parent.mkdir(parents=True)
    shipped = Library().source_of("reports/drill")
    assert shipped is not None
    own.write_text(shipped.read_text().replace("en: Emergency drill record", "en: Drill sheet of the east"))
    refused = call(folder, "7k3", "--out", "own.html")
    assert refused.returncode == 3
    assert "site.yaml does not say so" in " ".join(refused.stderr.split())
    digest = load(own, Report).digest
    with (folder / "site.yaml").open("a") as file:
        file.write(f"overrides: {{reports/drill: '{digest}'}}\n")
    assert call(folder, "7k3", "--out", "own.html").returncode == 0
    assert "Drill sheet of the east" in (folder.parent / "own.html").read_text()
