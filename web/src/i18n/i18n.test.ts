import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accountEn } from "./account-en";
import { accountFr } from "./account-fr";
import { auditEn } from "./audit-en";
import { auditFr } from "./audit-fr";
import { en } from "./en";
import { fr } from "./fr";
import { withFrenchSpaces } from "./french-spaces";
import { peopleEn } from "./people-en";
import { peopleFr } from "./people-fr";

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === "string" ? [[prefix + key, value] as const] : [...flat(value, `${prefix}${key}.`)],
    ),
  );
}

// No part has a name of another one's, so that all can be looked at together.
const english = flat({ ...en, ...accountEn, ...auditEn, ...peopleEn });
const french = flat({ ...fr, ...accountFr, ...auditFr, ...peopleFr });
const source = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.includes("i18n/") && !file.includes(".test."))
  .map((file) => readFileSync(join("src", file), "utf8"))
  .concat(readFileSync("src/i18n/use-error-text.ts", "utf8"))
  .join("\n");

describe("the two languages", () => {
  it("have parts that do not hide each other", () => {
    const parts = [en, accountEn, auditEn, peopleEn].flatMap((part) => Object.keys(part));
    expect(new Set(parts).size).toBe(parts.length);
  });

  it("have the same keys", () => {
    expect([...french.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("have the same values to fill in", () => {
    const holes = (text: string | undefined) => text?.match(/\{\{\w+\}\}/g)?.sort() ?? [];
    for (const [key, text] of english) expect(holes(french.get(key)), key).toEqual(holes(text));
  });

  it("say nothing empty, and French differs where it is not a name", () => {
    const same = [
      "app.name",
      "auth.email",
      "chat.jarvis",
      "chat.log",
      "chat.code",
      "chat.codeSpoken",
      "nav.label",
      "welcome.label",
    ];
    for (const [key, text] of english) {
      expect(text.trim(), key).not.toBe("");
      if (!same.includes(key)) expect(french.get(key), key).not.toBe(text);
    }
  });

  it("let no French line begin with a mark", () => {
    const { text } = withFrenchSpaces({ text: "« Quoi » ? Oui : cela ; non !" });
    expect(text).toBe("«\u00a0Quoi\u00a0»\u00a0? Oui\u00a0: cela\u00a0; non\u00a0!");
  });

  it("have no key that the page does not use", () => {
    // Keys built from parts (`errors.${code}`) count as used when their beginning is.
    const built = [...source.matchAll(/t\(\s*`([\w.]+)\$\{/g)].map(([, start = ""]) => start);
    const unused = [...english.keys()]
      .map((key) => key.replace(/_(zero|one|other)$/, ""))
      .filter((key) => !source.includes(`"${key}"`) && !built.some((start) => key.startsWith(start)));
    expect(unused).toEqual([]);
  });
});
