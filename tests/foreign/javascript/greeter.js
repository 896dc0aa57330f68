// Greets whom it is told, with the words of its configuration.

let greeting = "Hello";

export const guest = {
  init(config) {
    greeting = JSON.parse(config.json).greeting ?? greeting;
  },

  execute({ contentType, body }) {
    const name = decode(body);
    if (name === "") {
      throw { tag: "invalid-input", val: "a name is missing" };
    }
    return { contentType, body: encode(`${greeting}, ${name}, from JavaScript`), metadata: [] };
  },

  shutdown() {},

  metadata() {
    return { name: "greeter", version: "1.0.0", description: "Greets in JavaScript." };
  },

  requiredCapabilities() {
    return [];
  },

  healthStatus() {
    return { tag: "healthy" };
  },
};

// QuickJS has neither TextDecoder nor TextEncoder.
function decode(bytes) {
  return decodeURIComponent(Array.from(bytes, (byte) => "%" + byte.toString(16).padStart(2, "0")).join(""));
}

function encode(text) {
  const escaped = encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Uint8Array.from(escaped, (character) => character.charCodeAt(0));
}
