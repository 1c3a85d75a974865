import { describe, expect, it } from "vitest";
import { strengthOf } from "./password-strength";

describe("the strength of a password", () => {
  it.each([
    ["", 0],
    ["hunter2", 1],
    ["Tr0ub4dor&3", 2],
    ["violet-anchor-tundra-42", 4],
    ["correct horse battery staple", 4],
    ["éléphant bleu sous la pluie", 4],
  ])("of “%s” is %i", (password, score) => {
    expect(strengthOf(password).score).toBe(score);
  });

  it.each([
    ["aaaaaaaaaaaaaaaaaaaaaaaa", "repeats"],
    ["abcabcabcabcabcabcabc", "repeats"],
    ["wordwordwordwordword", "repeats"],
    ["1234567890123456789", "runs"],
    ["qwertyuiopasdfghjkl", "runs"],
    ["azertyuiopqsdfghjklm", "runs"],
    ["poiuytrezamlkjhgfdsq", "runs"],
    ["Jarvis-Jarvis-Jarvis", "own"],
    ["motdepassemotdepasse", "common"],
  ] as const)("“%s” is weak however long, because of %s", (password, advice) => {
    const { score, advice: given } = strengthOf(password);
    expect(score).toBeLessThan(2);
    expect(given).toContain(advice);
  });

  it("does not count the person's own name and e-mail", () => {
    const own = ["ada.lovelace", "ada.lovelace@example.org"];
    expect(strengthOf("ada.lovelace1815", own).score).toBeLessThan(2);
    expect(strengthOf("lovelace-lovelace-1815", own).advice[0]).toBe("own");
  });

  it("has nothing to advise where it is strong", () => {
    expect(strengthOf("violet-anchor-tundra-42").advice).toEqual([]);
  });

  it("takes the longest password without a noticeable wait", () => {
    const began = performance.now();
    strengthOf("ab".repeat(64), ["x".repeat(60)]);
    strengthOf("a1b2c3d4".repeat(16));
    expect(performance.now() - began).toBeLessThan(100);
  });
});
