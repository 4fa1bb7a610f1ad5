"""How much memory idle MLLP/TLS connections take.

    idle_mllp.py HOST:PORT AUTHORITY CERTIFICATE KEY SERVER_PID [CONNECTIONS]

Opens the connections with a client certificate, sends one message on none of them, and prints the resident memory of
the server before and after. It gives back unused memory every ten seconds: what counts is what stays.
"""

import resource
import socket
import ssl
import sys
import time


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def main():
    place, authority, certificate, key, pid = sys.argv[1:6]
    count = int(sys.argv[6]) if len(sys.argv) > 6 else 1000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 200), hard))
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    host, port = place.rsplit(":", 1)
    before = resident(pid)
    connections = []
    for _ in range(count):
        plain = socket.create_connection((host, int(port)))
        connections.append(context.wrap_socket(plain, server_hostname="localhost"))
    time.sleep(21)
    after = resident(pid)
    alive = 0
    for connection in connections:
        connection.settimeout(0)
        try:
            alive += connection.recv(1) != b""
        except (ssl.SSLWantReadError, BlockingIOError):
            alive += 1
    print(
        f"{alive} of {count} idle MLLP/TLS connections: {before:.0f} MB before, {after:.0f} MB resident,"
        f" {(after - before) * 1024 / count:.1f} KB each"
    )
    return 0 if alive == count else 1


if __name__ == "__main__":
    sys.exit(main())
