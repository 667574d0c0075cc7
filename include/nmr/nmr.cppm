/// The library as a C++20 module: `import nmr;` for <nmr/nmr.hpp>. A program may import in one file and include in another:
/// the types are the same. Macros, `order`'s constants among them, come with an include alone: give functions of a policy
/// std::memory_order. What is to be set before including is set where this file is compiled.
///
///   clang++ -std=c++20 -pthread -Iinclude --precompile include/nmr/nmr.cppm -o nmr.pcm
///   clang++ -std=c++20 -pthread -fmodule-file=nmr=nmr.pcm main.cpp nmr.pcm
module;
#include <nmr/nmr.hpp>
export module nmr;

export namespace nmr {

// rundown
using nmr::BasicRetractableCompletion;
using nmr::BasicRundownGuard;
using nmr::BasicRundownRef;
using nmr::BasicShardedRundownRef;
using nmr::RetractableCompletion;
using nmr::RundownGuard;
using nmr::RundownRef;
using nmr::ShardedRundownGuard;
using nmr::ShardedRundownRef;
using nmr::try_guard;

// calls
using nmr::BasicCallDomain;
using nmr::BasicCallTarget;
using nmr::BasicOneWordCalls;
using nmr::BasicPerThreadCalls;
using nmr::CallDomain;
using nmr::CallsPolicy;
using nmr::IfPrepared;
using nmr::OneWordCalls;
using nmr::PerThreadCalls;
using nmr::WithoutBarrier;

// binding
using nmr::Attachment;
using nmr::BasicAttachment;
using nmr::BasicBinding;
using nmr::BasicBindingHandle;
using nmr::BasicBindingTable;
using nmr::BasicCallGuard;
using nmr::BasicCallHold;
using nmr::Binding;
using nmr::BindingHandle;
using nmr::BindingTable;
using nmr::call_translated;
using nmr::CallbacksOf;
using nmr::CallGuard;
using nmr::CallHold;
using nmr::DetachBatch;
using nmr::DetachCompletion;
using nmr::NoDispatch;
using nmr::Npi;

// registry
using nmr::BasicClientModule;
using nmr::BasicClientOffer;
using nmr::BasicNmrRegistry;
using nmr::BasicProviderModule;
using nmr::BasicProviderOffer;
using nmr::BasicRegistration;
using nmr::BasicRegistryCore;
using nmr::BindingId;
using nmr::BindingInfo;
using nmr::BindingState;
using nmr::CharacteristicsOf;
using nmr::ClientCharacteristicsOf;
using nmr::ClientModule;
using nmr::ClientOffer;
using nmr::ClientRegistration;
using nmr::Guid;
using nmr::ModuleId;
using nmr::ModuleSide;
using nmr::npi_id_of;
using nmr::NmrRegistry;
using nmr::NpiId;
using nmr::ProviderCharacteristicsOf;
using nmr::ProviderModule;
using nmr::ProviderOffer;
using nmr::ProviderRegistration;
using nmr::read_versioned;
using nmr::Refusal;
using nmr::RefusalRoom;
using nmr::RegistrableNpi;
using nmr::RegistrationFault;
using nmr::RegistrationInfo;
using nmr::RegistrationInstance;
using nmr::RegistrationState;
using nmr::RegistrySnapshot;
using nmr::SnapshotList;
using nmr::version_header;
using nmr::Versioned;
using nmr::VersionHeader;

// modules
using nmr::BasicClient;
using nmr::BasicProvider;
using nmr::CallResult;
using nmr::Client;
using nmr::member;
using nmr::ModuleSettings;
using nmr::Provider;
using nmr::TableOf;

// failover
using nmr::BasicFailoverClient;
using nmr::BasicFailoverGuard;
using nmr::FailoverChoice;
using nmr::FailoverClient;

// what each floor needs
using nmr::AtomicOf;
using nmr::AtomicsPolicy;
using nmr::BasicEvent;
using nmr::Completion;
using nmr::CompletionBatch;
using nmr::deadline_after;
using nmr::Event;
using nmr::Executor;
using nmr::kCacheLine;
using nmr::kLayoutVersion;
using nmr::KnowsEndedThreads;
using nmr::LockGuard;
using nmr::MisuseReport;
using nmr::Order;
using nmr::report_misuse;
using nmr::RundownPolicy;
using nmr::RundownState;
using nmr::ShardedPolicy;
using nmr::SleepsPolicy;
using nmr::Status;
using nmr::StdAtomics;
using nmr::succeeded;
using nmr::to_string;

}  // namespace nmr
