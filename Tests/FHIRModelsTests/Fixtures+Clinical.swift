// Seven more documents, so that with those of Fixtures.swift there are ten.
extension Fixtures {
  static let bundle = #"""
    {"resourceType":"Bundle","type":"transaction","link":[{"relation":"self","url":"https://x.test/fhir?a=1&b=2"}],
     "entry":[{"fullUrl":"urn:uuid:0b4bd5ab-0a1f-4e5c-8a36-1f2d1c1a0001","resource":{"resourceType":"Patient",
     "name":[{"text":"O'Neil \u003cb\u003e"}]},"request":{"method":"POST","url":"Patient"}},
     {"resource":{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Basic",
     "code":{"text":"inner"}}}]},"request":{"method":"PUT","url":"Bundle/b","ifMatch":"W/\"3\""}}]}
    """#

  static let observation = #"""
    {"resourceType":"Observation","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p
     class='a'>120 &lt; 130 &#233;</p><!-- c --><br/></div>"},"status":"final","code":{"coding":[
     {"system":"http://loinc.org","code":"85354-9"}]},"effectivePeriod":{"start":"2026-01-01T08:00:00+01:00"},
     "component":[{"code":{"text":"systolic"},"valueQuantity":{"value":1.2E+2,"unit":"mmHg"}},{"code":{"text":"device"},
     "valueSampledData":{"origin":{"value":0.0},"period":10,"dimensions":1,"data":"1 2 E U"}},
     {"code":{"text":"none"},"dataAbsentReason":{"text":"?"}}]}
    """#.split(separator: "\n").joined(separator: " ")

  static let questionnaire = #"""
    {"resourceType":"Questionnaire","id":"q","url":"http://x.test/q|1","status":"draft","item":[{"linkId":"1","type":
     "group","item":[{"linkId":"1.1","type":"choice","answerOption":[{"valueCoding":{"code":"a"}},{"valueInteger":7}],
     "enableWhen":[{"question":"1.2","operator":"=","answerBoolean":true}]},{"linkId":"1.2","type":"boolean",
     "_text":{"extension":[{"url":"http://x.test/t","valueMarkdown":"*tab*\t\u00a0end"}]}}]}]}
    """#

  static let documentReference = #"""
    {"resourceType":"DocumentReference","status":"current","type":{"text":"\u4e2d\u6587 مرحبا"},"content":[{"attachment":
     {"contentType":"text/plain","data":"SGVsbG8sIHdvcmxkIQ==","size":13,"hash":"AAECAwQFBgcICQoLDA0ODxAREhM="}},
     {"attachment":{"url":"urn:oid:1.2.3","creation":"2026-02-28"}}],"context":{"related":[{"identifier":
     {"value":"a/b"}}]}}
    """#

  static let medicationRequest = #"""
    {"resourceType":"MedicationRequest","status":"active","intent":"order","medicationReference":{"reference":"#m"},
     "contained":[{"resourceType":"Medication","id":"m","code":{"text":"Amoxicilline"},"ingredient":[{"itemCodeableConcept"
     :{"text":"i"},"strength":{"numerator":{"value":500},"denominator":{"value":1}}}]}],"subject":{"display":"?"},
     "dosageInstruction":[{"timing":{"event":["2026-01-01","2026-01-02T10:00:00Z"],"repeat":{"frequency":3,"period":1.0,
     "periodUnit":"d","dayOfWeek":["mon","fri"],"when":["PCM"]}},"doseAndRate":[{"doseRange":{"low":{"value":1}}}]}]}
    """#

  static let explanation = #"""
    {"resourceType":"ExplanationOfBenefit","status":"active","type":{"text":"c"},"use":"claim","patient":{"reference":
     "Patient/p"},"created":"2026-03-01T00:00:00.000Z","insurer":{"display":"i"},"provider":{"display":"p"},"outcome":
     "complete","insurance":[{"focal":true,"coverage":{"display":"c"}}],"item":[{"sequence":1,"productOrService":{"text":
     "s"},"diagnosisSequence":[1,2],"net":{"value":100.00,"currency":"MAD"},"adjudication":[{"category":{"text":"b"},
     "amount":{"value":-80.5,"currency":"MAD"},"value":8e1}]}],"_created":{"id":"when"}}
    """#

  static let capability = #"""
    {"resourceType":"CapabilityStatement","status":"active","date":"2026","kind":"instance","fhirVersion":"4.0.1",
     "format":["json","xml"],"_format":[null,{"extension":[{"url":"http://x.test/f","valueDecimal":0}]}],"rest":[{"mode":
     "server","resource":[{"type":"Patient","interaction":[{"code":"read"}],"searchParam":[{"name":"_id","type":"token"}]
     }]}],"instantiates":["http://x.test/a","http://x.test/b"]}
    """#
}
