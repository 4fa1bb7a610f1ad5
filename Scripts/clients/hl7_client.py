"""python-hl7's asyncio client sends the samples over TLS and expects AA (or CA) for each.

Usage: hl7_client.py DEMO_JSON SAMPLES_FOLDER
"""

import asyncio
import json
import ssl
import sys
import uuid
from pathlib import Path

import hl7
from hl7.mllp import open_hl7_connection

ORDER = [
    "adt_a28_new_person", "adt_a01_admit", "adt_a08_update", "adt_a03_discharge",
    "siu_s12_book", "siu_s13_reschedule", "siu_s15_cancel", "oru_r01_results", "mdm_t02_document", "dft_p03_charges",
]  # fmt: skip


async def main():
    facts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    hospital = facts["partners"]["hospital"]
    context = ssl.create_default_context(cafile=facts["ca"])
    context.load_cert_chain(hospital["certificate"], hospital["private_key"])
    host, port = facts["mllp_tls"].rsplit(":", 1)
    reader, writer = await open_hl7_connection(host, int(port), ssl=context, server_hostname="localhost", encoding="utf-8")
    passed = failed = 0
    for name in ORDER:
        message = hl7.parse(Path(sys.argv[2], name + ".hl7").read_bytes().decode("utf-8"))
        control = uuid.uuid4().hex[:20]
        message.segment("MSH")[10][0] = control
        for repeat in ("first", "again"):
            writer.writemessage(message)
            await writer.drain()
            answer = await asyncio.wait_for(reader.readmessage(), 20)
            code, echoed = str(answer["MSA.F1"]), str(answer["MSA.F2"])
            good = code in ("AA", "CA") and echoed == control
            passed, failed = passed + good, failed + (not good)
            print(f"{name} {repeat}: {code} {echoed if echoed != control else ''}")
            if not good:
                print(str(answer).replace("\r", "\n"))
    writer.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


asyncio.run(main())
