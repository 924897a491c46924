"""What Oracle Net says when nobody can be connected to; the same words in every tool and view."""

from __future__ import annotations

UNKNOWN = "ORA-12154: TNS:could not resolve the connect identifier specified"
NO_LISTENER = "ORA-12541: TNS:no listener"
NO_SERVICE = "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor"
BLOCKED = "ORA-12528: TNS:listener: all appropriate instances are blocking new connections"
NO_HOST = "ORA-12545: Connect failed because target host or object does not exist"
