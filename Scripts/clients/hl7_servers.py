"""`passerelle hl7 send` against python-hl7's server and hl7apy's, over TLS that asks for the client's certificate.

Each receiver parses what comes and must hold exactly what was sent; what it answers decides how the command exits.

Usage: hl7_servers.py DEMO_JSON SAMPLES_FOLDER PROGRAM
"""

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import hl7
from hl7.mllp import start_hl7_server
from hl7apy.core import Message
from hl7apy.mllp import AbstractHandler, MLLPServer
from hl7apy.parser import get_message_type, parse_message

passed = failed = 0


def check(name, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"FAILED {name}: {detail}")


class Caller:
    """Runs `passerelle hl7 send` with the hospital's certificate."""

    def __init__(self, program, facts, authority):
        hospital = facts["partners"]["hospital"]
        self.start = [program, "hl7", "send"]
        self.tls = ["--ca", authority, "--certificate", hospital["certificate"], "--key", hospital["private_key"]]

    def send(self, port, *files, tls=None):
        command = [*self.start, *map(str, files), "--to", f"localhost:{port}", *(self.tls if tls is None else tls)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)


def own_certificate(folder):
    """A certificate for localhost that vouches for itself."""
    certificate, key = f"{folder}/server.pem", f"{folder}/server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)  # fmt: skip
    return certificate, key


def server_context(certificate, key, clients):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(clients)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class PythonHL7Server:
    """python-hl7's asyncio server on a thread of its own; answers `code` to everything."""

    def __init__(self, context):
        self.received, self.code, self.port = [], "AA", None
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(context, ready)), daemon=True).start()
        ready.wait(20)

    async def serve(self, context, ready):
        server = await start_hl7_server(self.connected, "localhost", 0, ssl=context, encoding="utf-8")
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def connected(self, reader, writer):
        try:
            while True:
                message = await reader.readmessage()
                self.received.append(str(message))
                writer.writemessage(message.create_ack(self.code))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


class Acknowledger(AbstractHandler):
    """Parses with hl7apy and answers with a message that hl7apy builds."""

    def __init__(self, message, received):
        super().__init__(message)
        self.received = received

    def reply(self):
        received = parse_message(self.incoming_message, find_groups=False)
        self.received.append((self.incoming_message, received.msh.msh_10.value, len(received.children)))
        answer = Message("ACK", version="2.5")
        answer.msh.msh_9 = "ACK"
        answer.msh.msh_10 = "R" + received.msh.msh_10.value
        answer.msh.msh_11 = "P"
        answer.msa.msa_1 = "AA"
        answer.msa.msa_2 = received.msh.msh_10.value
        return answer.to_mllp()


class SecureMLLPServer(MLLPServer):
    """hl7apy's server with TLS beneath it; it takes one message a connection."""

    daemon_threads = True

    def __init__(self, context, handlers):
        super().__init__("localhost", 0, handlers)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.tcp_port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass


def against_python_hl7(caller, context, samples):
    server = PythonHL7Server(context)
    whole = caller.send(server.port, *samples)
    check("python-hl7 takes every sample on one connection", whole.returncode == 0, whole.stdout + whole.stderr)
    check("python-hl7 was sent each", len(server.received) == len(samples), f"{len(server.received)} of {len(samples)}")
    for sample, received in zip(samples, server.received):
        text = sample.read_bytes().decode("utf-8")
        check(f"python-hl7 received {sample.name} as it is", received.rstrip("\r") == text.rstrip("\r"))
        check(f"python-hl7 reads {sample.name}", str(hl7.parse(received).segment("MSH")[10]) == text.split("|")[9])
    server.code = "AE"
    refused = caller.send(server.port, samples[0])
    check("an AE of python-hl7's is a failure", refused.returncode == 1, f"exit {refused.returncode}")
    anonymous = caller.send(server.port, samples[0], tls=caller.tls[:2])
    check("without a certificate nobody is served", anonymous.returncode != 0, anonymous.stdout)
    wrong = caller.send(server.port, samples[0], tls=["--tls"])
    check("a server that nobody vouches for is not spoken to", wrong.returncode != 0, wrong.stdout)


def against_hl7apy(caller, context, samples):
    received = []
    texts = [sample.read_bytes().decode("utf-8") for sample in samples]
    server = SecureMLLPServer(context, {get_message_type(text): (Acknowledger, received) for text in texts})
    for sample, text in zip(samples, texts):
        answer = caller.send(server.tcp_port, sample)
        check(f"hl7apy answers {sample.name}", answer.returncode == 0, answer.stdout + answer.stderr)
        raw, control, segments = received[-1] if received else ("", "", 0)
        check(f"hl7apy received {sample.name} as it is", raw.rstrip("\r") == text.rstrip("\r"))
        check(f"hl7apy reads {sample.name}", control == text.split("|")[9] and segments == text.rstrip("\r").count("\r") + 1)
        received.clear()
    server.shutdown()


def main():
    facts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    samples = sorted(Path(sys.argv[2]).glob("*.hl7"))
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = own_certificate(folder)
        context = server_context(certificate, key, facts["ca"])
        caller = Caller(sys.argv[3], facts, certificate)
        against_python_hl7(caller, context, samples)
        against_hl7apy(caller, context, samples)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
