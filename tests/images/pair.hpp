#pragma once
/// Two files of one program that are built with different settings. Each says what its own misuse did, and the first hands
/// the second what both have types for.
#include "images.hpp"

using Registry = nmr::NmrRegistry<AddNpi>;
using Handle = nmr::BindingHandle<AddNpi>;

/// Each releases a reference that is not there, and returns how often its own handler was told.
int misuse_in_one();
int misuse_in_two();

/// Registers a provider with the other file's registry, calls it through the other file's handle, and goes.
int call_in_two(Registry& registry, Handle& handle);
