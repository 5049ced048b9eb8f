#ifndef SILLAGE_CCRYPTO_H
#define SILLAGE_CCRYPTO_H

#include <openssl/evp.h>

#endif
