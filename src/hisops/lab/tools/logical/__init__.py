"""Data Pump and the original Export and Import: one package, since they move the same schemas in two kinds of files.

After Oracle Database Utilities. `content` is what a schema holds and how it comes into another database, `pumpfile` and
`expfile` are the two kinds of dump, `words` reads command lines and parameter files, `logon` lets people in.
"""
