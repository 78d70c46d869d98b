// Marks what the library libskein.so shows to programs.
#pragma once

#define SKEIN_EXPORT __attribute__((visibility("default")))
