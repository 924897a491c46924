"""Reconciliations of any size: two files of charges, and what was planted between them."""
