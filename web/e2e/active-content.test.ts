import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dangerous, hostile, naughty } from "./payloads.ts";
import { ask, composer, done, ollama, Stage, setUp } from "./stage.ts";

/** A message holds 10,000 characters. */
const MOST = 9_000;

const stage = new Stage();
let page: Page;

beforeAll(async () => {
  await stage.open((url) => ({ ...ollama(url), MESSAGE_POLICY: "allow" }));
  page = await stage.page();
  page.on("dialog", (dialog) => {
    stage.faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => void stage.faults.push(`popup: ${popup.url()}`));
  page.on("console", (line) => {
    // Chromium's own remark on features that it does not have.
    if (!line.text().includes("Permissions-Policy")) stage.faults.push(`console: ${line.text()}`);
  });
  await page.context().addInitScript(() => {
    for (const name of ["alert", "confirm", "prompt", "print"]) {
      const report = () => Reflect.get(globalThis, "reportFault")(`${name} was called`);
      Reflect.set(globalThis, name, report);
    }
  });
  await setUp(stage, page);
});
afterAll(() => stage.close());

/** Each payload as an item of a list: what it opens ends with its item. And as where a link and an image lead. */
function items(payload: string): string {
  const item = `- ${payload.replaceAll("\n", "\n  ")}\n`;
  if (/[<>\n]/.test(payload)) return item;
  return `${item}- [link](<${payload}>) ![image](<${payload}>) <${payload}>\n`;
}

function packs(payloads: string[]): string[][] {
  const packs: string[][] = [[]];
  let size = 0;
  for (const payload of payloads) {
    size += payload.length + 4;
    if (size > MOST) {
      packs.push([]);
      size = payload.length + 4;
    }
    packs.at(-1)?.push(payload);
  }
  return packs;
}

/** What is in the messages that could run or load something. */
const alive = (where: Page) =>
  where.getByRole("log", { name: "Messages" }).evaluate((log) => {
    const found: string[] = [];
    for (const element of log.querySelectorAll("article *")) {
      const name = element.localName;
      if (
        /^(script|iframe|frame|object|embed|base|meta|link|style|form|template|math|animate|set)$/.test(name)
      ) {
        found.push(element.outerHTML);
      }
      for (const { name: attribute, value } of element.attributes) {
        const wrong =
          attribute.startsWith("on") ||
          attribute === "srcdoc" ||
          (/^(src|href|xlink:href|action|formaction|data)$/.test(attribute) &&
            !/^(https?:|mailto:|#|\/)/.test(value));
        if (wrong) found.push(`${name} ${attribute}=${value}`);
      }
      for (const kind of ["mouseover", "pointerover", "focus", "mousedown"]) {
        element.dispatchEvent(new MouseEvent(kind, { bubbles: true }));
      }
    }
    return found;
  });

describe("payloads that the operator lets through", () => {
  it("run nothing and load nothing, as questions and as answers, as they come and read again", async () => {
    const all = [...hostile(), ...naughty()];
    expect(all.length).toBeGreaterThan(700);
    const asked = packs(all);
    for (const pack of asked) {
      stage.model.answer = `${pack.map(items).join("")}\nthe end of the answer`;
      const answers = page.getByText("the end of the answer");
      const before = await answers.count();
      await ask(page, pack.join("\n\n"));
      await answers.nth(before).waitFor();
      await done(page);
    }
    expect(await alive(page)).toEqual([]);
    await page.reload();
    await page
      .getByText("the end of the answer")
      .nth(asked.length - 1)
      .waitFor();
    expect(await page.locator("article").count()).toBe(2 * asked.length);
    expect(await alive(page)).toEqual([]);
    await stage.shot(page, "active-content");
    expect(stage.faults.splice(0)).toEqual([]);
  });
});

it("of the public payloads that run as HTML at least nine in ten are refused, and the page says why", async () => {
  const plain = await (await page.context().browser()?.newContext())?.newPage();
  if (!plain) throw new Error("no browser");
  const live = await dangerous(
    plain,
    naughty().filter((text) => text.includes("<")),
  );
  await plain.context().close();
  const strict = await new Stage().open();
  try {
    const first = await strict.page();
    await setUp(strict, first);
    const codes = await first.evaluate(async (messages) => {
      const codes: string[] = [];
      for (const message of messages) {
        const init = {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ message }),
        };
        const answer = await fetch("/chat", init);
        codes.push(answer.ok ? "" : (await answer.json()).code);
      }
      return codes;
    }, live);
    const refused = codes.filter((code) => code === "dangerous_content").length;
    expect(live.length).toBeGreaterThan(30);
    expect(refused / live.length, `${refused} of ${live.length}`).toBeGreaterThanOrEqual(0.9);

    await first.reload();
    await ask(first, "Look: <img src=x onerror=alert(1)>");
    await first.getByRole("alert").getByText("onclick").waitFor();
    expect(await composer(first).inputValue()).toBe("Look: <img src=x onerror=alert(1)>");
    await strict.shot(first, "refused");
    await ask(first, "Look: `<img src=x onerror=alert(1)>`");
    await done(first);
    await first.locator("article").filter({ hasText: "word40" }).last().waitFor();
    expect(strict.faults).toEqual([]);
  } finally {
    await strict.close();
  }
});
