import CLibXML2

/// Makes libxml2 parsers that can do nothing but parse: no document type, no entity, no network, no file, no XInclude.
enum XMLParserSetup {
  /// `xmlInitParser` once a process, before two threads could race to it.
  private static let isInitialized: Bool = {
    xmlInitParser()
    return true
  }()

  /// A push parser over UTF-8 that reports to `sink`; the caller frees it and keeps `sink` alive meanwhile.
  static func makeContext(reportingTo sink: XMLEventSink) -> xmlParserCtxtPtr? {
    guard isInitialized else { return nil }
    var handler = makeHandler()
    let context = xmlCreatePushParserCtxt(&handler, Unmanaged.passUnretained(sink).toOpaque(), nil, 0, nil)
    guard let context else { return nil }
    // NOENT here only resolves the five predefined entities and character references in attribute values (without it
    // `&amp;` arrives as `&#38;`): no other entity can exist, since a document type stops the parser. HUGE lifts
    // libxml2's own fixed limits; `XMLLimits` stand in their place.
    let options =
      XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue | XML_PARSE_IGNORE_ENC.rawValue
      | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue | XML_PARSE_HUGE.rawValue
    xmlCtxtUseOptions(context, Int32(bitPattern: options))
    xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8)
    return context
  }

  /// Makes a parser that came to the end of a document as new; false when it has no memory for that.
  static func reset(_ context: xmlParserCtxtPtr) -> Bool {
    guard xmlCtxtResetPush(context, nil, 0, nil, nil) == 0 else { return false }
    // Of the namespaces that were open libxml2 resets all but the count.
    context.pointee.nsNr = 0
    xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8)
    return true
  }

  private static func sink(_ pointer: UnsafeMutableRawPointer?) -> XMLEventSink? {
    pointer.map { Unmanaged<XMLEventSink>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func makeHandler() -> xmlSAXHandler {
    var handler = xmlSAXHandler()
    handler.initialized = 0xDEED_BEAF  // XML_SAX2_MAGIC, a macro that Swift does not see
    handler.startElementNs = { user, name, _, uri, namespaces, _, attributes, _, values in
      guard let name else { return }
      XMLParserSetup.sink(user)?.buffer
        .startElement(name, uri, namespaces: Int(namespaces), Int(attributes), values)
    }
    handler.endElementNs = { user, name, _, uri in
      guard let name else { return }
      XMLParserSetup.sink(user)?.buffer.endElement(name, uri)
    }
    handler.characters = { user, characters, count in
      guard let characters else { return }
      XMLParserSetup.sink(user)?.buffer.text(characters, Int(count))
    }
    handler.ignorableWhitespace = handler.characters
    handler.cdataBlock = handler.characters
    handler.serror = { user, error in
      guard let error else { return }
      let isFatal = error.pointee.level == XML_ERR_FATAL
      XMLParserSetup.sink(user)?.buffer.fault(error.pointee.code, isFatal: isFatal, error.pointee.message)
    }
    handler.internalSubset = { user, _, _, _ in
      XMLParserSetup.sink(user)?.buffer.refuse(
        .doctype, "a document type declaration is not accepted; remove <!DOCTYPE …>")
    }
    handler.getEntity = { user, name in
      guard let name else { return nil }
      // libxml2 resolves the five predefined entities itself and asks only for others.
      let text = String(cString: name)
      XMLParserSetup.sink(user)?.buffer
        .refuse(.entity, "the entity '&\(text.prefix(40));' is not defined; write the character itself")
      return nil
    }
    return handler
  }
}
