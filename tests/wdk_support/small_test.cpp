#include <doctest/doctest.h>

#include <ntintsafe.h>

#include <cstring>
#include <string>
#include <thread>

#include "platform/threads.hpp"
#include "support/misuse.hpp"
#include "wdk_support/levels.hpp"

namespace {

struct Record {
  int number;
  LIST_ENTRY link;
};

std::string numbers(const LIST_ENTRY& head) {
  std::string found;
  for (const LIST_ENTRY* entry = head.Flink; entry != &head; entry = entry->Flink) {
    CHECK(entry->Flink->Blink == entry);
    found += std::to_string(CONTAINING_RECORD(entry, Record, link)->number);
  }
  return found;
}

}  // namespace

TEST_CASE_TEMPLATE("R141: interlocked operations return what Windows' do", Number, LONG, LONG64) {
  Number number = 5;
  if constexpr (sizeof(Number) == 4) {
    CHECK(InterlockedIncrement(&number) == 6);
    CHECK(InterlockedDecrement(&number) == 5);
    CHECK(InterlockedExchange(&number, 7) == 5);
    CHECK(InterlockedExchangeAdd(&number, 3) == 7);
    CHECK(InterlockedAdd(&number, 2) == 12);
    CHECK(InterlockedCompareExchange(&number, 1, 11) == 12);
    CHECK(InterlockedCompareExchange(&number, 1, 12) == 12);
    CHECK(InterlockedOr(&number, 6) == 1);
    CHECK(InterlockedAnd(&number, 5) == 7);
    CHECK(InterlockedXor(&number, 4) == 5);
  } else {
    CHECK(InterlockedIncrement64(&number) == 6);
    CHECK(InterlockedDecrement64(&number) == 5);
    CHECK(InterlockedExchange64(&number, 7) == 5);
    CHECK(InterlockedExchangeAdd64(&number, 3) == 7);
    CHECK(InterlockedAdd64(&number, 2) == 12);
    CHECK(InterlockedCompareExchange64(&number, 1, 11) == 12);
    CHECK(InterlockedCompareExchange64(&number, 1, 12) == 12);
    CHECK(InterlockedOr64(&number, 6) == 1);
    CHECK(InterlockedAnd64(&number, 5) == 7);
    CHECK(InterlockedXor64(&number, 4) == 5);
  }
  CHECK(number == 1);
}

