"""SQL*Plus: its commands, its answers, its habit of going on after errors."""
