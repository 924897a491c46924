"""The result of a reconciliation as people read it: words in both languages, tables, and the check of the sums."""
