// Greets whom it is told, with the words of its configuration.

#include <stdlib.h>
#include <string.h>

#include "greeter.h"

static greeter_string_t greeting = {(uint8_t *)"Hello", 5};

// Finds the value of "greeting"; a text with escapes would need a reader of JSON.
static void read_greeting(greeter_string_t json) {
  const char key[] = "\"greeting\":\"";
  char *text = strndup((char *)json.ptr, json.len);
  char *start = strstr(text, key);
  char *end = start ? strchr(start + strlen(key), '"') : NULL;
  if (end) {
    greeter_string_dup_n(&greeting, start + strlen(key), end - start - strlen(key));
  }
  free(text);
}

bool exports_airssys_component_guest_init(exports_airssys_component_guest_config_t *config,
                                          exports_airssys_component_guest_component_error_t *err) {
  (void)err;
  read_greeting(config->json);
  exports_airssys_component_guest_config_free(config);
  return true;
}

bool exports_airssys_component_guest_execute(exports_airssys_component_guest_message_t *input,
                                             exports_airssys_component_guest_message_t *ret,
                                             exports_airssys_component_guest_component_error_t *err) {
  if (input->body.len == 0) {
    exports_airssys_component_guest_message_free(input);
    err->tag = AIRSSYS_COMPONENT_TYPES_COMPONENT_ERROR_INVALID_INPUT;
    greeter_string_dup(&err->val.invalid_input, "a name is missing");
    return false;
  }
  const char end[] = ", from C";
  size_t length = greeting.len + 2 + input->body.len + strlen(end);
  uint8_t *body = malloc(length);
  memcpy(body, greeting.ptr, greeting.len);
  memcpy(body + greeting.len, ", ", 2);
  memcpy(body + greeting.len + 2, input->body.ptr, input->body.len);
  memcpy(body + length - strlen(end), end, strlen(end));

  memset(ret, 0, sizeof *ret);
  greeter_string_dup_n(&ret->content_type, (char *)input->content_type.ptr, input->content_type.len);
  ret->body.ptr = body;
  ret->body.len = length;
  exports_airssys_component_guest_message_free(input);
  return true;
}

bool exports_airssys_component_guest_shutdown(exports_airssys_component_guest_component_error_t *err) {
  (void)err;
  return true;
}

void exports_airssys_component_guest_metadata(exports_airssys_component_guest_component_metadata_t *ret) {
  greeter_string_dup(&ret->name, "greeter");
  greeter_string_dup(&ret->version, "1.0.0");
  greeter_string_dup(&ret->description, "Greets in C.");
}

void exports_airssys_component_guest_required_capabilities(exports_airssys_component_guest_list_capability_t *ret) {
  ret->ptr = NULL;
  ret->len = 0;
}

void exports_airssys_component_guest_health_status(exports_airssys_component_guest_health_t *ret) {
  ret->tag = AIRSSYS_COMPONENT_TYPES_HEALTH_HEALTHY;
}
