#include "greeting.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

char *greeting_for(const char *greeting, const char *name, size_t name_length, size_t *length) {
  while (name_length > 0 && isspace((unsigned char)name[0])) {
    name++;
    name_length--;
  }
  while (name_length > 0 && isspace((unsigned char)name[name_length - 1])) {
    name_length--;
  }
  if (name_length == 0) {
    return NULL;
  }
  size_t greeting_length = strlen(greeting);
  *length = greeting_length + 2 + name_length + 1;
  char *text = malloc(*length);
  memcpy(text, greeting, greeting_length);
  memcpy(text + greeting_length, ", ", 2);
  memcpy(text + greeting_length + 2, name, name_length);
  text[*length - 1] = '!';
  return text;
}
