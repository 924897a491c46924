"""OPatch 12.2: what it prints, what it checks, what it does to a home."""
