#pragma once
#include <type_traits>
#include <nmr/platform/config.hpp>

NMR_BEGIN_NAMESPACE

/// A network programming interface: the contract between a provider and its clients. A type that names the
/// tables of functions which the two sides give each other:
///
///   struct EchoNpi {
///     struct ProviderDispatch { int (*echo)(void* context, int value); };
///     struct ClientDispatch { void (*changed)(void* context); };  // absent if clients offer no functions
///   };
///
/// A registry wants an identifier as well: see NmrRegistry.
template <class T>
concept Npi = requires { typename T::ProviderDispatch; };

/// Stands for the table of a side that offers no functions.
struct NMR_PUBLIC_TYPE NoDispatch{};

/// The NPI as a provider sees it that calls back into its clients: their table is the one that is called.
template <Npi N>
struct NMR_PUBLIC_TYPE CallbacksOf {
  using ProviderDispatch = NoDispatch;
};
template <Npi N>
  requires requires { typename N::ClientDispatch; }
struct NMR_PUBLIC_TYPE CallbacksOf<N> {
  using ProviderDispatch = typename N::ClientDispatch;
};

/// The characteristics that an NPI declares for each side; void where it declares none.
template <class N>
struct NMR_PUBLIC_TYPE ClientCharacteristicsOf {
  using Type = void;
};
template <class N>
  requires requires { typename N::ClientCharacteristics; }
struct NMR_PUBLIC_TYPE ClientCharacteristicsOf<N> {
  using Type = typename N::ClientCharacteristics;
};
template <class N>
struct NMR_PUBLIC_TYPE ProviderCharacteristicsOf {
  using Type = void;
};
template <class N>
  requires requires { typename N::ProviderCharacteristics; }
struct NMR_PUBLIC_TYPE ProviderCharacteristicsOf<N> {
  using Type = typename N::ProviderCharacteristics;
};
template <Npi N>
struct NMR_PUBLIC_TYPE CharacteristicsOf {
  using Client = typename ClientCharacteristicsOf<N>::Type;
  using Provider = typename ProviderCharacteristicsOf<N>::Type;
};

NMR_END_NAMESPACE
