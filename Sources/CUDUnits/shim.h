#ifndef SILLAGE_CUDUNITS_H
#define SILLAGE_CUDUNITS_H

#include <udunits2.h>

// Errors are reported by status; the library must not print on the user's terminal.
static inline void sillage_ut_silence(void) { ut_set_error_message_handler(ut_ignore); }

#endif
