import FHIRModels

/// Documents of our own that use what is hard: sides of primitives, gaps, escapes, contained resources, choices.
enum Fixtures {
  static let documents: [[UInt8]] = [
    patient, invoice, parameters, bundle, observation, questionnaire, documentReference, medicationRequest,
    explanation, capability,
  ].map { Array($0.utf8) }

  static let patient = #"""
    {"resourceType":"Patient","id":"p1","meta":{"lastUpdated":"2026-01-02T03:04:05.60+01:00"},
     "contained":[{"resourceType":"Organization","id":"o","name":"Caf\u00e9 \"Atlas\" \ud83d\ude00"}],
     "extension":[{"url":"http://x.test/e","valueDecimal":1.500}],
     "name":[{"family":"Alaoui","given":[null,"Zahra"],"_given":[{"extension":[{"url":"u","valueBoolean":false}]},null]}],
     "_birthDate":{"id":"b"},"birthDate":"1980-04","deceasedBoolean":false,"_active":{"id":"a"},
     "managingOrganization":{"reference":"#o"}}
    """#

  static let invoice = #"""
    {"resourceType":"Invoice","status":"issued","lineItem":[{"sequence":1,"chargeItemCodeableConcept":{"text":"Soin"},
     "priceComponent":[{"type":"base","amount":{"value":-0.00,"currency":"MAD"}},{"type":"tax","factor":2e-1}]}],
     "totalNet":{"value":12.50,"currency":"MAD"}}
    """#

  static let parameters = #"""
    {"parameter":[{"name":"r","resource":{"resourceType":"Basic","code":{"text":"x"}}},{"name":"v","valueTiming":
     {"repeat":{"boundsPeriod":{"start":"2020"},"timeOfDay":["08:00:00","20:00:00.5"]}}}],"resourceType":"Parameters"}
    """#
}
