// The whole of a plug-in: an object that is registered while it lives, and the functions that make and end it.
#include "adder.hpp"

struct Adder {
  int add(int value) { return value + 5; }
  nmr::NmrRegistry<AdderNpi>& registry;
  nmr::Provider<AdderNpi> provider{registry, nmr::ModuleId(2), {nmr::member<&Adder::add>()}, *this};
};

extern "C" Adder* start(nmr::NmrRegistry<AdderNpi>& registry) { return new Adder{registry}; }
extern "C" void stop(Adder* adder) { delete adder; }  // returns when the last call has left
