/// Where in a document a reader is. Written at every member, spelled out only when something is wrong.
struct DocumentPath: ~Copyable {
  struct Step {
    let field: UnsafeMutablePointer<Field>
    var index: Int
  }

  /// The name of the outermost type.
  var root = ""
  private var steps = Stack<Step>()

  var count: Int { steps.count }

  @inline(__always)
  mutating func push(_ field: UnsafeMutablePointer<Field>) { steps.append(Step(field: field, index: -1)) }

  @inline(__always)
  mutating func pop() { _ = steps.removeLast() }

  /// The item of the innermost field that is being read; -1 for none.
  var index: Int {
    get { steps.count > 0 ? steps[steps.count &- 1].index : -1 }
    set { if steps.count > 0 { steps[steps.count &- 1].index = newValue } }
  }

  /// Whether the innermost step leads from one extension into another.
  var isInsideExtension: Bool {
    guard steps.count > 1, steps[steps.count - 1].field.pointee.pathName == "extension" else { return false }
    return ["extension", "modifierExtension"].contains(steps[steps.count - 2].field.pointee.pathName)
  }

  /// What definitions call the element around the innermost step: `Patient.contact.name`, `HumanName` and their like.
  /// `resource` is the type of the innermost resource.
  func namesOfHolder(in resource: String) -> [String] {
    var names = [resource]
    for place in holders {
      let field = steps[place].field
      names = names.map { "\($0).\(field.pointee.pathName)" } + [field.pointee.typeName]
    }
    return names
  }

  /// The place of the element around the innermost step, in the innermost resource, whose type is `resource`.
  func placeOfHolder(in resource: String) -> String {
    var text = resource
    for place in holders { text += DocumentPath.text(of: steps[place]) }
    return text
  }

  /// The steps between the innermost resource and the innermost step.
  private var holders: Range<Int> {
    let end = max(steps.count - 1, 0)
    var start = 0
    for place in 0..<end where steps[place].field.pointee.kind == .resource { start = place + 1 }
    return start..<end
  }

  private static func text(of step: Step) -> String {
    let name = "." + step.field.pointee.pathName
    return step.index >= 0 ? "\(name)[\(step.index)]" : name
  }

  /// The FHIRPath, or nil where no type is known yet.
  var expression: String? {
    if root.isEmpty { return nil }
    var text = root
    for number in 0..<steps.count {
      text += DocumentPath.text(of: steps[number])
    }
    return text
  }
}
