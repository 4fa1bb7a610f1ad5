// libxml2 as Swift sees it. Only the target XML may import this module.
#ifndef PASSERELLE_CLIBXML2_SHIM_H
#define PASSERELLE_CLIBXML2_SHIM_H
#include <libxml/xmlversion.h>
// Debian's libxml2 is built with ICU, whose headers then clash with the ICU that Foundation carries. Only the tail of
// xmlCharEncodingHandler depends on it, which nothing here touches.
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#endif
