import Gateway

/// Every command that this program can run. A new one is its declaration, its body in a file of its own, and one line
/// here.
enum Commands {
  static let all: [Command] = [
    Command(.serve, ServeCommand.run),
    Command(.demo, DemoCommands.run),
    Command(.demoInvoice, DemoCommands.invoice),
    Command(.demoAnswer, DemoCommands.answer),
    Command(.migrate, MigrateCommand.run),
    Command(.seed, SeedCommand.run),
    Command(.partnerAdd, PartnerCommands.add),
    Command(.partnerUpdate, PartnerCommands.update),
    Command(.partnerList, PartnerCommands.list),
    Command(.partnerShow, PartnerCommands.show),
    Command(.partnerDisable, PartnerCommands.disable),
    Command(.partnerEnable, PartnerCommands.enable),
    Command(.keyCreate, KeyCommands.create),
    Command(.keyList, KeyCommands.list),
    Command(.keyRevoke, KeyCommands.revoke),
    Command(.secretCreate, SecretCommands.create),
    Command(.secretRetire, SecretCommands.retire),
    Command(.hl7Parse, HL7Inspection.parse),
    Command(.hl7Validate, HL7Inspection.validate),
    Command(.hl7ToXML, HL7Inspection.toXML),
    Command(.hl7FromXML, HL7Inspection.fromXML),
    Command(.hl7Send, HL7SendCommand.run),
    Command(.hl7Listen, HL7ListenCommand.run),
    Command(.fhirCheck, FHIRCommands.check),
    Command(.fhirValidate, FHIRCommands.validate),
    Command(.fhirConvert, FHIRCommands.convert),
    Command(.fhirPath, FHIRCommands.path),
    Command(.messagesList, MessageCommands.list),
    Command(.messagesShow, MessageCommands.show),
    Command(.messagesReprocess, MessageCommands.reprocess),
    Command(.deliveriesList, DeliveryCommands.list),
    Command(.deliveriesShow, DeliveryCommands.show),
    Command(.deliveriesRetry, DeliveryCommands.retry),
    Command(.doctor, DoctorCommand.run),
    Command(.configCheck, ConfigCommands.check),
    Command(.configKeys, ConfigCommands.keys),
  ]
}
