// Gives a program that knows no client certificates one: LD_PRELOAD this, with LOAD_CERT and LOAD_KEY naming PEM files.
// Built by Scripts/bench.sh: cc -shared -fPIC client_certificate.c -o client_certificate.so -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*use_file)(void *context, const char *path, int type);

void *SSL_CTX_new(const void *method) {
  void *(*original)(const void *) = dlsym(RTLD_NEXT, "SSL_CTX_new");
  void *context = original(method);
  const char *certificate = getenv("LOAD_CERT"), *key = getenv("LOAD_KEY");
  if (!context || !certificate || !key) return context;
  const int pem = 1;
  if (((use_file)dlsym(RTLD_NEXT, "SSL_CTX_use_certificate_file"))(context, certificate, pem) != 1 ||
      ((use_file)dlsym(RTLD_NEXT, "SSL_CTX_use_PrivateKey_file"))(context, key, pem) != 1) {
    fprintf(stderr, "client_certificate: cannot use %s and %s\n", certificate, key);
    exit(1);
  }
  return context;
}
