"""RMAN building a database anew from backups: SET, RESTORE, SWITCH, RECOVER, RESET, DROP, DUPLICATE."""
