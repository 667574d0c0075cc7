#pragma once
/// Everything. Each front page tells what is in its floor and when to use it.
///
/// The floors, each over those to its right: modules > registry > lifecycle > binding > calls > rundown > platform.
#include <nmr/binding.hpp>
#include <nmr/calls.hpp>
#include <nmr/modules.hpp>
#include <nmr/registry.hpp>
#include <nmr/rundown.hpp>
