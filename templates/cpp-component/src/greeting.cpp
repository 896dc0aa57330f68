#include "greeting.hpp"

namespace {

constexpr std::string_view spaces = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(spaces);
  if (start == std::string_view::npos) {
    return {};
  }
  return text.substr(start, text.find_last_not_of(spaces) - start + 1);
}

}  // namespace

std::optional<std::string> greeting_for(std::string_view greeting, std::string_view name) {
  name = trimmed(name);
  if (name.empty()) {
    return std::nullopt;
  }
  return std::string(greeting) + ", " + std::string(name) + "!";
}

std::optional<std::string> config_text(std::string_view json, std::string_view key) {
  const auto quoted = "\"" + std::string(key) + "\"";
  const auto at = json.find(quoted);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const auto start = json.find_first_not_of(" \t\r\n:", at + quoted.size());
  if (start == std::string_view::npos || json[start] != '"') {
    return std::nullopt;
  }
  const auto end = json.find_first_of("\"\\", start + 1);
  if (end == std::string_view::npos || json[end] != '"') {
    return std::nullopt;
  }
  return std::string(json.substr(start + 1, end - start - 1));
}
