#define CATCH_CONFIG_MAIN
// Signal handlers want POSIX, which WebAssembly lacks; the sanitizers bring their own.
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#include "support/catch.hpp"
