#pragma once
// A driver, as its kernel sees it.

extern "C" {

void driver_start();
// Answers a request. Returns whether the driver still serves; if not, nothing of it was touched.
bool driver_request(int value, int* answer);
// Returns when no request is inside: the driver may be unloaded, or started again.
void driver_stop();
// The same without waiting: calls kernel_driver_stopped() when no request is inside, on the thread of the last; in here, if
// none is.
void driver_begin_stop();
}
