internal import ClinicModel

/// A sample clinic: who it is, who works there, what it charges. All of it is invented.
struct SampleClinic {
  struct Person {
    let family: String
    let given: String
    let gender: String
    /// The system and value of the professional number.
    let number: String
  }

  let clinicID: String
  let slug: String
  let name: String
  let country: String
  let timeZone: String
  let currency: String
  let locale: String
  let taxRegime: TaxRegime
  let phone: String
  let line: String
  let city: String
  let postalCode: String
  /// System and value.
  let identifiers: [(String, String)]
  let professionalSystem: String
  /// SNOMED CT code and display of the practitioners' specialty.
  let specialty: Code
  let staff: [Person]
  let rooms: [String]
  /// Name and kind.
  let payers: [(String, PayerKind)]

  static let all = [casablanca, paris]

  static let casablanca = SampleClinic(
    clinicID: "5a1c2f00-0001-4c00-8000-00000000ca5a", slug: "casablanca",
    name: "Cabinet de kinésithérapie Anfa", country: "MA", timeZone: "Africa/Casablanca", currency: "MAD",
    locale: "fr-MA", taxRegime: .morocco, phone: "+212522000001", line: "12 rue des Orangers", city: "Casablanca",
    postalCode: "20250", identifiers: [(System.ice, "001234567000089"), (System.inpe, "090000001")],
    professionalSystem: System.inpe,
    specialty: Code(system: System.snomed, code: "722138006", display: "Physiotherapist"),
    staff: [
      Person(family: "Benkirane", given: "Leïla", gender: "female", number: "091000011"),
      Person(family: "Tahiri", given: "Yassine", gender: "male", number: "091000012"),
      Person(family: "Oudghiri", given: "Hanane", gender: "female", number: "091000013"),
    ],
    rooms: ["Salle 1", "Salle 2", "Plateau technique"],
    payers: [("AMO – régime obligatoire (exemple)", .public), ("Mutuelle Atlas (exemple)", .mutual)])

  static let paris = SampleClinic(
    clinicID: "5a1c2f00-0002-4c00-8000-00000000fa15", slug: "paris", name: "Cabinet dentaire des Lilas",
    country: "FR", timeZone: "Europe/Paris", currency: "EUR", locale: "fr-FR", taxRegime: .france,
    phone: "+33140000001", line: "48 rue des Lilas", city: "Paris", postalCode: "75020",
    identifiers: [(System.siren, "732829320"), (System.vat, "FR44732829320")], professionalSystem: System.rpps,
    specialty: Code(system: System.snomed, code: "106289002", display: "Dentist"),
    staff: [
      Person(family: "Delacroix", given: "Mathilde", gender: "female", number: "10000000011"),
      Person(family: "Roussel", given: "Grégoire", gender: "male", number: "10000000029"),
      Person(family: "Sabatier", given: "Nora", gender: "female", number: "10000000037"),
    ],
    rooms: ["Fauteuil 1", "Fauteuil 2", "Radiologie"],
    payers: [("Assurance maladie (exemple)", .public), ("Mutuelle des Sources (exemple)", .mutual)])

  /// Identifier systems of the samples.
  enum System {
    static let snomed = "http://snomed.info/sct"
    static let ice = "urn:passerelle:ma:ice"
    static let inpe = "urn:passerelle:ma:inpe"
    static let cin = "urn:passerelle:ma:cin"
    static let siren = "urn:oid:1.2.250.1.24.3.1"
    static let vat = "urn:passerelle:eu:vat"
    static let rpps = "urn:oid:1.2.250.1.71.4.2.1"
    static let ins = "urn:oid:1.2.250.1.213.1.4.10"
    static let member = "urn:passerelle:member"
    static let identifierType = "http://terminology.hl7.org/CodeSystem/v2-0203"

    /// A clinic's own patient numbers.
    static func record(_ slug: String) -> String { "urn:passerelle:\(slug):mrn" }
  }
}

/// What a visit is charged: one act of care, now and then something that is not care.
struct SampleAct {
  let code: String
  let text: String
  let price: Quantity
  let isCare: Bool

  private init(_ code: String, _ text: String, cents: Int64, isCare: Bool = true) {
    self.code = code
    self.text = text
    price = Quantity(millionths: cents * 10_000)
    self.isCare = isCare
  }

  static func forCountry(_ country: String) -> [SampleAct] { country == "FR" ? dental : physiotherapy }

  static let physiotherapy = [
    SampleAct("REED-G", "Séance de rééducation générale", cents: 20_000),
    SampleAct("REED-R", "Séance de rééducation respiratoire", cents: 22_000),
    SampleAct("MASS-T", "Massage thérapeutique", cents: 17_500),
    SampleAct("BILAN", "Bilan kinésithérapique", cents: 30_000),
  ]

  static let dental = [
    SampleAct("CONS", "Consultation", cents: 2_300),
    SampleAct("DETART", "Détartrage", cents: 4_338),
    SampleAct("OBT-2F", "Obturation, deux faces", cents: 5_039),
    SampleAct("RADIO", "Radiographie rétroalvéolaire", cents: 798),
    SampleAct("BLANCH", "Éclaircissement dentaire", cents: 29_167, isCare: false),
    SampleAct("GOUT-E", "Gouttière esthétique", cents: 12_495, isCare: false),
  ]
}
