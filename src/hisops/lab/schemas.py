"""Schemas of the lab's databases as logical copies see them: what lies in data files, what was imported, directories.

What is imported lives in the state (`schemas`), by container and owner; like a table without a segment it is in no data
file, so a restore brings none of it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hisops.lab.commands import ROOT
from hisops.lab.media import segments, tables
from hisops.lab.sql.backend import Stored, Table, Value
from hisops.lab.sql.types import declared
from hisops.lab.state import State
from hisops.lab.tools.logical.content import Coded, TableData
from hisops.lab.views import dictionary, release11

_SAMPLES = (("张三", "静脉血"), ("李四", "尿液"), ("王芳", "咽拭子"), ("赵敏", "脑脊液"))
CHARSETS = {True: "AL32UTF8", False: "ZHS16GBK"}


def charset(state: State) -> str:
    """Return the character set of a database, which was chosen when it was created."""
    return str(state.get("charset") or CHARSETS[bool(state["pdbs"])])


def own(state: State, container: str) -> State:
    """Return what the state itself keeps of the schemas of a container, by owner; changed in place."""
    found: State = state.setdefault("schemas", {}).setdefault(container, {})
    return found


def users(state: State, container: str) -> set[str]:
    """Return the owners of a container that are not Oracle's."""
    coded = {one.owner for one in code(state, container)}
    return coded | {table.owner for table in held(state, container, int(state["scn"]))} | set(own(state, container))


def held(state: State, container: str, upto: int) -> list[TableData]:
    """Return the tables of a container with the rows that they had at an SCN, in the order of their names."""
    found = [*_filed(state, container, upto), *_kept(state, container)]
    return sorted(found, key=lambda one: (one.owner, one.name))


def code(state: State, container: str) -> list[Coded]:
    """Return packages and views of a container, and whether they are valid."""
    if state["pdbs"]:
        rows = [row for con, row in dictionary.objects(state) if con == container]
    else:
        rows = [tuple(row) for row in release11.objects(state).rows]
    known = [Coded(owner=str(row[0]), name=str(row[1]), type=str(row[2]), status=str(row[3])) for row in rows]
    return [one for one in known if one.type != "TABLE" and one.owner not in ("SYS", "HISOPS")]


def directories(state: State, container: str) -> dict[str, str]:
    """Return the directory objects of a container by name."""
    base = state["home"].partition("/product/")[0]
    usual = {"DATA_PUMP_DIR": f"{base}/admin/{state['db_unique_name'].lower()}/dpdump"}
    found: dict[str, str] = state.get("directories", {}).get(container, {})
    return usual | found


def shown(state: State, container: str) -> dict[str, Stored]:
    """Return what queries see of the tables that lie in no data file."""
    return {one.name.lower(): Stored(one.owner, Table(one.columns, _values(one))) for one in _kept(state, container)}


def filed(state: State, container: str) -> list[TableData]:
    """Return the tables of a container that lie in data files."""
    return list(_filed(state, container, 0))


def _values(table: TableData) -> list[list[Value]]:
    kinds = [column.kind for column in declared(table.columns)]
    return [[tables.value(kind, item) for kind, item in zip(kinds, row, strict=True)] for row in table.rows]


def _filed(state: State, container: str, upto: int) -> Iterator[TableData]:
    from hisops.lab.media.checkpoint import tablespace

    for file in state["datafiles"]:
        for segment in segments.of(file) if file["con"] == container else ():
            owner, _, name = segment.table.partition(".")
            if segment.table in tables.COLUMNS and owner != "HISOPS":
                columns, rows = tables.COLUMNS[segment.table], tables.rows(state, segment.table, upto)
                yield TableData(owner=owner, name=name, columns=columns, tablespace=tablespace(file), rows=rows)


def _kept(state: State, container: str) -> Iterator[TableData]:
    for owner, schema in own(state, container).items():
        for name, table in schema["tables"].items():
            yield TableData(owner=owner, name=name, **table)


def put(state: State, container: str, table: TableData) -> None:
    """Let a container have a table."""
    schema = own(state, container).setdefault(table.owner, new())
    schema["tables"][table.name] = {
        "columns": table.columns, "tablespace": table.tablespace, "segment": table.segment, "rows": table.rows,
    }  # fmt: skip


def new() -> State:
    """Return a schema that holds nothing."""
    return {
        "created": datetime.now().replace(microsecond=0).isoformat(),
        "tables": {},
        "objects": [],
        "tablespace": "USERS",
    }


def place_for(state: State, container: str, owner: str, wanted: str) -> str:
    """Return the tablespace that a table comes into: the one that it came from if there is one, else its owner's."""
    if wanted in tablespaces(state, container):
        return wanted
    return str(own(state, container).get(owner, {}).get("tablespace", "USERS"))


def tablespaces(state: State, container: str) -> set[str]:
    """Return the tablespaces that a container has."""
    from hisops.lab.media.checkpoint import tablespace

    here = {tablespace(file) for file in state["datafiles"] if file["con"] == container}
    return here | {space["name"] for space in state["tablespaces"] if space["con"] == container}


def lis() -> State:
    """Return what the laboratory has beside its data files: its samples, and a table that nobody has ever filled."""
    rows = [
        [at + 1, *_SAMPLES[at % len(_SAMPLES)], f"2026-{1 + at % 9:02d}-{1 + at % 28:02d}T08:00:00"] for at in range(60)
    ]
    samples = "sample_id NUMBER, patient VARCHAR2(60), kind VARCHAR2(40), taken_on DATE"
    runs = "run_id NUMBER, analyzer VARCHAR2(20), started_at DATE, note VARCHAR2(200)"
    found = {
        "SAMPLE": {"columns": samples, "tablespace": "LISDATA", "segment": True, "rows": rows},
        "QC_RUN": {"columns": runs, "tablespace": "LISDATA", "segment": False, "rows": []},
    }
    return {ROOT: {"LIS": new() | {"tables": found}}}


def put_code(state: State, container: str, owner: str, name: str, type_: str, status: str) -> None:
    """Let a container have a package or a view, which may be invalid."""
    own(state, container).setdefault(owner, new())["objects"].append([name, type_])
    if status != "VALID":
        state["invalid_objects"].append({"con": container, "owner": owner, "name": name, "type": type_})
