import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ask, composer, done, fillAccount, PASSWORD, Stage, setUp, violations, whole } from "./stage.ts";

const stage = new Stage();
let page: Page;

beforeAll(async () => {
  await stage.open();
  page = await stage.page();
  await setUp(stage, page);
});
afterAll(() => stage.close());
afterEach(() => expect(stage.faults.splice(0)).toEqual([]));

it("nobody sees another's conversations", async () => {
  await page.goto(stage.url);
  await ask(page, "A secret of mine");
  await whole(page);
  const other = await stage.page();
  await other.goto(`${stage.url}/register`);
  await fillAccount(other, "second");
  await stage.shot(other, "register");
  await other.getByRole("button", { name: "Create an account" }).click();
  await other.getByText("Your conversations will appear here.").waitFor();
  await other.goto(page.url());
  await other.getByText(/does not exist, or it is not yours/).waitFor();
  expect(await other.getByText("A secret of mine").count()).toBe(0);
  await other.context().close();
});

it("everything can be done with the keyboard alone", async () => {
  const keys = await stage.page();
  const press = (...names: string[]) =>
    names.reduce((all, name) => all.then(() => keys.keyboard.press(name)), Promise.resolve());
  await keys.goto(stage.url);
  await keys.getByRole("heading", { name: "Welcome back" }).waitFor();
  await keys.keyboard.type("owner");
  await press("Tab");
  await keys.keyboard.type(PASSWORD);
  await press("Enter");
  await composer(keys).waitFor();
  await keys.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await keys.keyboard.type("By keyboard");
  await press("Enter");
  await whole(keys);
  await done(keys);
  await press("Tab");
  await keys.keyboard.type("");
  const skip = keys.getByRole("button", { name: "Skip to the conversation" });
  for (
    let steps = 0;
    steps < 60 && !(await skip.evaluate((it) => it === document.activeElement));
    steps += 1
  ) {
    await press("Tab");
  }
  await stage.shot(keys, "skip-link");
  await press("Enter");
  expect(await keys.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
  await keys.context().close();
});

it("a wrong password is said, and signing out asks for it again", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("input[name=username]").fill("owner");
  await page.locator("input[name=password]").fill("not the password at all");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await stage.shot(page, "sign-in");
  expect(await violations(page)).toEqual([]);
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await composer(page).waitFor();
});

it("the page speaks French to who reads French, and is whole on a phone", async () => {
  const phone = await stage.page({
    locale: "fr-FR",
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await phone.goto(stage.url);
  await phone.getByRole("heading", { name: "Bon retour" }).waitFor();
  await stage.shot(phone, "phone-sign-in-fr");
  await phone.locator("input[name=username]").fill("owner");
  await phone.locator("input[name=password]").fill(PASSWORD);
  await phone.getByRole("button", { name: "Se connecter", exact: true }).click();
  await phone.getByText("Sur quoi travaillons-nous ?").waitFor();
  expect(await phone.locator("html").getAttribute("lang")).toBe("fr");
  await stage.shot(phone, "phone-welcome-fr");
  await ask(phone, "Une question");
  await whole(phone);
  await done(phone);
  await stage.shot(phone, "phone-answered-fr");
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
  await phone.getByRole("button", { name: "Ouvrir la liste des conversations" }).click();
  await phone.getByRole("dialog").waitFor();
  await stage.shot(phone, "phone-list-fr");
  expect(await violations(phone)).toEqual([]);
  await phone.context().close();
});
