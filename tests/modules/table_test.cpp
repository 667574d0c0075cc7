// Tables of member functions: what is called is the function, of the object, with its arguments.
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <nmr/registry/versioned.hpp>

#include "modules/adder.hpp"

namespace {

struct Many {
  int (*count)(void* context);
  int (*sum)(void* context, int one, long other) noexcept;
  std::string (*join)(void* context, std::unique_ptr<std::string> one, const std::string& other);
  int& (*place)(void* context, int& place);
  void (*nothing)(void* context);
};

struct Counter {
  virtual ~Counter() = default;
  int count() { return ++counted; }
  int counted = 0;
};
struct Summer {
  virtual ~Summer() = default;
  int sum(int one, long other) const noexcept { return one + static_cast<int>(other) + base; }
  int base = 100;
};
/// What it inherits is at several places in it.
struct All : Counter, Summer {
  std::string join(std::unique_ptr<std::string> one, const std::string& other) { return *one + other; }
  int& place(int& place) noexcept { return place; }
};

template <class Object>
void expect_all(const Many& table, Object& object) {
  CHECK(table.count(&object) == 1);
  CHECK(table.count(&object) == 2);
  CHECK(object.counted == 2);
  CHECK(table.sum(&object, 1, 10) == 111);
  CHECK(table.join(&object, std::make_unique<std::string>("a"), "b") == "ab");
  int here = 0;
  CHECK(&table.place(&object, here) == &here);
  CHECK((table.nothing == nullptr));
}

struct Grown {
  nmr::VersionHeader header;
  int (*count)(void* context);
};

int free_function(void*) { return 7; }

struct One {
  int (*count)(void* context);
};

struct Noexcept {
  int count() noexcept { return 3; }
  [[nodiscard]] int constant() const { return 4; }
};

}  // namespace

TEST_CASE("table: members, of whichever base of the object, in the order of the table; and null pointers") {
  All object;
  constexpr nmr::TableOf<Many, All> kTable{nmr::member<&All::count>(), nmr::member<&All::sum>(),
                                           nmr::member<&All::join>(), nmr::member<&All::place>(), nullptr};
  expect_all(kTable.table(), object);
}

TEST_CASE("table: an entry by itself takes an object of the class that declares the function") {
  constexpr Many kTable{nmr::member<&All::count>(), nmr::member<&All::sum>(), nullptr, nullptr, nullptr};
  Counter counter;
  Summer summer;
  CHECK(kTable.count(&counter) == 1);
  CHECK(kTable.sum(&summer, 1, 2) == 103);
}

TEST_CASE("table: a function that promises more than its entry asks for fits") {
  Noexcept object;
  const Noexcept constant;
  CHECK(nmr::TableOf<One, Noexcept>(nmr::member<&Noexcept::count>()).table().count(&object) == 3);
  CHECK(nmr::TableOf<One, const Noexcept>(nmr::member<&Noexcept::constant>())
            .table()
            .count(const_cast<Noexcept*>(&constant)) == 4);
}

TEST_CASE("table: of a side without functions it is empty") {
  struct Nothing {};
  const nmr::TableOf<Nothing, Counter> table{};
  CHECK(sizeof(table.table()) == 1);
  const nmr::TableOf<nmr::NoDispatch, Counter> none = {};
  CHECK(sizeof(none.table()) == 1);
}

TEST_CASE("table: what is no member stays as it is, and so does a table that is there already") {
  Counter object;
  constexpr nmr::TableOf<Grown, Counter> kGrown{nmr::version_header<Grown>(3),
                                                nmr::member<&Counter::count>()};
  CHECK(kGrown.table().header.version == 3);
  CHECK(kGrown.table().count(&object) == 1);
  CHECK(nmr::TableOf<One, Counter>(&free_function).table().count(nullptr) == 7);
  constexpr One kReady{&free_function};
  CHECK((nmr::TableOf<One, Counter>(kReady).table().count == &free_function));
}

TEST_CASE_TEMPLATE(
    "table: a provider that is given a table and an object calls that object's bases where they are", Calls,
    nmr::PerThreadCalls, nmr::OneWordCalls) {
  struct Front {
    virtual ~Front() = default;
    int front = 1;
  };
  struct Both : Front, Adder {
    Both() : Adder(10) {}
  };
  AdderRegistry<Calls> registry;
  AdderClient<Calls> client(registry, nmr::ModuleId(1));
  Both both;
  const AdderProvider<Calls> provider(registry, nmr::ModuleId(2),
                                      {nmr::member<&Both::add>(), nmr::member<&Both::grow>()}, both);
  CHECK(client.template call<kGrow>());
  CHECK(client.template call<kAdd>(1) == 12);
  CHECK(both.front == 1);
}
