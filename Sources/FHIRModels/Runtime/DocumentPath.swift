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

  /// The FHIRPath, or nil where no type is known yet.
  var expression: String? {
    if root.isEmpty { return nil }
    var text = root
    for number in 0..<steps.count {
      let step = steps[number]
      text += "." + step.field.pointee.pathName
      if step.index >= 0 { text += "[\(step.index)]" }
    }
    return text
  }
}
