// Native tests of what the component does: `cargo airssys test`, or `make test`.

#include "greeting.hpp"

#include <iostream>

static int failures = 0;

static void check(std::string_view what, std::optional<std::string> found, std::optional<std::string> expected) {
  const bool is_same = found == expected;
  std::cout << (is_same ? "ok     " : "FAILED ") << what << '\n';
  failures += is_same ? 0 : 1;
}

int main() {
  check("greets by name", greeting_for("Hello", "world"), "Hello, world!");
  check("takes no notice of spaces", greeting_for("Good day", " world\n"), "Good day, world!");
  check("asks for a name", greeting_for("Hello", " "), std::nullopt);
  check("reads the greeting", config_text(R"({"a": 1, "greeting": "Good day"})", "greeting"), "Good day");
  check("there may be none", config_text("{}", "greeting"), std::nullopt);
  check("it may be no text", config_text(R"({"greeting": 7})", "greeting"), std::nullopt);
  return failures == 0 ? 0 : 1;
}
