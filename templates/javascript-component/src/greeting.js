// What the component does, without WebAssembly.

/**
 * @param {string} greeting
 * @param {string} name
 * @returns {string}
 */
export function greet(greeting, name) {
  const trimmed = name.trim();
  if (trimmed === "") {
    throw new RangeError("say whom to greet");
  }
  return `${greeting}, ${trimmed}!`;
}
