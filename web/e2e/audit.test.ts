import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { composer, fillAccount, PASSWORD, Stage, setUp, violations } from "./stage.ts";

const stage = new Stage();
let page: Page;

beforeAll(async () => {
  await stage.open();
  page = await stage.page({ viewport: { width: 1440, height: 900 } });
  await setUp(stage, page);
});
afterAll(() => stage.close());
afterEach(() => expect(stage.faults.splice(0)).toEqual([]));

const line = (from: Page, words: string) => from.locator("summary", { hasText: words });

it("an admin sees in the trail what happens, while it happens", async () => {
  await page.getByRole("link", { name: "Settings of owner" }).click();
  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByRole("heading", { name: "Audit trail" }).waitFor();
  await line(page, "First account made with the set-up code").waitFor();
  const stranger = await stage.page();
  await stranger.goto(`${stage.url}/register`);
  await fillAccount(stranger, "second");
  await stranger.getByRole("button", { name: "Create an account" }).click();
  await composer(stranger).waitFor();
  await stranger.getByRole("button", { name: "Sign out" }).click();
  await stranger.locator("input[name=username]").fill("second");
  await stranger.locator("input[name=password]").fill("not the password at all");
  await stranger.getByRole("button", { name: "Sign in", exact: true }).click();
  await stranger.getByRole("alert").waitFor();
  await line(page, "Sign-in refused").waitFor();
  await page
    .getByRole("status")
    .filter({ hasText: /new event/ })
    .waitFor({ state: "attached" });
  await line(page, "Sign-in refused").press("Enter");
  await page.getByText("Calls itself").waitFor();
  await stage.shot(page, "audit");
  await line(page, "First account made").scrollIntoViewIfNeeded();
  await stage.shot(page, "audit-list");
  expect(await violations(page)).toEqual([]);
  await stranger.context().close();
});

it("filters it, keeps the filter in the address, and takes away what matches", async () => {
  await page.getByLabel("What happened").selectOption("sign_in_failed");
  await page.getByText("Nothing older matches.").waitFor();
  await page.waitForFunction(() => document.querySelectorAll("summary time").length === 1);
  expect(new URL(page.url()).search).toBe("?what=sign_in_failed");
  await page.reload();
  await line(page, "Sign-in refused").waitFor();
  await stage.shot(page, "audit-filtered");
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("jarvis-audit.jsonl");
  const lines = readFileSync(await file.path(), "utf8")
    .trim()
    .split("\n");
  expect(lines.map((each) => JSON.parse(each).kind)).toEqual(["sign_in_failed"]);
  await page.getByLabel("Who did it").fill("sec");
  await page.getByRole("button", { name: "second" }).click();
  await page.getByText("Done by second").waitFor();
  expect(await violations(page)).toEqual([]);
});

it("is whole on a phone and in French, and not for everybody", async () => {
  const phone = await stage.page({
    locale: "fr-FR",
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const enter = async (name: string) => {
    await phone.goto(`${stage.url}/settings/audit`);
    await phone.locator("input[name=username]").fill(name);
    await phone.locator("input[name=password]").fill(PASSWORD);
    await phone.getByRole("button", { name: "Se connecter", exact: true }).click();
  };
  await enter("owner");
  await line(phone, "Connexion refusée").waitFor();
  await stage.shot(phone, "phone-audit-fr");
  await line(phone, "Premier compte").scrollIntoViewIfNeeded();
  await stage.shot(phone, "phone-audit-end-fr");
  await line(phone, "Connexion refusée").click();
  await phone.getByText("Dit être").scrollIntoViewIfNeeded();
  await stage.shot(phone, "phone-audit-list-fr");
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
  expect(await violations(phone)).toEqual([]);
  await phone.context().clearCookies();
  await enter("second");
  await phone.waitForURL(/\/settings\/security$/);
  await phone.context().close();
});
