"""Validates every XML file of a folder against FHIR's schemas: validate_xsd.py XSD FOLDER."""
import pathlib
import sys

from lxml import etree


def main():
    schema = etree.XMLSchema(etree.parse(sys.argv[1]))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    passed = failed = 0
    for path in sorted(pathlib.Path(sys.argv[2]).glob("*.xml")):
        try:
            schema.assertValid(etree.parse(str(path), parser))
            passed += 1
        except (etree.XMLSyntaxError, etree.DocumentInvalid) as fault:
            failed += 1
            print(f"FAIL xsd {path.name}")
            for error in list(fault.error_log)[:3]:
                print(f"     {error.line}:{error.column} {error.message[:200]}")
    print(f"xsd: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
