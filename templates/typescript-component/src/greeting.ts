// What the component does, without WebAssembly.

export function greet(greeting: string, name: string): string {
  const trimmed = name.trim();
  if (trimmed === "") {
    throw new RangeError("say whom to greet");
  }
  return `${greeting}, ${trimmed}!`;
}
