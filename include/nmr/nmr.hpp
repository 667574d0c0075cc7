#pragma once
/// Everything. Each front page tells what is in its floor and when to use it.
#include <nmr/binding.hpp>
#include <nmr/calls.hpp>
#include <nmr/registry.hpp>
#include <nmr/rundown.hpp>
