"""Rows of a database: kept in the run's scratch folder as they come, so that they can be read more than once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from hisops.errors import UsageProblem
from hisops.reconcile.cells import literal
from hisops.reconcile.sources import Relation, RowsSource


def spooled(source: RowsSource, path: Path) -> Relation:
    """Write all batches to a parquet file; the digest is that of the rows as an Arrow IPC stream."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    summed = hashlib.sha256()
    writer: Any = None
    stream: Any = None
    schema: Any = None
    for batch in source.batches:
        if writer is None:
            schema = _lower(batch.schema)
            writer = pq.ParquetWriter(path, schema, compression="snappy")
            stream = pa.ipc.new_stream(_Summed(summed), schema)
        renamed = pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        writer.write_batch(renamed)
        stream.write_batch(renamed)
    if writer is None:
        raise UsageProblem("HIS-8009", "{name} gave no answer to the query.", "Try again.", name=source.name)
    stream.close()
    writer.close()
    types = {name: str(kind) for name, kind in zip(schema.names, schema.types, strict=True)}
    found = Relation(
        sql=f"read_parquet({literal(str(path))})", kind="sql", name=source.name, columns=tuple(schema.names),
        types=types, first_row=1, query=source.query, scn=source.session.scn if source.session else None,
    )  # fmt: skip
    found.known_digest(f"sha256:{summed.hexdigest()}")
    return found


def _lower(schema: Any) -> Any:
    """Oracle tells names in upper case; definitions may write them either way."""
    import pyarrow as pa

    return pa.schema([pa.field(each.name.upper(), each.type) for each in schema])


class _Summed:
    """A file that only sums up what is written to it."""

    closed = False

    def __init__(self, summed: Any) -> None:
        self._summed = summed

    def write(self, data: Any) -> int:
        self._summed.update(data)
        return len(data)

    def flush(self) -> None:
        return

    def close(self) -> None:
        return
