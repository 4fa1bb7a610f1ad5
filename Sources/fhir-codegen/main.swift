print("fhir-codegen")
