"""Whether two names may be those of one machine: case-blind, short and full names alike.

Two full names with one first label count as one: a machine tells its name with a domain, without one, or with another
one than DNS. Who tells machines apart where one of them must not be touched cannot go by the domain.
"""

from __future__ import annotations

from ipaddress import ip_address

from hisops.model.site import Host, Site


def names_of(site: Site, host: str) -> list[str]:
    """Return the names by which the inventory knows a host; an address of numbers is none."""
    entry = site.hosts[host]
    names = [host, entry.address, entry.ssh_options.get("HostKeyAlias", host)]
    return list(dict.fromkeys(name for name in names if not _is_number(name)))


def alike(one: str, other: str) -> bool:
    """Tell whether two names may be those of one machine; one of several labels and its first one count as the same."""
    return short(one) == short(other)


def short(name: str) -> str:
    """Return the first label of a name, as it is compared; an address of numbers is kept whole."""
    name = name.strip().rstrip(".").casefold()
    return name if _is_number(name) else name.partition(".")[0]


def same_door(one: Host, other: Host) -> bool:
    """Tell whether two entries lead to one address and port."""
    return (_address(one), one.port or 22) == (_address(other), other.port or 22)


def _address(host: Host) -> str:
    return ip_address(host.address).compressed if _is_number(host.address) else host.address.rstrip(".").casefold()


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
