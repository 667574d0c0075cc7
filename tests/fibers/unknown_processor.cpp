// As on a processor whose thread pointer is not known here.
#include <nmr/platform/config.hpp>

#undef __x86_64__
#undef __i386__
#undef __aarch64__
#include <nmr/platform/thread_pointer.hpp>
