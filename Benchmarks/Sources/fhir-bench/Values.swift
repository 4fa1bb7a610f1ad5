import FHIRModels

// What the generated readers do with a value: they take its text or number, so that nothing can be left unread.

extension String {
  func read(_ sum: inout Int) { sum &+= utf8.count }
}

extension Bool {
  func read(_ sum: inout Int) { sum &+= self ? 1 : 2 }
}

extension Int {
  func read(_ sum: inout Int) { sum &+= self }
}

extension FHIRCode {
  func read(_ sum: inout Int) { sum &+= rawValue.utf8.count }
}

extension FHIRDecimal {
  func read(_ sum: inout Int) { sum &+= text.utf8.count }
}

extension FHIRDate {
  func read(_ sum: inout Int) { sum &+= text.utf8.count }
}

extension FHIRDateTime {
  func read(_ sum: inout Int) { sum &+= text.utf8.count }
}

extension FHIRInstant {
  func read(_ sum: inout Int) { sum &+= text.utf8.count }
}

extension FHIRTime {
  func read(_ sum: inout Int) { sum &+= text.utf8.count }
}
