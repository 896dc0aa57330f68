// UTF-8. QuickJS has neither TextDecoder nor TextEncoder; StarlingMonkey has, and needs none of this.

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function decode(bytes) {
  return decodeURIComponent(Array.from(bytes, (byte) => "%" + byte.toString(16).padStart(2, "0")).join(""));
}

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function encode(text) {
  const escaped = encodeURIComponent(text);
  const bytes = escaped.replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}
