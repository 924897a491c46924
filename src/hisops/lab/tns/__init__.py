"""A listener that speaks enough of Oracle's network protocol for the thin driver: TNS 317, TTC field version 12."""
