#pragma once
/// Of the interface helper only the names of interfaces: there is no network stack to ask.
#include <nmr/wdk/ifdef.h>
