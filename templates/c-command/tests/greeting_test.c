// Native tests of what the component does: `cargo airssys test`, or `make test`.

#include "greeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

static void check(const char *what, const char *text, size_t length, const char *expected) {
  int is_same = expected == NULL ? text == NULL : text != NULL && length == strlen(expected) && memcmp(text, expected, length) == 0;
  printf("%s %s\n", is_same ? "ok    " : "FAILED", what);
  failures += !is_same;
}

static void greets(const char *what, const char *greeting, const char *name, const char *expected) {
  size_t length = 0;
  char *text = greeting_for(greeting, name, strlen(name), &length);
  check(what, text, length, expected);
  free(text);
}

int main(void) {
  greets("greets by name", "Hello", "world", "Hello, world!");
  greets("takes no notice of spaces", "Good day", " world\n", "Good day, world!");
  greets("asks for a name", "Hello", " ", NULL);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
