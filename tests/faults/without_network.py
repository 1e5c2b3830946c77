"""Runs a command without a network, and counts what it tries to send: all addresses lead to loopback.

A script for `unshare --map-root-user --net`, which reads the kernel's counters of that namespace. First a
self-test: a look-up and a connection must be counted, or the count of the command would mean nothing.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCADDRT = 1, 0x8913, 0x8914, 0x890B
RTF_UP = 1
# in a block reserved for documentation: no host has it
OUTSIDE = ("192.0.2.1", 443)
NAMESERVER = ("192.0.2.53", 53)
COUNTERS = {"Tcp": "ActiveOpens", "Udp": "OutDatagrams", "Icmp": "OutMsgs"}


def lead_everything_to_loopback() -> None:
    """Bring `lo` up, with a default route to it: what is sent outside is counted, and goes nowhere."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh", b"lo", 0).ljust(40, b"\0")
        flags = struct.unpack("16sh", fcntl.ioctl(handle, SIOCGIFFLAGS, request)[:18])[1]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP).ljust(40, b"\0"))
        # struct rtentry: destination, gateway and mask are all 0.0.0.0
        anywhere = struct.pack("=HH4s8x", socket.AF_INET, 0, bytes(4))
        device = ctypes.create_string_buffer(b"lo")
        route = struct.pack("@L", 0) + anywhere * 3
        route += struct.pack("@HhLPhP", RTF_UP, 0, 0, 0, 0, ctypes.addressof(device))
        fcntl.ioctl(handle, SIOCADDRT, route.ljust(128, b"\0"))


def sent() -> dict[str, int]:
    """How many connections were begun and datagrams sent so far, over IPv4 and IPv6."""
    counts: dict[str, int] = {}
    lines = Path("/proc/net/snmp").read_text(encoding="utf-8").splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        protocol = names.split(":")[0]
        if protocol in COUNTERS:
            counters = dict(zip(names.split()[1:], values.split()[1:], strict=True))
            counts[protocol] = int(counters[COUNTERS[protocol]])
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text(encoding="utf-8").splitlines())
    counts["Udp6"] = int(six["Udp6OutDatagrams"])
    return counts


def send_something() -> None:
    """A connection and a look-up, as a leak would make them."""
    with socket.socket() as connecting:
        connecting.settimeout(0.2)
        with suppress(OSError):
            connecting.connect(OUTSIDE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, suppress(OSError):
        asking.sendto(b"?", NAMESERVER)


def main() -> None:
    lead_everything_to_loopback()
    start = sent()
    send_something()
    tried = sent()
    done = subprocess.run(sys.argv[1:], check=False)
    ended = sent()
    result = {
        "status": done.returncode,
        "control": {name: tried[name] - start[name] for name in start},
        "sent": {name: ended[name] - tried[name] for name in start},
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
