// What the component does, without WebAssembly.

#pragma once

#include <stddef.h>

// "GREETING, NAME!" in new memory, and its length; NULL when the name is blank.
char *greeting_for(const char *greeting, const char *name, size_t name_length, size_t *length);

// The text of a key of a JSON object, in new memory; NULL when there is none, or when it has escapes.
char *config_text(const char *json, size_t length, const char *key);
