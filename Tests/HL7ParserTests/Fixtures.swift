import HL7Parser

/// Messages of our own, with `\r` after each segment.
enum Fixtures {
  static let admit = message([
    #"MSH|^~\&|HIS|RABAT|PASSERELLE|CASA|20260815080000+0200||ADT^A01^ADT_A01|M-1|P|2.5|||AL|NE||UNICODE UTF-8"#,
    "EVN|A01|20260815080000|||17^Idrissi^Nadia",
    #"PID|1||P42^^^RABAT&1.2.504&ISO^MR~BE12^^^CNI^NI||Bénani&van&Bénani^Salma^L^^Dr^^L~Zahra^^^^^^A||19840229|F|||"#
      + #"12 rue d\T\Or^^Casablanca^^20000^MAR^H||+212522000000^PRN^PH~^NET^Internet^salma@example.org|""||M"#,
    "NK1|1|Bénani^Omar|SPO^Spouse^HL70063",
    "NK1|2|Bénani^Lina|CHD",
    #"PV1|1|I|4EST^12^2^RABAT||||17^Idrissi^Nadia|||MED||||||||V-9^^^RABAT^VN"#,
    "IN1|1|AMO^Base|CNSS|Caisse",
    "IN2|EMP-7",
    "IN1|2|MUT^Plus|77|Mutuelle",
    "ZPI|1|local~more|x^y",
  ])

  static let booking = message([
    #"MSH|^~\&|SCHED|CLINIC|PASSERELLE|CASA|20260815081500+0200||SIU^S12^SIU_S12|M-2|P|2.5.1"#,
    "SCH|A-1^SCHED|F-1^CASA||||ROUTINE^Routine|CHECKUP^Check-up|NORMAL|30|min|^^30^20260901093000^20260901100000",
    "PID|1||P42^^^RABAT^MR||Bénani^Salma",
    "RGS|1|A|G1",
    "AIS|1|A|KINE^Physiotherapy^L|20260901093000||MIN|30|min",
    "AIL|1|A|R2^^^CASA",
    "RGS|2|A|G2",
    "AIP|1|A|17^Idrissi^Nadia",
  ])

  static func message(_ segments: [String], terminator: String = "\r") -> [UInt8] {
    Array(segments.map { $0 + terminator }.joined().utf8)
  }

  /// A message with one segment after a plain header.
  static func with(_ segment: String, delimiters: String = #"|^~\&"#, charset: String = "") -> [UInt8] {
    let field = String(delimiters.prefix(1))
    let header = ["MSH" + delimiters, "A", "B", "C", "D", "20260101", "", "ADT^A08", "1", "P", "2.5"]
    let tail = charset.isEmpty ? [] : ["", "", "", "", "", charset]
    return message([(header + tail).joined(separator: field), segment])
  }
}
