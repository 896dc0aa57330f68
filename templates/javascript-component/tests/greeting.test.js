// Native tests of what the component does: `cargo airssys test`, or `npm test`.

import assert from "node:assert/strict";
import test from "node:test";

import { greet } from "../src/greeting.js";
import { decode, encode } from "../src/text.js";

test("greets by name", () => {
  assert.equal(greet("Hello", "world"), "Hello, world!");
});

test("takes no notice of spaces", () => {
  assert.equal(greet("Good day", " world\n"), "Good day, world!");
});

test("asks for a name", () => {
  assert.throws(() => greet("Hello", " "), RangeError);
});

test("text survives the way to bytes and back", () => {
  assert.equal(decode(encode("größer, 世界 🌍")), "größer, 世界 🌍");
});
