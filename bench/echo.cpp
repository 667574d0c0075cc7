#include "echo.hpp"

int echo_plus_one(void*, int value) { return value + 1; }

namespace {
const EchoDispatch kTable{&echo_plus_one};
}

const EchoDispatch* const kEchoTable = &kTable;
