#include <nmr/modules.hpp>

#include <cstdio>

struct GreeterNpi {
  static constexpr nmr::NpiId kId{
      {0x6b1d2f0a, 0x93c4, 0x4e57, {0xa1, 0x08, 0x5d, 0x77, 0x30, 0xc2, 0x19, 0xee}}};
  struct ProviderDispatch {
    int (*greet)(void* context, const char* whom);
  };
};

struct Greeter {
  int greet(const char* whom) { return std::printf("hello, %s\n", whom); }
};

int main() {
  constexpr auto kGreet = &GreeterNpi::ProviderDispatch::greet;
  nmr::NmrRegistry<GreeterNpi> registry;
  nmr::Client<GreeterNpi> client(registry, nmr::ModuleId(1));
  {
    Greeter greeter;
    nmr::Provider<GreeterNpi> provider(registry, nmr::ModuleId(2), {nmr::member<&Greeter::greet>()}, greeter);
    if (!client.call<kGreet>("world")) return 1;  // while it is called, the provider's code and data stay
  }  // the provider's destructor waits for the last call
  return client.call<kGreet>("world") ? 1 : 0;  // the provider is gone: refused, as a value
}
