/* What LLVM's C++ library, as it is built for glibc, asks of the C library and musl does not have. */
#define _GNU_SOURCE
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void* __dso_handle = 0;

int __fprintf_chk(FILE* file, int flag, const char* format, ...) {
  va_list arguments;
  (void)flag;
  va_start(arguments, format);
  const int written = vfprintf(file, format, arguments);
  va_end(arguments);
  return written;
}
int __vfprintf_chk(FILE* file, int flag, const char* format, va_list arguments) {
  (void)flag;
  return vfprintf(file, format, arguments);
}
int __vsnprintf_chk(char* to, size_t room, int flag, size_t size, const char* format, va_list arguments) {
  (void)flag;
  (void)size;
  return vsnprintf(to, room, format, arguments);
}
int __vasprintf_chk(char** to, int flag, const char* format, va_list arguments) {
  (void)flag;
  return vasprintf(to, format, arguments);
}
long long strtoll_l(const char* text, char** end, int base, locale_t locale) {
  (void)locale;
  return strtoll(text, end, base);
}
unsigned long long strtoull_l(const char* text, char** end, int base, locale_t locale) {
  (void)locale;
  return strtoull(text, end, base);
}
/* Thread-local objects stay when their thread ends: the tests' own threads have none. */
int __cxa_thread_atexit_impl(void (*destroy)(void*), void* object, void* image) {
  (void)destroy;
  (void)object;
  (void)image;
  return 0;
}
