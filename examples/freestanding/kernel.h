#pragma once
// What a driver is given by its kernel; of Windows' in the comments. Here main.cpp plays it.
#include <cstdint>

extern "C" {

struct KernelEvent {  // KEVENT, a NotificationEvent
  unsigned is_set;
};
void kernel_set_event(KernelEvent* event);  // KeSetEvent(event, 0, FALSE)
// Sleeps until it is set, or until that time: KeWaitForSingleObject(). Returns whether it is set.
bool kernel_wait(KernelEvent* event, std::int64_t until_ns);

unsigned kernel_raise_level();  // KeRaiseIrql(DISPATCH_LEVEL, ...): this thread stays on its processor
void kernel_lower_level(unsigned before);  // KeLowerIrql()
void kernel_yield();  // YieldProcessor()
std::int64_t kernel_now_ns();  // KeQueryInterruptTimePrecise(), times 100
void kernel_bug_check(const char* object, const char* operation, const char* rule);  // KeBugCheckEx()

void kernel_driver_stopped();  // what a driver calls that was asked to stop
}
