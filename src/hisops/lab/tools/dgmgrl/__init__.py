"""DGMGRL, the broker's command line: speaks as that of release 19c does."""
