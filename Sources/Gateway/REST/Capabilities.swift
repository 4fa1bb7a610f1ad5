import FHIRModels

/// What this server can do, generated from the same registries that do it.
enum Capabilities {
  static func statement(
    _ request: FHIRRequest, _ settings: FHIRService.Settings, creates: [String], since started: Int64
  ) -> CapabilityStatement {
    CapabilityStatement {
      $0.status = .active
      $0.date = FHIRDateTime(epochMicroseconds: started)
      $0.kind = .instance
      $0.software = CapabilityStatement.Software {
        $0.name = "Passerelle"
        $0.version = settings.softwareVersion
      }
      $0.implementation = CapabilityStatement.Implementation {
        $0.description = request.clinic.name
        $0.url = request.baseURL
      }
      $0.fhirVersion = FHIRVersion(rawValue: "4.0.1")
      $0.format = ["application/fhir+json", "json"]
      $0.rest = [
        CapabilityStatement.Rest {
          $0.mode = .server
          $0.security = CapabilityStatement.Rest.Security {
            $0.service = [
              CodeableConcept(
                coding: [
                  Coding(
                    system: "http://terminology.hl7.org/CodeSystem/restful-security-service", code: "Certificates")
                ], text: "Client certificate, API key or both")
            ]
            $0.description =
              "Partners present a registered client certificate (TLS), an API key (Authorization: Bearer or X-API-Key), or both as agreed, and may do what their scopes (SMART v2 grammar, system/<Type>.<cruds>) grant. Every access is audited."
          }
          $0.resource = resources(creates)
        }
      ]
    }
  }

  private static func resources(_ creates: [String]) -> [CapabilityStatement.Rest.Resource] {
    let types = Set(SearchParameterRegistry.types).union(creates).union(ServedType.unsearched).sorted()
    return types.map { type in
      let isSearched = SearchRelations.of(type) != nil
      let isRead = isSearched || ServedType.unsearched.contains(type)
      var interactions: [TypeRestfulInteraction] = isSearched ? ["read", "search-type"] : isRead ? ["read"] : []
      if creates.contains(type) { interactions.append("create") }
      return CapabilityStatement.Rest.Resource {
        $0.type = ResourceType(rawValue: type)
        $0.interaction = interactions.map { code in CapabilityStatement.Rest.Resource.Interaction { $0.code = code } }
        if isRead {
          $0.versioning = .versioned
          $0.readHistory = false
          $0.conditionalRead = ConditionalReadStatus(rawValue: "full-support")
          $0.searchParam = parameters(type)
        }
      }
    }
  }

  private static func parameters(_ type: String) -> [CapabilityStatement.Rest.Resource.SearchParam] {
    SearchParameterRegistry.parameters(of: type).map { parameter in
      CapabilityStatement.Rest.Resource.SearchParam {
        $0.name = parameter.name
        $0.type = SearchParamType(rawValue: parameter.typeName)
        $0.documentation = parameter.documentation
      }
    }
  }
}
