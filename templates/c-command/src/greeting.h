// What the command does, without WebAssembly.

#pragma once

#include <stddef.h>

// "GREETING, NAME!" in new memory, and its length; NULL when the name is blank.
char *greeting_for(const char *greeting, const char *name, size_t name_length, size_t *length);
