// What the component does, without WebAssembly.

#pragma once

#include <optional>
#include <string>
#include <string_view>

// "GREETING, NAME!"; nothing when the name is blank.
std::optional<std::string> greeting_for(std::string_view greeting, std::string_view name);

// The text of a key of a JSON object; nothing when there is none, or when it has escapes.
std::optional<std::string> config_text(std::string_view json, std::string_view key);
