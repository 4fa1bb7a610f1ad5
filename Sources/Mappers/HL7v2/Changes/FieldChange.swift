/// What a message says about one field of a record: HL7's difference between absent and null (chapter 2.5.3).
public enum FieldChange<Value> {
  /// Nothing was sent: the record keeps what it holds.
  case leave
  /// `""` was sent: the record shall hold nothing.
  case clear
  case set(Value)
  /// For where the record holds nothing yet, as when it is created; otherwise the same as `leave`.
  case fill(Value)

  /// What the field holds after the change.
  public func applied(to current: Value?) -> Value? {
    switch self {
    case .leave: current
    case .clear: nil
    case .set(let value): value
    case .fill(let value): current ?? value
    }
  }

  /// What a field that always holds something holds after the change, `empty` being its nothing.
  public func applied(to current: Value, empty: Value) -> Value {
    switch self {
    case .leave, .fill: current
    case .clear: empty
    case .set(let value): value
    }
  }

  /// What a new record holds.
  public var initial: Value? { applied(to: nil) }

  /// Nothing can change.
  public var isLeave: Bool {
    if case .leave = self { true } else { false }
  }

  /// What a record holds already does not matter.
  public var replaces: Bool {
    switch self {
    case .clear, .set: true
    case .leave, .fill: false
    }
  }

  public func map<Other>(_ transform: (Value) -> Other) -> FieldChange<Other> {
    switch self {
    case .leave: .leave
    case .clear: .clear
    case .set(let value): .set(transform(value))
    case .fill(let value): .fill(transform(value))
    }
  }
}

extension FieldChange: Sendable where Value: Sendable {}
extension FieldChange: Equatable where Value: Equatable {}
