#pragma once
/// Returns how many basic blocks have run, of the files that count them.
unsigned long steps();
