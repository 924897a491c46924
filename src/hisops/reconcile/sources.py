"""What is compared: files and rows of a database, each made a relation that can be read as often as need be."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from hisops.errors import UsageProblem
from hisops.model.reconciliation import Kind, Reconciliation, SideName
from hisops.reconcile.cells import literal, quoted

_HEAD = 1 << 20
_CHUNK = 1 << 22
_WHOLE = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32))
_DECIMAL = re.compile(r"decimal128\((\d+), (\d+)\)")
_DIGITS, _SCALE = 18, 2  # of an amount that fits, in cents, into 64 bits
ENDINGS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet"}


class Session(Protocol):
    """What tells the moment that the answers are of, once they have been read."""

    scn: str | None


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file: CSV in UTF-8 or GB18030, xlsx, parquet; told by its ending."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsSource:
    """Rows of a database as Arrow record batches; `name` of the database, the text that was asked, in which session."""

    name: str
    query: str
    batches: Iterator[Any]
    session: Session | None = None


Source = FileSource | RowsSource


@dataclass(slots=True, kw_only=True)
class Relation:
    """A source that can be read. `first_row` is the number that a spreadsheet gives to its first row of data."""

    sql: str
    kind: str
    name: str
    columns: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict)
    first_row: int = 2
    query: str | None = None
    scn: str | None = None
    path: Path | None = None
    delimiter: str = ","
    _digest: list[str] = field(default_factory=list)
    _digesting: threading.Thread | None = None

    def cell(self, name: str) -> str:
        """Return the SQL of a column as text."""
        kind = self.types.get(self.named(name), "string")
        place = quoted(self.named(name))
        return place if kind in {"string", "large_string"} else f"cast({place} as varchar)"

    def exact(self, name: str, kind: Kind) -> str | None:
        """Return the SQL of a column whose type is what `kind` needs already, in cents where it is money; else None."""
        place, found = quoted(self.named(name)), self.types.get(self.named(name), "")
        digits, scale = map(int, match.groups()) if (match := _DECIMAL.fullmatch(found)) else (_DIGITS + 1, 0)
        if kind == "date" and found == "date32[day]":
            return place
        if kind == "money" and digits <= _DIGITS and scale <= _SCALE:
            return f"cast(cast({place} as decimal(20,2)) * 100 as bigint)"
        if kind == "count" and found in _WHOLE:
            return f"cast({place} as bigint)"
        return None

    def named(self, name: str) -> str:
        """Return a column's name as the source has it: a database tells names in upper case."""
        return name.upper() if self.kind == "sql" else name

    def digest(self) -> str:
        """Return the digest of the source's bytes, waiting for it if need be."""
        if self._digesting is not None:
            self._digesting.join()
        return self._digest[0]

    def digest_now(self, path: Path) -> None:
        """Compute the digest of a file beside other work."""

        def work() -> None:
            summed = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    summed.update(chunk)
            self._digest.append(f"sha256:{summed.hexdigest()}")

        self._digesting = threading.Thread(target=work, daemon=True)
        self._digesting.start()

    def take_digest(self, other: Relation) -> None:
        """Take the digest that is being computed for another relation of the same file."""
        self._digest, self._digesting = other._digest, other._digesting

    def known_digest(self, digest: str) -> None:
        """Take a digest that is known already."""
        self._digest.append(digest)


def relation_of(source: Source, definition: Reconciliation, side: SideName, scratch: Path) -> Relation:
    """Return what can be read of a source. Raises UsageProblem if it is not there, or not what it seems."""
    if isinstance(source, RowsSource):
        from hisops.reconcile.rows import spooled

        found = spooled(source, scratch / f"{side}.parquet")
    else:
        found = _file_relation(source.path, definition, side, scratch)
    _check_columns(found, definition, side)
    return found


def _file_relation(path: Path, definition: Reconciliation, side: SideName, scratch: Path) -> Relation:
    kind = ENDINGS.get(path.suffix.lower())
    if not path.is_file():
        raise UsageProblem("HIS-8001", "There is no file {file}.", "Check the path.", file=path)
    if kind is None:
        raise UsageProblem(
            "HIS-8002", "{file} is of no kind that can be compared.", "Give a .csv, .xlsx or .parquet file.", file=path
        )
    if path.stat().st_size == 0:
        raise UsageProblem("HIS-8008", "{file} is empty; not even a header is there.", "Export it again.", file=path)
    if kind == "xlsx":
        from hisops.reconcile.workbooks import read_workbook

        found = read_workbook(path, definition, side, scratch / f"{side}.parquet")
    else:
        found = csv_relation(path) if kind == "csv" else parquet_relation(path)
    found.digest_now(path)
    return found


