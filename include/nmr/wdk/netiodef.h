#pragma once
/// NPIID and NPI_MODULEID, and who Windows' own network modules are. These are constants of the one unit that defines
/// NMR_WDK_IMPLEMENTATION and includes this; a program may define its own instead.
#include <nmr/wdk/ifdef.h>
#include <nmr/wdk/netioddk.h>

NMR_WDK_CONSTANT(NPI_MODULEID, NPI_MS_IPV4_MODULEID);
NMR_WDK_CONSTANT(NPI_MODULEID, NPI_MS_IPV6_MODULEID);
NMR_WDK_CONSTANT(NPI_MODULEID, NPI_MS_UDP_MODULEID);
NMR_WDK_CONSTANT(NPI_MODULEID, NPI_MS_TCP_MODULEID);
NMR_WDK_CONSTANT(NPI_MODULEID, NPI_MS_NDIS_MODULEID);

#if defined(NMR_WDK_IMPLEMENTATION)
#define NMR_WDK_MS_MODULEID(name, number) \
  const NPI_MODULEID name = {             \
      sizeof(NPI_MODULEID),               \
      MIT_GUID,                           \
      {{0xeb004a00u + (number), 0x9b1a, 0x11d4, {0x91, 0x23, 0x00, 0x50, 0x04, 0x77, 0x59, 0xbc}}}}
NMR_WDK_MS_MODULEID(NPI_MS_IPV4_MODULEID, 0x00);
NMR_WDK_MS_MODULEID(NPI_MS_IPV6_MODULEID, 0x01);
NMR_WDK_MS_MODULEID(NPI_MS_UDP_MODULEID, 0x02);
NMR_WDK_MS_MODULEID(NPI_MS_TCP_MODULEID, 0x03);
NMR_WDK_MS_MODULEID(NPI_MS_NDIS_MODULEID, 0x11);
#undef NMR_WDK_MS_MODULEID
#endif
