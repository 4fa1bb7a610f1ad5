import ClinicModel
import FHIRModels
import Mappers
import XCTest

/// Records → resources, looked at as an EMR reads them: JSON that our own strict decoder accepts.
class FHIRMapperTestCase: XCTestCase {
  let context = FHIRMappingContext(clinicOrganizationID: "clinic-1", zone: ZoneOffsets(fixedSeconds: 3600))
  let nine = Instant(microseconds: 1_793_869_200_000_000)

  func row(_ id: String) -> RowMeta { RowMeta(clinicID: "c", id: id, version: 3, updatedAt: nine) }

  /// The resource's JSON.
  func text(_ resource: some FHIRResource) throws -> String {
    let bytes = resource.json()
    XCTAssertEqual(try AnyResource(json: bytes).json(), bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
