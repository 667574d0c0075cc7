/* Code in C that uses what the file in C++ defines: a module of each kind, and rundown protection. */
#include <netioddk.h>

/* One name for each language that this is compiled as. */
#if __STDC_VERSION__ > 201112L
#define NMR_TEST_NAMES nmr_test_names_in_c_17
#else
#define NMR_TEST_NAMES nmr_test_names_in_c_11
#endif

int NMR_TEST_NAMES(void);

static const NPIID kNpi = {0xc0, 0x11, 0x17, {1, 2, 3, 4, 5, 6, 7, 8}};
static const NPI_MODULEID kById = {sizeof(NPI_MODULEID), MIT_GUID, {{1, 2, 3, {4}}}};
static const NPI_MODULEID kByLuid = {sizeof(NPI_MODULEID), MIT_IF_LUID, {.IfLuid = {1, 2}}};

static NPI_CLIENT_ATTACH_PROVIDER_FN attach_provider;
static NPI_CLIENT_DETACH_PROVIDER_FN detach_provider;
static NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN clean_up_client;
static NPI_PROVIDER_ATTACH_CLIENT_FN attach_client;
static NPI_PROVIDER_DETACH_CLIENT_FN detach_client;
static NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN clean_up_provider;

typedef struct {
  HANDLE binding;
  PVOID peer;
  const void* dispatch;
  int cleaned_up;
} SIDE;
static SIDE client_side;
static SIDE provider_side;

static NTSTATUS attach_provider(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance) {
  SIDE* side = context;
  side->binding = binding;
  if (!NmrIsEqualNpiModuleId(instance->ModuleId, &kByLuid)) return STATUS_NOINTERFACE;
  return NmrClientAttachProvider(binding, side, &kNpi, &side->peer, &side->dispatch);
}
static NTSTATUS detach_provider(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  return STATUS_PENDING;
}
static void clean_up_client(PVOID context) { ((SIDE*)context)->cleaned_up = 1; }

static NTSTATUS attach_client(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance, PVOID client,
                              const void* dispatch, PVOID* own_context, const void** own_dispatch) {
  SIDE* side = context;
  if (instance->Number != 5) return STATUS_NOINTERFACE;
  side->binding = binding;
  side->peer = client;
  side->dispatch = dispatch;
  *own_context = side;
  *own_dispatch = &kById;
  return STATUS_SUCCESS;
}
static NTSTATUS detach_client(PVOID context) {
  UNREFERENCED_PARAMETER(context);
  return STATUS_PENDING;
}
static void clean_up_provider(PVOID context) { ((SIDE*)context)->cleaned_up = 1; }

static const NPI_CLIENT_CHARACTERISTICS client = {
    0,
    sizeof(NPI_CLIENT_CHARACTERISTICS),
    attach_provider,
    detach_provider,
    clean_up_client,
    {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, &kById, 5, NULL},
};
static const NPI_PROVIDER_CHARACTERISTICS provider = {
    0,
    sizeof(NPI_PROVIDER_CHARACTERISTICS),
    attach_client,
    detach_client,
    clean_up_provider,
    {0, sizeof(NPI_REGISTRATION_INSTANCE), &kNpi, &kByLuid, 0, NULL},
};

#define EXPECT(condition) \
  if (!(condition)) return __LINE__

static int registrar(void) {
  HANDLE uses = NULL;
  HANDLE provides = NULL;
  PNPI_CLIENT_ATTACH_PROVIDER_FN of_client = client.ClientAttachProvider;
  PNPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN of_provider = provider.ProviderCleanupBindingContext;
  EXPECT(of_client == attach_provider && of_provider == clean_up_provider);
  EXPECT(NmrRegisterClient(&client, &client_side, &uses) == STATUS_SUCCESS);
  EXPECT(NmrRegisterProvider(&provider, &provider_side, &provides) == STATUS_SUCCESS);
  EXPECT(client_side.peer == &provider_side && client_side.dispatch == &kById);
  EXPECT(provider_side.peer == &client_side && provider_side.dispatch == &kNpi);
  EXPECT(NmrDeregisterProvider(provides) == STATUS_PENDING);
  NmrClientDetachProviderComplete(client_side.binding);
  EXPECT(!client_side.cleaned_up);
  NmrProviderDetachClientComplete(provider_side.binding);
  EXPECT(client_side.cleaned_up && provider_side.cleaned_up);
  EXPECT(NmrWaitForProviderDeregisterComplete(provides) == STATUS_SUCCESS);
  EXPECT(NmrDeregisterClient(uses) == STATUS_PENDING);
  EXPECT(NmrWaitForClientDeregisterComplete(uses) == STATUS_SUCCESS);
  return 0;
}

static int rundown(void) {
  static EX_RUNDOWN_REF zeros;
  EX_RUNDOWN_REF ref;
  ExInitializeRundownProtection(&ref);
  EXPECT(ExAcquireRundownProtection(&zeros) && ExAcquireRundownProtectionEx(&ref, 2));
  ExReleaseRundownProtection(&zeros);
  ExReleaseRundownProtectionEx(&ref, 2);
  ExWaitForRundownProtectionRelease(&ref);
  ExRundownCompleted(&ref);
  EXPECT(!ExAcquireRundownProtection(&ref));
  ExReInitializeRundownProtection(&ref);
  EXPECT(ExAcquireRundownProtection(&ref));
  return 0;
}

static int cache_aware(PEX_RUNDOWN_REF_CACHE_AWARE ref) {
  EXPECT(ExAcquireRundownProtectionCacheAware(ref) && ExAcquireRundownProtectionCacheAwareEx(ref, 2));
  ExReleaseRundownProtectionCacheAware(ref);
  ExReleaseRundownProtectionCacheAwareEx(ref, 2);
  ExWaitForRundownProtectionReleaseCacheAware(ref);
  ExRundownCompletedCacheAware(ref);
  EXPECT(!ExAcquireRundownProtectionCacheAware(ref));
  ExReInitializeRundownProtectionCacheAware(ref);
  EXPECT(ExAcquireRundownProtectionCacheAware(ref));
  ExReleaseRundownProtectionCacheAware(ref);
  return 0;
}

/* Returns 0, or the line that was not as it should be. */
int NMR_TEST_NAMES(void) {
  static unsigned char memory[1 << 16];
  PEX_RUNDOWN_REF_CACHE_AWARE ref = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1);
  int line = registrar();
  if (line == 0) line = rundown();
  if (line == 0) line = cache_aware(ref);
  ExFreeCacheAwareRundownProtection(ref);
  EXPECT(ExSizeOfRundownProtectionCacheAware() < sizeof memory);
  ref = (PEX_RUNDOWN_REF_CACHE_AWARE)(void*)(memory + 1);
  ExInitializeRundownProtectionCacheAware(ref, ExSizeOfRundownProtectionCacheAware());
  return line != 0 ? line : cache_aware(ref);
}
