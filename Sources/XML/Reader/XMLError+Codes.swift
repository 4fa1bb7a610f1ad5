import CLibXML2

extension XMLError.Code {
  /// The kind of fault that an error number of libxml2 says.
  init(libxml2 number: Int32) {
    self =
      switch xmlParserErrors(UInt32(bitPattern: number)) {
      case XML_ERR_DOCUMENT_END, XML_ERR_TAG_NOT_FINISHED, XML_ERR_GT_REQUIRED, XML_ERR_COMMENT_NOT_FINISHED,
        XML_ERR_CDATA_NOT_FINISHED, XML_ERR_PI_NOT_FINISHED:
        .truncated
      case XML_ERR_DOCUMENT_EMPTY: .empty
      case XML_ERR_INVALID_CHAR, XML_ERR_INVALID_CHARREF: .illegalCharacter
      case XML_ERR_UNDECLARED_ENTITY, XML_WAR_UNDECLARED_ENTITY: .entity
      case XML_NS_ERR_XML_NAMESPACE, XML_NS_ERR_UNDEFINED_NAMESPACE, XML_NS_ERR_QNAME,
        XML_NS_ERR_ATTRIBUTE_REDEFINED, XML_NS_ERR_EMPTY, XML_NS_ERR_COLON:
        .namespace
      default: .malformed
      }
  }
}
