internal import ClinicModel

/// What the generator must know of the clinic it fills.
struct SeedClinic {
  let clinicID: String
  let slug: String
  let country: String
  let timeZone: String
  let currency: String
  let taxRegime: TaxRegime
  let region: String?
  var practitioners: [String]
  var rooms: [String]
  var payers: [String]
}

/// Makes patient number `n` of a clinic, always the same one, with visits, invoices and payments.
struct PatientGenerator {
  let clinic: SeedClinic
  let names: SampleNames
  let acts: [SampleAct]
  let salt: UInt64
  /// The Monday in the middle of the samples' time: visits reach from 92 weeks before it to 12 weeks after.
  static let referenceMonday = CalendarDate(year: 2026, month: 11, day: 2)?.daysSinceEpoch ?? 0

  init(_ clinic: SeedClinic) {
    self.clinic = clinic
    names = .forCountry(clinic.country)
    acts = SampleAct.forCountry(clinic.country)
    // FNV-1a: a number for the slug that never changes.
    salt = clinic.slug.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  func add(_ number: Int, to batch: inout SeedBatch) throws(ClinicValueError) {
    var random = SeedRandom(salt, UInt64(number))
    let id = random.uuid()
    let isWoman = random.chance(percent: 52)
    let family = random.pick(names.families)
    let given = random.pick(isWoman ? names.women : names.men)
    let phone = names.phonePrefix + random.digits(8)
    let city = random.pick(names.cities)
    let email = random.chance(percent: 70) ? "p\(number).\(clinic.slug)@example.org" : nil
    let precision: CalendarDate.Precision = number % 97 == 96 ? .year : .day
    batch.patient.add(
      clinic.clinicID, id, timestamp(day: -700 + number % 600, minute: number % 1440), family, "{\"\(given)\"}",
      isWoman ? "female" : "male", birthDate(&random, precision), precision.rawValue, phone, email, names.language,
      "{\"\(1 + random.below(180)) \(random.pick(names.streets))\"}", city.0, city.1, clinic.country,
      clinic.practitioners[number % clinic.practitioners.count])
    addIdentifiers(number, of: id, isWoman, &random, to: &batch)
    if number % 3 == 0 {
      batch.telecom.add(
        clinic.clinicID, random.uuid(), id, "phone", names.phonePrefix + random.digits(8), "work", "2")
    }
    if number % 4 == 0 {
      batch.contact.add(
        clinic.clinicID, random.uuid(), id, "http://terminology.hl7.org/CodeSystem/v2-0131", "C", "Emergency Contact",
        family, "{\"\(random.pick(isWoman ? names.men : names.women))\"}", names.phonePrefix + random.digits(8))
    }
    let coverage = addCoverage(number, of: id, &random, to: &batch)
    for visit in 0..<(1 + number % 3) {
      try addVisit(visit, patient: number, id, coverage, &random, to: &batch)
    }
  }

  private func birthDate(_ random: inout SeedRandom, _ precision: CalendarDate.Precision) -> String {
    let day = CalendarDate(daysSinceEpoch: -12_000 + random.below(31_000))
    guard let day else { return "1970-01-01" }
    return precision == .year ? CalendarDate(year: day.year)?.dayText ?? day.dayText : day.dayText
  }

  private func addIdentifiers(
    _ number: Int, of id: String, _ isWoman: Bool, _ random: inout SeedRandom, to batch: inout SeedBatch
  ) {
    let type = SampleClinic.System.identifierType
    batch.identifier.add(
      clinic.clinicID, random.uuid(), "patient", id, SampleClinic.System.record(clinic.slug),
      padded(number + 1, 8), type, "MR", "usual")
    let national =
      clinic.country == "FR"
      ? (SampleClinic.System.ins, (isWoman ? "2" : "1") + random.digits(5) + padded(number, 7) + random.digits(2))
      : (SampleClinic.System.cin, "BE" + padded(number + 100_000, 6))
    batch.identifier.add(
      clinic.clinicID, random.uuid(), "patient", id, national.0, national.1, type, "NI", "official")
  }

  /// Four patients in five are covered; every fourth of them by the second payer.
  private func addCoverage(
    _ number: Int, of id: String, _ random: inout SeedRandom, to batch: inout SeedBatch
  ) -> (payer: String, rate: Quantity)? {
    guard number % 5 != 4, !clinic.payers.isEmpty, let rate = Quantity(number % 2 == 0 ? 70 : 80) else { return nil }
    let payer = clinic.payers[number % 4 == 3 ? clinic.payers.count - 1 : 0]
    batch.coverage.add(
      clinic.clinicID, random.uuid(), id, payer, "A" + padded(number + 1, 9),
      "http://terminology.hl7.org/CodeSystem/subscriber-relationship", "self", "1", rate.description, "2020-01-01")
    return (payer, rate)
  }

  /// A moment for columns, `day` days from the reference Monday.
  func timestamp(day: Int, minute: Int) -> String {
    let date = CalendarDate(daysSinceEpoch: Self.referenceMonday + day)?.dayText ?? "2026-11-02"
    return "\(date) \(padded(minute / 60, 2)):\(padded(minute % 60, 2)):00 \(clinic.timeZone)"
  }

  func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}
