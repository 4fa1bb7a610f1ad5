/// Every function of the language and of FHIR's additions. The raw value is its name.
enum PathFunction: String, Sendable {
  // Existence (FHIRPath 2.0, 5.1)
  case empty, exists, all, allTrue, anyTrue, allFalse, anyFalse, subsetOf, supersetOf, count, distinct, isDistinct
  // Filtering and projection (5.2)
  case `where`, select, `repeat`
  // Subsetting (5.3)
  case single, first, last, tail, skip, take, intersect, exclude
  // Combining (5.4)
  case union, combine
  // Conversion (5.5)
  case iif, toBoolean, convertsToBoolean, toInteger, convertsToInteger, toDate, convertsToDate, toDateTime
  case convertsToDateTime, toDecimal, convertsToDecimal, toQuantity, convertsToQuantity, toString, convertsToString
  case toTime, convertsToTime
  // Text (5.6)
  case indexOf, lastIndexOf, substring, startsWith, endsWith, contains, upper, lower, replace, length
  case toChars, trim, split, join, matches, matchesFull, replaceMatches, encode, decode, escape, unescape
  // Numbers (5.7)
  case abs, ceiling, exp, floor, ln, log, power, round, sqrt, truncate
  // The tree (5.8)
  case children, descendants
  // Utilities (5.9), logic, types, aggregates
  case trace, now, timeOfDay, today, not, type, aggregate, precision, comparable, lowBoundary, highBoundary, sort
  // FHIR's own (R4, "FHIRPath")
  case `extension`, hasValue, getValue, resolve, memberOf, subsumes, subsumedBy, conformsTo, htmlChecks
  case checkModifiers, elementDefinition, slice

  /// How many arguments it takes.
  var arguments: ClosedRange<Int> {
    switch self {
    case .exists, .round, .join, .toQuantity, .convertsToQuantity, .lowBoundary, .highBoundary: 0...1
    case .all, .subsetOf, .supersetOf, .where, .select, .repeat, .skip, .take, .intersect, .exclude, .union, .combine,
      .indexOf, .lastIndexOf, .startsWith, .endsWith, .contains, .split, .log, .power, .comparable, .extension,
      .memberOf, .subsumes, .subsumedBy, .conformsTo, .matches, .matchesFull, .encode, .decode, .escape, .unescape:
      1...1
    case .substring, .trace, .aggregate: 1...2
    case .replace, .replaceMatches, .slice: 2...2
    case .iif: 2...3
    case .sort, .checkModifiers: 0...16
    default: 0...0
    }
  }

  var argumentsText: String {
    let (least, most) = (arguments.lowerBound, arguments.upperBound)
    let number = least == most ? "\(most)" : "\(least) to \(most)"
    return most == 0 ? "no argument" : most == 1 && least == 1 ? "1 argument" : "\(number) arguments"
  }
}