def csv_relation(path: Path, text: Path | None = None) -> Relation:
    """Return a CSV file as a relation of texts; `text` is the same in UTF-8 where it was in another encoding."""
    head = _decoded_head(text or path)
    mark = _delimiter(head.splitlines()[0])
    header = next(csv.reader(io.StringIO(head), delimiter=mark), [])
    names = header_names(path, header)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    sql = (
        f"read_csv({literal(str(text or path))}, header=true, auto_detect=false, delim={literal(mark)}, quote='\"', "
        f"escape='\"', columns={{{columns}}})"
    )
    return Relation(sql=sql, kind="csv", name=path.name, columns=names, path=path, delimiter=mark)


def transcoded(path: Path, target: Path) -> Path:
    """Write a file of GB18030 again in UTF-8. Raises UsageProblem if it is neither."""
    line = 1
    try:
        with path.open(encoding="gb18030", newline="") as old, target.open("w", encoding="utf-8", newline="") as new:
            while chunk := old.read(_CHUNK):
                if "\x00" in chunk:
                    raise UnicodeError
                new.write(chunk)
                line += chunk.count("\n")
    except UnicodeError:
        line = _bad_line(path)
        raise UsageProblem(
            "HIS-8003", "{file} is neither UTF-8 nor GB18030: row {row} cannot be read.",
            "Export it again as CSV in UTF-8.", file=path, row=line,
        ) from None  # fmt: skip
    return target


def _bad_line(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            for encoding in ("utf-8", "gb18030"):
                try:
                    if "\x00" not in line.decode(encoding):
                        break
                except UnicodeDecodeError:
                    continue
            else:
                return number
    return 1


def _decoded_head(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise UsageProblem(
            "HIS-8004", "{file} is in UTF-16.", "Export it again as CSV in UTF-8 (in Excel: CSV UTF-8).", file=path
        )
    cut = head if len(head) < _HEAD else head[: head.rfind(b"\n") + 1]
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return cut.decode(encoding)
        except UnicodeDecodeError:
            continue
    return cut.decode("utf-8-sig", errors="replace")


def _delimiter(line: str) -> str:
    return max((",", "\t", ";", "|"), key=line.count)


def header_names(path: Path, header: list[str]) -> tuple[str, ...]:
    """Return the names of the columns. Raises UsageProblem for one that is there twice."""
    names = [(name or "").replace("\ufeff", "").strip() for name in header]
    twice = next((name for place, name in enumerate(names) if name and name in names[:place]), None)
    if twice is not None:
        raise UsageProblem(
            "HIS-8005", '{file}, row 1: the column "{column}" is there twice.', "Rename one of them and try again.",
            file=path, column=twice,
        )  # fmt: skip
    return tuple(name or f"column {place}" for place, name in enumerate(names, 1))


def parquet_relation(path: Path) -> Relation:
    """Return a parquet file as a relation. Raises UsageProblem if it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise UsageProblem(
            "HIS-8006", "{file} is no parquet file that can be read.", "Export it again.", file=path
        ) from error
    types = {name: str(kind) for name, kind in zip(schema.names, schema.types, strict=True)}
    names = header_names(path, list(schema.names))
    return Relation(
        sql=f"read_parquet({literal(str(path))})", kind="parquet", name=path.name, columns=names, types=types,
        first_row=1, path=path,
    )  # fmt: skip


def _check_columns(found: Relation, definition: Reconciliation, side: SideName) -> None:
    for column, written in definition.sides[side].columns.items():
        name = found.named(written)
        if name not in found.columns:
            near = get_close_matches(name, found.columns, n=1, cutoff=0.5)
            todo = 'Did you mean "{near}"? Else map the column in the definition.' if near else "It has: {known}."
            raise UsageProblem(
                "HIS-8007", '{file}, row 1: the column "{column}" is missing.', todo,
                file=found.name, column=name, near=near[0] if near else "", known=", ".join(found.columns),
            )  # fmt: skip
        kind = found.types.get(name, "")
        if definition.columns[column].type == "money" and kind.startswith(("double", "float", "halffloat")):
            raise UsageProblem(
                "HIS-8010",
                '{file}: the amounts of the column "{column}" are floating point numbers, which are not exact.',
                "Cast them to number(18,2), or to decimal(18,2), where they come from.", file=found.name, column=name,
            )  # fmt: skip
