"""Files of the lab's databases, made of blocks with checksums: what RMAN reads, and what a restore is made of.

Every file is a row of blocks of 8 KiB (`blocks`). Data files hold the rows of the tables that lie in them as of their
checkpoint (`segments`, `datafile`), archived logs the changes between two SCNs (`archived`), backup pieces blocks of
data files, whole logs, a control file (`piece`); what is no data file carries a string of bytes (`carrier`).

The way down, from a database that runs: `checkpoint.write` brings its data files to its SCN, `archived.switch` ends a
log, `control.snapshot` is what its control file knows; `piece.write` takes any of them. The way up, from pieces alone:
`piece.read` gives blocks, logs and control files back, `piece.create_files` makes data files of them,
`recovery.apply` brings those on by a log to an SCN, and `contents.adopt` is how a database is opened from them.
"""
