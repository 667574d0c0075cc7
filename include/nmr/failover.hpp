#pragma once
/// One client, several providers: calls go to the best of those that are attached, and to the next best as soon as that
/// leaves. A policy beyond NMR, over the registry: all providers that the client wants are attached, and stand by.
///
///   you need                                          use
///   the provider that came first, until it leaves     FailoverClient<Npi>(registry, id)
///   the best one, as soon as it is there              {.rank = ...}: the highest rank, of equals the first
///   the best one, but no change while it stays        {.rank = ..., .keeps_current = true}
///   only some of them                                 {.wants = ...}
///   a call                                            client.call<&Dispatch::f>(...), client.try_call()
///   to wait until there is a provider to call         wait_for_provider(), ..._for(), ..._until(): a guard
///   to be told when there is one                      when_provided(completion)
///   to end all waits, and leave                       leave(), or destroy it: its destructor waits
///
///   function                         waits for                       allocates   in a signal handler
///   try_call(), call()               nothing while the current one   no          no
///                                    stays; else the client's mutex
///   wait_for_provider() ...          a provider, or leave()          no          no
///   when_provided()                  the client's mutex              no          no
///   leave(), the destructor          as deregister(); for calls      no          no
///   a provider that comes or goes    as its registration; a pass     a place     -
///                                    over all that are attached
///
/// A call is refused only where no provider was there all along while it looked: not between one provider and the next.
///
/// Why are they all attached?  So that nobody has to be asked when one leaves: a provider that goes finds the calls at the
///     next one already. What a provider does for each client it does for one that only stands by, too.
/// May providers call the client back?  Not through this: accept them in an attach callback of your own.
///
/// The floors, each over those to its right: [failover], adapters > modules > registry > lifecycle > binding > calls >
/// rundown > platform.
#include <nmr/failover/failover_client.hpp>
#include <nmr/modules.hpp>
