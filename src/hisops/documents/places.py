"""Where definitions lie: in the installed package, in a checkout, in a site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hisops.errors import UsageProblem

APART = ("judges", "targets", "reconcile", "reports")
SCENARIOS = ".scenarios.yaml"  # the rehearsals of a runbook lie beside it


def shipped_runbooks(package: Path | None = None) -> Path:
    """Return the folder of the shipped runbooks: the package's own data, else those of the checkout around it."""
    package = package or Path(__file__).resolve().parent.parent
    checkout = package.parent.parent
    if (installed := package / "data" / "runbooks").is_dir():
        return installed
    if (checkout / "pyproject.toml").is_file() and (checkout / "runbooks").is_dir():
        return checkout / "runbooks"
    raise UsageProblem("HIS-1010", "The shipped runbooks are missing.", "Install hisops again.")


def definitions(folder: Path) -> Iterator[Path]:
    """Give the files of runbooks below `folder`, in the order of their ids."""
    for path in sorted(folder.rglob("*.yaml")):
        if path.relative_to(folder).parts[0] not in APART and not path.name.endswith(SCENARIOS):
            yield path


def id_of(path: Path, folder: Path) -> str:
    """Return the id that a file has by its place: its path below `folder` without the ending."""
    return path.relative_to(folder).with_suffix("").as_posix()
