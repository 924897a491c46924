"""Oracle's SQL as the lab understands it: carried out by DuckDB, and refused where it is not understood."""
