// OpenSSL as Swift sees it: the headers, and an inline function for each macro that we call.
#ifndef PASSERELLE_COPENSSL_SHIM_H
#define PASSERELLE_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

// Macros of ssl.h as functions. Each returns what the macro returns.
static inline long copenssl_ctx_set_mode(SSL_CTX *ctx, long mode) { return SSL_CTX_set_mode(ctx, mode); }
static inline int copenssl_ctx_set_minimum_tls12(SSL_CTX *ctx) {
  return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
}
static inline long copenssl_ctx_set_groups(SSL_CTX *ctx, const char *list) {
  return SSL_CTX_set1_groups_list(ctx, list);
}
static inline long copenssl_ctx_disable_session_cache(SSL_CTX *ctx) {
  return SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}
static inline void copenssl_ctx_read_ahead(SSL_CTX *ctx) { SSL_CTX_set_read_ahead(ctx, 1); }
static inline long copenssl_set_server_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, name); }
static inline int copenssl_error_reason(unsigned long error) { return ERR_GET_REASON(error); }

/// Turns off compression, renegotiation and, unless `tickets`, session tickets.
static inline void copenssl_ctx_harden(SSL_CTX *ctx, int tickets) {
  uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION;
  if (!tickets) {
    options |= SSL_OP_NO_TICKET;
    SSL_CTX_set_num_tickets(ctx, 0);
  }
  SSL_CTX_set_options(ctx, options);
}

/// The answer to a client's ALPN offer: "http/1.1" if it is among the offers, else none.
static inline int copenssl_select_http11(SSL *ssl, const unsigned char **chosen, unsigned char *length,
                                         const unsigned char *offers, unsigned int offersLength, void *unused) {
  (void)ssl;
  (void)unused;
  unsigned int at = 0;
  while (at < offersLength && at + 1 + offers[at] <= offersLength) {
    if (offers[at] == 8 && memcmp(offers + at + 1, "http/1.1", 8) == 0) {
      *chosen = offers + at + 1;
      *length = 8;
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + offers[at];
  }
  return SSL_TLSEXT_ERR_NOACK;
}
static inline void copenssl_ctx_select_http11(SSL_CTX *ctx) {
  SSL_CTX_set_alpn_select_cb(ctx, copenssl_select_http11, NULL);
}

/// The subject alternative names of a certificate, to be freed with `GENERAL_NAMES_free`; NULL when it has none.
static inline GENERAL_NAMES *copenssl_alternative_names(const X509 *certificate) {
  return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}
static inline int copenssl_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
/// The type (`GEN_DNS`, `GEN_URI`, `GEN_EMAIL`, `GEN_IPADD`) and the bytes of one name; -1 for any other type.
static inline int copenssl_name_at(const GENERAL_NAMES *names, int index, const unsigned char **bytes, int *length) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  if (name->type != GEN_DNS && name->type != GEN_URI && name->type != GEN_EMAIL && name->type != GEN_IPADD) return -1;
  *bytes = ASN1_STRING_get0_data(name->d.ia5);
  *length = ASN1_STRING_length(name->d.ia5);
  return name->type;
}

/// Whether a certificate says, in an extended key usage of its own, that its holder may be a TLS client.
static inline int copenssl_is_for_clients(X509 *certificate) {
  return (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) &&
         (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT);
}
/// The verify callback of a server: what OpenSSL checks, and that the client's own certificate is made for clients.
static inline int copenssl_verify_client(int fine, X509_STORE_CTX *store) {
  if (!fine || X509_STORE_CTX_get_error_depth(store) != 0) return fine;
  if (copenssl_is_for_clients(X509_STORE_CTX_get_current_cert(store))) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);
  return 0;
}
static inline void copenssl_ctx_verify_client(SSL_CTX *ctx, int required) {
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), copenssl_verify_client);
}
/// Makes every verification of the context look at revocation lists, for the whole chain.
static inline void copenssl_ctx_check_revocation(SSL_CTX *ctx) {
  X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}
/// Writes a distinguished name as RFC 2253 has it.
static inline void copenssl_print_name(BIO *output, const X509_NAME *name) {
  X509_NAME_print_ex(output, name, 0, XN_FLAG_RFC2253);
}
/// An X.509 time as seconds since 1970; 0 when it cannot be read.
static inline int64_t copenssl_unix_seconds(const ASN1_TIME *time) {
  struct tm parts;
  return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

#endif