TEST_CASE("R141: interlocked operations on bytes and pointers return what was there, and none is lost") {
  char bits[2] = {1, 2};
  CHECK(InterlockedOr8(&bits[0], 4) == 1);
  CHECK(InterlockedAnd8(&bits[0], 4) == 5);
  CHECK(bits[0] == 4);
  CHECK(bits[1] == 2);
  int one = 0, other = 0;
  PVOID pointer = &one;
  CHECK(InterlockedExchangePointer(&pointer, &other) == &one);
  CHECK(InterlockedCompareExchangePointer(&pointer, nullptr, &one) == &other);
  CHECK(InterlockedCompareExchangePointer(&pointer, nullptr, &other) == &other);
  CHECK(pointer == nullptr);
  LONG count = 0;
  StartLine start(3);
  Threads(3, [&](int) {
    start.arrive_and_wait();
    for (int i = 0; i < 10'000; ++i) InterlockedIncrement(&count);
  }).join();
  CHECK(count == 30'000);
}

TEST_CASE("R153: lists are linked at both ends and unlinked anywhere") {
  LIST_ENTRY head;
  InitializeListHead(&head);
  CHECK(IsListEmpty(&head));
  CHECK(RemoveHeadList(&head) == &head);
  Record records[4] = {{1, {}}, {2, {}}, {3, {}}, {4, {}}};
  InsertTailList(&head, &records[1].link);
  InsertTailList(&head, &records[2].link);
  InsertHeadList(&head, &records[0].link);
  InsertTailList(&head, &records[3].link);
  CHECK(numbers(head) == "1234");
  CHECK(RemoveEntryList(&records[1].link) == FALSE);
  CHECK(numbers(head) == "134");
  CHECK(RemoveHeadList(&head) == &records[0].link);
  CHECK(RemoveTailList(&head) == &records[3].link);
  CHECK(RemoveEntryList(&records[2].link) == TRUE);
  CHECK(IsListEmpty(&head));
  SINGLE_LIST_ENTRY stack{}, first{}, second{};
  PushEntryList(&stack, &first);
  PushEntryList(&stack, &second);
  CHECK(PopEntryList(&stack) == &second);
  CHECK(PopEntryList(&stack) == &first);
  CHECK(PopEntryList(&stack) == nullptr);
}

TEST_CASE("R153: what is unlinked twice, or was never linked, is reported and harms no list") {
  LIST_ENTRY head;
  InitializeListHead(&head);
  Record one{1, {}}, two{2, {}}, never{3, {}};
  InsertTailList(&head, &one.link);
  InsertTailList(&head, &two.link);
  CHECK(RemoveEntryList(&one.link) == FALSE);
  MisuseTrap trap;
  CHECK(RemoveEntryList(&one.link) == FALSE);
  CHECK(RemoveEntryList(&never.link) == FALSE);
  CHECK(trap.count() == 2);
  CHECK(trap.operation() == "RemoveEntryList");
  CHECK(numbers(head) == "2");
}

TEST_CASE("R154: memory is compared up to its first difference, filled, moved and zeroed") {
  char one[8] = "abcdefg", other[8] = "abcdxfg";
  CHECK(RtlCompareMemory(one, other, 8) == 4);
  CHECK(RtlCompareMemory(one, one, 8) == 8);
  CHECK_FALSE(RtlEqualMemory(one, other, 8));
  RtlMoveMemory(one + 1, one, 6);
  CHECK(std::strcmp(one, "aabcdef") == 0);
  RtlCopyMemory(one, other, 8);
  CHECK(RtlEqualMemory(one, other, 8));
  RtlFillMemory(one, 2, 'z');
  CHECK(std::strcmp(one, "zzcdxfg") == 0);
  RtlSecureZeroMemory(one, 1);
  RtlZeroMemory(one + 1, 7);
  CHECK(RtlCompareMemory(one, "\0\0\0\0\0\0\0", 8) == 8);
}

TEST_CASE("R154: texts have their lengths, and one that does not end in time has none") {
  SIZE_T length = 9;
  CHECK(RtlStringCbLengthA("abc", 4, &length) == STATUS_SUCCESS);
  CHECK(length == 3);
  CHECK(RtlStringCbLengthA("abc", 3, &length) == STATUS_INVALID_PARAMETER);
  CHECK(length == 0);
  CHECK(RtlStringCbLengthA(nullptr, 3, nullptr) == STATUS_INVALID_PARAMETER);
  const wchar_t text[] = L"name";
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, text);
  CHECK(string.Length == 4 * sizeof(wchar_t));
  CHECK(string.MaximumLength == 5 * sizeof(wchar_t));
  CHECK(string.Buffer == text);
  const UNICODE_STRING constant = RTL_CONSTANT_STRING(text);
  CHECK(constant.Length == string.Length);
  CHECK(constant.MaximumLength == string.MaximumLength);
  RtlInitUnicodeString(&string, nullptr);
  CHECK(string.MaximumLength == 0);
  const std::wstring long_one(70'000, L'x');
  RtlInitUnicodeString(&string, long_one.c_str());
  CHECK(string.MaximumLength - string.Length == int{sizeof(wchar_t)});
  CHECK(string.Length % sizeof(wchar_t) == 0);
}

TEST_CASE("R154: sums, differences and products say when they overflow") {
  ULONG sum = 0;
  CHECK(RtlULongAdd(0xfffffffe, 1, &sum) == STATUS_SUCCESS);
  CHECK(sum == 0xffffffff);
  CHECK(RtlULongAdd(0xffffffff, 1, &sum) == STATUS_INTEGER_OVERFLOW);
  CHECK(RtlULongSub(1, 2, &sum) == STATUS_INTEGER_OVERFLOW);
  CHECK(RtlULongMult(0x10000, 0xffff, &sum) == STATUS_SUCCESS);
  CHECK(sum == 0xffff0000);
  CHECK(RtlULongMult(0x10000, 0x10000, &sum) == STATUS_INTEGER_OVERFLOW);
  CHECK(sum == 0xffffffff);
  USHORT small = 0;
  CHECK(RtlUShortAdd(0xffff, 1, &small) == STATUS_INTEGER_OVERFLOW);
  SIZE_T size = 0;
  CHECK(RtlSizeTMult(~SIZE_T{0} / 2, 2, &size) == STATUS_SUCCESS);
  CHECK(RtlSizeTAdd(size, 2, &size) == STATUS_INTEGER_OVERFLOW);
  CHECK(RtlSizeTToUShort(0x10000, &small) == STATUS_INTEGER_OVERFLOW);
  CHECK(RtlSizeTToULong(7, &sum) == STATUS_SUCCESS);
  CHECK(sum == 7);
}

TEST_CASE("R155: processors, threads and clocks are what they are") {
  PROCESSOR_NUMBER number{7, 7, 7};
  const ULONG index = KeGetCurrentProcessorNumberEx(&number);
  CHECK(index == KeGetCurrentProcessorNumber());
  CHECK(number.Number == index);
  CHECK(number.Group == 0);
  CHECK(index < KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS));
  CHECK(KeQueryMaximumProcessorCountEx(1) == 0);
  PKTHREAD other = nullptr;
  std::thread([&] { other = KeGetCurrentThread(); }).join();
  CHECK(KeGetCurrentThread() == KeGetCurrentThread());
  CHECK(other != KeGetCurrentThread());
  LARGE_INTEGER frequency{};
  const LARGE_INTEGER before = KeQueryPerformanceCounter(&frequency);
  CHECK(frequency.QuadPart == 10'000'000);
  CHECK(KeQueryPerformanceCounter(nullptr).QuadPart >= before.QuadPart);
  LARGE_INTEGER now{};
  KeQuerySystemTime(&now);
  CHECK(now.QuadPart > 133'000'000'000'000'000);  // in 2022
  int called = 0;
  const PEXPAND_STACK_CALLOUT call = [](PVOID parameter) { ++*static_cast<int*>(parameter); };
  CHECK(KeExpandKernelStackAndCalloutEx(call, &called, MAXIMUM_EXPANSION_SIZE, FALSE, nullptr) ==
        STATUS_SUCCESS);
  CHECK(KeExpandKernelStackAndCalloutEx(call, &called, MAXIMUM_EXPANSION_SIZE + 1, FALSE, nullptr) ==
        STATUS_INVALID_PARAMETER_3);
  CHECK(called == 1);
}
