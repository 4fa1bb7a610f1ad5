import Gateway

/// Every command that this program can run. A new one is its declaration, its body in a file of its own, and one line
/// here.
enum Commands {
  static let all: [Command] = [
    Command(.configCheck, ConfigCommands.check),
    Command(.configKeys, ConfigCommands.keys),
  ]
}
