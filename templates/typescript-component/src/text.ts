// UTF-8. QuickJS has neither TextDecoder nor TextEncoder; StarlingMonkey has, and needs none of this.

export function decode(bytes: Uint8Array): string {
  return decodeURIComponent(Array.from(bytes, (byte) => "%" + byte.toString(16).padStart(2, "0")).join(""));
}

export function encode(text: string): Uint8Array {
  const escaped = encodeURIComponent(text);
  const bytes = escaped.replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}
