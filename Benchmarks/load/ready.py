"""How soon `passerelle serve` is ready, and how much memory it holds then.

    ready.py PROGRAM CONFIGURATION FOLDER [RUNS]

Starts the program with a copy of the configuration that has a data folder and ports of its own and no delivery
workers, and asks /readyz until it says 200. Prints the median of the runs.
"""

import http.client
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


def own_copy(configuration, folder):
    text = pathlib.Path(configuration).read_text()
    text = re.sub(r'(?m)^data_folder = .*$', f'data_folder = "{folder}"', text)
    places = re.findall(r"127\.0\.0\.1:\d+", text)
    for place, port in zip(places, free_ports(len(places))):
        text = text.replace(place, f"127.0.0.1:{port}")
    operations = re.search(r'\[operations\]\s+listen = "127\.0\.0\.1:(\d+)"', text)
    return text + "[deliveries]\nworkers = 0\n", int(operations.group(1))


def is_ready(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def run(program, configuration, folder):
    shutil.rmtree(folder, ignore_errors=True)
    pathlib.Path(folder).mkdir(mode=0o700)
    text, port = own_copy(configuration, folder)
    copy = pathlib.Path(folder) / "serve.conf"
    copy.write_text(text)
    copy.chmod(0o600)
    began = time.monotonic()
    with open(f"{folder}/serve.log", "wb") as log:
        server = subprocess.Popen([program, "serve", "--config", str(copy)], stdout=log, stderr=log)
    try:
        while not is_ready(port):
            if server.poll() is not None or time.monotonic() - began > 30:
                sys.exit(pathlib.Path(f"{folder}/serve.log").read_text())
            time.sleep(0.002)
        took = time.monotonic() - began
        time.sleep(1)
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        return took * 1000, int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024
    finally:
        server.terminate()
        server.wait()


def main():
    program, configuration, folder = sys.argv[1:4]
    runs = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    results = [run(program, configuration, folder) for _ in range(runs)]
    print(
        f"serve is ready after {statistics.median(took for took, _ in results):.0f} ms"
        f" (median of {runs}, target under 1,000), resident then {statistics.median(size for _, size in results):.0f} MB"
    )


if __name__ == "__main__":
    main()
