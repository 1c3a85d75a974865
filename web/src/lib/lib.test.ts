import { describe, expect, it } from "vitest";
import { revealBidi } from "./bidi";
import { splitBlocks } from "./blocks";
import { characterCount } from "./character-count";
import { ageOf } from "./day";
import { safeLink } from "./link";
import { endOfSentence, speakable } from "./sentence";

describe("splitBlocks", () => {
  it("keeps a fence whole, with the empty lines in it", () => {
    expect(splitBlocks("a\n\n```\nx\n\ny\n```\n\nb")).toEqual(["a", "```\nx\n\ny\n```", "b"]);
  });
  it("does not end a fence at a shorter one or at one with a language", () => {
    const nested = "````md\n```js\n\nx\n```\n\n````";
    expect(splitBlocks(nested)).toEqual([nested]);
  });
  it("keeps a list whole, with its loose items and their paragraphs", () => {
    const list = "1. a\n\n   more\n\n2. b";
    expect(splitBlocks(`${list}\n\nafter`)).toEqual([list, "after"]);
  });
  it("keeps text whole when a definition in it may be used anywhere", () => {
    const text = "see [x]\n\nmore\n\n[x]: https://a.example";
    expect(splitBlocks(text)).toEqual([text]);
  });
  it("gives the same blocks for the beginning when more text arrives", () => {
    const text = "# T\n\npara\n\n- a\n- b\n\n```js\n1\n\n2\n```\n\nend";
    for (let end = 1; end < text.length; end += 1) {
      const partial = splitBlocks(text.slice(0, end)).slice(0, -1);
      expect(splitBlocks(text).slice(0, partial.length)).toEqual(partial);
    }
  });
});

describe("revealBidi", () => {
  it("shows what would reorder the text", () => {
    expect(revealBidi("a\u202Eb\u2066c")).toBe("a⟦U+202E⟧b⟦U+2066⟧c");
  });
  it("leaves right-to-left writing alone", () => {
    expect(revealBidi("שלום مرحبا")).toBe("שלום مرحبا");
  });
});

describe("safeLink", () => {
  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "blob:https://a/1",
    "/auth/logout",
    "//a",
    "#x",
    "",
  ])("refuses %s", (href) => expect(safeLink(href)).toBeNull());
  it("names the host a link leads to, not the one it pretends", () => {
    expect(safeLink("https://bank.example@evil.example/x")?.host).toBe("evil.example");
  });
});

describe("sentences", () => {
  it("end at a mark that is followed by space, not inside a number", () => {
    const text = "Pi is 3.14 or so. And";
    expect(text.slice(0, endOfSentence(text, 0))).toBe("Pi is 3.14 or so.");
  });
  it("do not end inside code", () => {
    expect(endOfSentence("```\na. b\n", 0)).toBe(0);
  });
  it("are spoken without marks, and code is named", () => {
    expect(speakable("**Use** [this](https://x):\n```js\nx()\n```\nDone.", "(code)")).toBe(
      "Use this: (code) Done.",
    );
  });
});

it("characters are counted as the server counts them", () => {
  expect(characterCount("né👋")).toBe(3);
});

it("ages follow the reader's midnight", () => {
  const now = new Date(2026, 5, 10, 0, 30);
  expect(ageOf(new Date(2026, 5, 10, 0, 5).toISOString(), now)).toBe("today");
  expect(ageOf(new Date(2026, 5, 9, 23, 50).toISOString(), now)).toBe("yesterday");
  expect(ageOf(new Date(2026, 5, 5).toISOString(), now)).toBe("week");
  expect(ageOf(new Date(2026, 4, 1).toISOString(), now)).toBe("older");
});
