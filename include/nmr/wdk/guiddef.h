#pragma once
/// GUIDs: the type, their definition and comparison, for C and C++.
#include <stdint.h>
#include <string.h>
#include <nmr/wdk/language.h>

typedef struct _GUID {
  uint32_t Data1;
  uint16_t Data2;
  uint16_t Data3;
  uint8_t Data4[8];
} GUID;
typedef GUID* LPGUID;
typedef const GUID* LPCGUID;
typedef GUID IID;
typedef GUID CLSID;

C_ASSERT(sizeof(GUID) == 16);
C_ASSERT(offsetof(GUID, Data2) == 4 && offsetof(GUID, Data3) == 6 && offsetof(GUID, Data4) == 8);

// A declaration; or, in a file that says INITGUID before it includes this one, a definition. Two files of a program
// may both define the same one.
#define NMR_WDK_DECLARE_GUID(name) EXTERN_C const GUID name
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
  NMR_WDK_DECLARE_GUID(name);                                        \
  const GUID DECLSPEC_SELECTANY name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) NMR_WDK_DECLARE_GUID(name)
#endif

#ifdef __cplusplus
typedef const GUID& REFGUID;
NMR_WDK_IN_LINE bool InlineIsEqualGUID(REFGUID one, REFGUID other) {
  return memcmp(&one, &other, sizeof(GUID)) == 0;
}
NMR_WDK_IN_LINE bool IsEqualGUID(REFGUID one, REFGUID other) { return InlineIsEqualGUID(one, other); }
NMR_WDK_IN_LINE bool operator==(REFGUID one, REFGUID other) { return InlineIsEqualGUID(one, other); }
#else
typedef const GUID* REFGUID;
NMR_WDK_IN_LINE int InlineIsEqualGUID(REFGUID one, REFGUID other) {
  return memcmp(one, other, sizeof(GUID)) == 0;
}
NMR_WDK_IN_LINE int IsEqualGUID(REFGUID one, REFGUID other) { return InlineIsEqualGUID(one, other); }
#endif
#define IsEqualIID(one, other) IsEqualGUID(one, other)
#define IsEqualCLSID(one, other) IsEqualGUID(one, other)
