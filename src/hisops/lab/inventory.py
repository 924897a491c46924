"""The inventory of an Oracle home as files: OPatch, its prerequisites and the lab's faults all read and write these."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as Xml
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hisops.lab.patch_archives import unpacked
from hisops.lab.patches import Patch


@dataclass(frozen=True, slots=True)
class Entry:
    """A patch as its metadata tells it, in an archive or in a home."""

    id: str
    uid: str
    description: str
    created: str
    minimum_opatch: str
    version: str
    build: str
    needed_mb: float
    bugs: frozenset[str]
    files: tuple[str, ...]
    components: tuple[str, ...]
    sql: bool
    level: str = ""
    release: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    """Number and description of the sub-patches of a composite patch, oldest first."""
    applied: datetime | None = None

    def superset_of(self, other: Entry) -> bool:
        """Whether this patch holds every fix of `other`."""
        return self.id != other.id and other.bugs <= self.bugs


def patch_folder(folder: Path) -> Path:
    """Return where in an unpacked archive the metadata lies: a composite patch has a folder for each of its parts."""
    own = folder / folder.name
    return own if not (folder / "etc").is_dir() and (own / "etc" / "config").is_dir() else folder


def read_patch(folder: Path) -> Entry:
    """Return the metadata below `folder`/etc/config. OSError or ParseError when they are not fit."""
    config = folder / "etc" / "config"
    root = Xml.parse(config / "inventory.xml").getroot()  # noqa: S314 - the lab reads its own archives
    actions = Xml.parse(config / "actions.xml").getroot()  # noqa: S314
    stamp = folder / "applied"
    release, created = root.find("release_update"), root.find("date_of_patch")
    return Entry(
        id=_attribute(root.find("patch_id"), "number"),
        uid=root.findtext("unique_patch_id", ""),
        description=root.findtext("patch_description", ""),
        created=_attribute(created, "time"),
        minimum_opatch=root.findtext("minimum_opatch_version", "0"),
        version=_attribute(release, "version"),
        build=_attribute(release, "build"),
        needed_mb=float(_attribute(root.find("required_space"), "mb") or 0),
        bugs=frozenset(_attribute(bug, "number") for bug in root.iter("bug")),
        files=tuple(_files(actions)),
        components=tuple(_attribute(part, "internal_name") for part in root.iter("component")),
        sql=root.findtext("sql_patch", "false") == "true",
        level=_attribute(root.find("composite"), "level"),
        release=_attribute(root.find("required_components/component"), "version"),
        parts=tuple((_attribute(part, "number"), _attribute(part, "description")) for part in root.iter("sub_patch")),
        applied=datetime.fromisoformat(stamp.read_text()) if stamp.exists() else None,
    )


def _attribute(element: Xml.Element | None, name: str) -> str:
    return element.get(name, "") if element is not None else ""


def _files(actions: Xml.Element) -> list[str]:
    files = [_attribute(copy, "file_name") for copy in actions.iter("copy")]
    for archive in actions.iter("archive"):
        _, library, member = _attribute(archive, "object_name").split("/")
        files.append(f"lib/{library}:{member}")
    return files


class Inventory:
    """The patches of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "inventory" / "oneoffs"

    def all(self) -> list[Entry]:
        """Return every patch of the home, newest first, those made inactive by a superset included."""
        if not self._folder.is_dir():
            return []
        entries = [read_patch(folder) for folder in sorted(self._folder.iterdir()) if (folder / "applied").exists()]
        return sorted(entries, key=lambda entry: entry.applied or datetime.min.replace(tzinfo=UTC), reverse=True)

    def active(self) -> list[Entry]:
        """Return the patches that no other patch of the home has made inactive."""
        entries = self.all()
        return [entry for entry in entries if not any(other.superset_of(entry) for other in entries)]

    def find(self, patch: str) -> Entry | None:
        """Return the patch with this number if the home has it."""
        return next((entry for entry in self.all() if entry.id == patch), None)

    def release_update(self) -> Entry | None:
        """Return the release update that the home is at."""
        return next((entry for entry in self.active() if entry.version), None)

    def add(self, source: Path, patch: str, applied: datetime | None = None) -> None:
        """Enter the patch whose unpacked form is `source`; the stamp comes last, so that a cut leaves no entry."""
        target = self._folder / patch / "etc" / "config"
        shutil.copytree(source / "etc" / "config", target, dirs_exist_ok=True)
        stamp = applied or datetime.now(UTC)
        (self._folder / patch / "applied").write_text(stamp.isoformat(timespec="seconds"))

    def remove(self, patch: str) -> None:
        """Take the patch out."""
        (self._folder / patch / "applied").unlink(missing_ok=True)
        shutil.rmtree(self._folder / patch, ignore_errors=True)


def install(home: Path, patch: Patch, applied: datetime, *, keep: bool = False) -> None:
    """Put a patch into a home as if it had been there for long: files, inventory, and what to `keep` for a rollback."""
    members = {name: data for name, data in unpacked(patch).items() if name.startswith(f"{patch.folder}/")}
    storage = home / ".patch_storage" / f"{patch.id}_{applied:%b_%d_%Y_%H_%M_%S}"
    for name, data in members.items():
        path = storage / name.removeprefix(f"{patch.folder}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if keep:
        back_up(home, storage, patch_files(storage))
    put_files(storage / "files", home)
    Inventory(home).add(storage, patch.id, applied)


def put_files(files: Path, home: Path) -> None:
    """Copy what a patch brings over the home."""
    for source in sorted(path for path in files.rglob("*") if path.is_file()):
        put_file(files, source, home)


def put_file(files: Path, source: Path, home: Path) -> Path:
    """Copy one file of a patch over the home; a member of a library is appended to its library."""
    target = home / source.relative_to(files)
    if target.parent.suffix == ".a" and target.parent.is_file():
        with target.parent.open("ab") as library:
            library.write(source.read_bytes())
        return target.parent
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".new")
    draft.write_bytes(source.read_bytes())
    draft.chmod(target.stat().st_mode if target.exists() else 0o755)
    draft.replace(target)
    return target


def patch_files(storage: Path) -> list[Path]:
    """Return what a patch brings."""
    return sorted(path for path in (storage / "files").rglob("*") if path.is_file())


def back_up(home: Path, storage: Path, sources: list[Path]) -> None:
    """Keep what will be replaced, and write the scripts that OPatch leaves for a restore by hand."""
    lines = ["#!/bin/sh"]
    for source in sources:
        target = home / source.relative_to(storage / "files")
        if target.parent.suffix == ".a" and target.parent.is_file():
            target = target.parent
        kept = storage / "backup" / target.relative_to(home)
        if target.exists() and not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(target, kept)
            lines.append(f'cp -p "{kept}" "{target}"')
    (storage / "restore.sh").write_text("\n".join(lines) + "\n")
    (storage / "make.txt").write_text("make -f rdbms/lib/ins_rdbms.mk ioracle\n")
