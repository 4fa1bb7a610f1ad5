// libpq as Swift sees it.
#ifndef PASSERELLE_CPOSTGRES_SHIM_H
#define PASSERELLE_CPOSTGRES_SHIM_H
#include <libpq-fe.h>
#endif
