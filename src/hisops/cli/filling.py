"""Filling a form and writing it down: which files, and that none is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hisops.cli.accounts import accounts
from hisops.errors import UsageProblem
from hisops.model.account import Account

FORMATS = ("html", "docx")


def fill_form(site: Any, trust: Any, name: str, runs: Sequence[str], say: Any) -> tuple[Any, list[Account]]:
    """Return the filled sheet (`report.sheet.Sheet`) and the accounts that it was filled from."""
    from hisops.documents.lint import fit_report
    from hisops.report.record import record

    form = fit_report(site.library, name)
    found = accounts(site.dir / "logs", trust, runs, say)
    return record(form.model, found, say.code, _offset(found[0].segments[0].at.time), form.digest), found


def write_sheet(sheet: Any, stem: str, out: Path | None, only: str | None) -> list[Path]:
    """Write a sheet in the formats asked for; return the files. Refuses before writing any if one is there."""
    from hisops.report.html import to_html
    from hisops.report.word import to_docx

    drawings = {"html": to_html, "docx": to_docx}
    paths = _paths(stem, out, only)
    for path in paths.values():
        if path.exists() or path.is_symlink():
            raise there_already(path)
    drawn = {path: drawings[kind](sheet) for kind, path in paths.items()}
    for path, data in drawn.items():
        _write(path, data)
    return list(drawn)


def _paths(stem: str, out: Path | None, only: str | None) -> dict[str, Path]:
    """Return the file of each format. `out` is a file if it ends like one, else a folder."""
    ending = (out.suffix.removeprefix(".") if out is not None and not out.is_dir() else "").lower()
    if not ending:
        return {kind: (out or Path()) / f"{stem}.{kind}" for kind in FORMATS if only in {None, kind}}
    if ending not in FORMATS or only not in {None, ending}:
        raise UsageProblem(
            "HIS-2953", "{file} cannot be written as {wanted}.",
            "Give a folder, or a file that ends in .html or .docx.", file=out, wanted=only or " or ".join(FORMATS),
        )  # fmt: skip
    return {ending: out or Path()}


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise there_already(path) from error
    except OSError as error:
        raise UsageProblem(
            "HIS-2955", "{file} cannot be written: {why}.", "Give another place with --out.",
            file=path, why=error.strerror,
        ) from error  # fmt: skip


def there_already(path: Path) -> UsageProblem:
    """Return the error for a file that would be written over."""
    fact, todo = "{file} is there already; nothing was written.", "Remove it, or give another place with --out."
    return UsageProblem("HIS-2954", fact, todo, file=path)


def _offset(moment: datetime) -> timedelta:
    """Return how this machine's local time stood to UTC at the begin of the drill; all times are told so."""
    return moment.astimezone().utcoffset() or timedelta(0)
