"""What page 1,000 of a list costs beside page 1.

    deep_page.py BASE KEY CERTIFICATE PRIVATE_KEY AUTHORITY TARGET [PAGE]

Follows the links to the page, then asks for it and for page 1 in turns over one connection, and prints the ratio of
the medians.
"""

import http.client
import json
import ssl
import statistics
import sys
import time
import urllib.parse


def main():
    base, key, certificate, private_key, authority, target = sys.argv[1:7]
    page = int(sys.argv[7]) if len(sys.argv) > 7 else 1000
    url = urllib.parse.urlsplit(base)
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, private_key)
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)

    def ask(path):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {body[:500]}")
        return took, body

    def following(body):
        link = next((link["url"] for link in json.loads(body)["link"] if link["relation"] == "next"), None)
        if link is None:
            sys.exit(f"{target} has not {page} pages")
        parts = urllib.parse.urlsplit(link)
        return f"{parts.path}?{parts.query}"

    first = url.path + target
    deep = first
    for _ in range(page - 1):
        deep = following(ask(deep)[1])
    times = {first: [], deep: []}
    for _ in range(300):
        for path, took in times.items():
            took.append(ask(path)[0])
    near, far = (statistics.median(times[path]) * 1000 for path in (first, deep))
    print(f"page {page} of {target}: {far:.2f} ms, page 1: {near:.2f} ms, {far / near:.2f} x (target 1.5)")


if __name__ == "__main__":
    main()
