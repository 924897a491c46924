"""The embedded rehearsal site: hosts, Oracle's tools and faults, all below one folder. A simulation, and it says so."""
