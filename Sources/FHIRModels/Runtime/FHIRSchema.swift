/// What the field tables say, for those who walk types they do not know: documentation, tools, tests.
public enum FHIRSchema {
  /// One field of a type; a choice has one for each of its types.
  public struct FieldDescription: Sendable, Equatable {
    /// The name in JSON, such as `deceasedBoolean`.
    public let name: String
    /// The name in the specification without `[x]`, such as `deceased`.
    public let elementName: String
    /// The primitive's or element's name: `date`, `HumanName`, `Patient.contact`; `Resource` for any resource.
    public let typeName: String
    public let isPrimitive: Bool
    public let isList: Bool
    public let isRequired: Bool
    public let isSummary: Bool
    public let isModifier: Bool
    /// Whether an id and extensions may stand beside its value: false for what XML writes as an attribute or as XHTML.
    public let hasSide: Bool
    /// Resource types that a reference may point to; empty means any.
    public let targets: [String]
  }

  /// The names of the resources that this target models.
  public static var resourceTypes: [String] {
    Schema.shared.types.filter { $0.isResource && !$0.pointer.pointee.isAbstract }.map(\.name)
  }

  /// The fields of a type in the order of the specification; nil for a name that is no type.
  public static func fields(of typeName: String) -> [FieldDescription]? {
    Schema.shared.type(named: typeName)?.pointer.pointee.fields.map(FieldDescription.init)
  }
}

extension FHIRSchema.FieldDescription {
  init(_ field: Field) {
    self.init(
      name: field.jsonName, elementName: field.pathName,
      typeName: field.type?.name ?? (field.kind == .resource ? "Resource" : "\(field.kind)"),
      isPrimitive: field.kind.isPrimitive, isList: field.isList, isRequired: field.isRequired,
      isSummary: field.isSummary, isModifier: field.isModifier, hasSide: field.hasSide, targets: field.targets)
  }
}
