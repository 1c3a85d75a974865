import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { codeOf } from "./one-time-code.ts";
import { composer, fillAccount, ollama, PASSWORD, Stage, violations } from "./stage.ts";

const stage = new Stage();
let page: Page;
let secret = "";
let codes: string[] = [];

async function signIn(to: Page, username = "owner", password = PASSWORD): Promise<void> {
  await to.goto(`${stage.url}/sign-in`);
  await to.locator("input[name=username]").fill(username);
  await to.locator("input[name=password]").fill(password);
  await to.getByRole("button", { name: "Sign in", exact: true }).click();
}

const security = (to: Page) => to.goto(`${stage.url}/settings/security`);

beforeAll(async () => {
  await stage.open((model) => ({ ...ollama(model), REQUIRE_2FA: "admin", REGISTRATION: "invite" }));
  page = await stage.page();
});
afterAll(() => stage.close());
afterEach(() => expect(stage.faults.splice(0)).toEqual([]));

it("the owner protects the account before anything else, and keeps the codes", async () => {
  await page.goto(`${stage.url}/setup#code=${stage.jarvis.setupCode}`);
  await fillAccount(page, "owner");
  await page.getByRole("button", { name: /owner/ }).click();
  await page.getByRole("heading", { name: "Protect your account" }).waitFor();
  await stage.shot(page, "wall");
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: /Authenticator app/ }).click();
  const link = page.getByRole("link", { name: "Open in an app on this device" });
  secret = new URL((await link.getAttribute("href")) ?? "").searchParams.get("secret") ?? "";
  await stage.shot(page, "wall-app");
  await page.getByLabel("Code from your app").fill(codeOf(secret));
  await page.getByRole("button", { name: "Turn it on" }).click();
  const shown = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await shown.nth(9).waitFor();
  codes = await shown.allInnerTexts();
  expect(codes).toHaveLength(10);
  await stage.shot(page, "wall-codes");
  await page.getByLabel("I have kept them").check();
  await page.getByRole("button", { name: /^(Done|Continue|Start)/ }).click();
  await composer(page).waitFor();
});

it("the code of the app is asked for, and a recovery code does in its place, once", async () => {
  const other = await stage.page();
  await signIn(other);
  await other.getByRole("heading", { name: "One more step" }).waitFor();
  await stage.shot(other, "second-step");
  // The step that turned it on is used up: the next one is accepted already.
  await other.getByLabel("Code from your app").fill(codeOf(secret, 1));
  await other.getByRole("button", { name: "Continue" }).click();
  await composer(other).waitFor();
  await other.context().close();

  const third = await stage.page();
  for (const works of [true, false]) {
    await third.context().clearCookies();
    await signIn(third);
    await third.getByRole("button", { name: "Use a recovery code" }).click();
    await third.getByLabel("Recovery code").fill(codes[0] ?? "");
    await third.getByRole("button", { name: "Continue" }).click();
    await (works ? composer(third) : third.getByRole("alert")).waitFor();
  }
  await third.context().close();
});

it("another device that is signed out is thrown out, and told so", async () => {
  const phone = await stage.page();
  await signIn(phone);
  await phone.getByRole("button", { name: "Use a recovery code" }).click();
  await phone.getByLabel("Recovery code").fill(codes[1] ?? "");
  await phone.getByRole("button", { name: "Continue" }).click();
  await composer(phone).fill("Half a thought");
  await security(page);
  await page.getByRole("heading", { name: "Devices" }).waitFor();
  await stage.shot(page, "security");
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Sign out all other devices" }).click();
  await phone.getByText(/You were signed out here from somewhere else/).waitFor({ timeout: 3_000 });
  await stage.shot(phone, "thrown-out");
  await phone.context().close();
});

it("an admin invites a person, who comes in by the link", async () => {
  await page.goto(`${stage.url}/settings/people`);
  await page.getByRole("button", { name: "Invite someone" }).click();
  await page.getByRole("button", { name: "Make the link" }).click();
  const value = await page
    .getByText(/\/join#/)
    .first()
    .innerText();
  await stage.shot(page, "invited");
  const guest = await stage.page();
  await guest.goto(`${stage.url}${new URL(value).pathname}${new URL(value).hash}`);
  await fillAccount(guest, "guest");
  await stage.shot(guest, "join");
  await guest.getByRole("button", { name: "Accept the invitation" }).click();
  await composer(guest).waitFor();
  await guest.context().close();
  await page.goto(`${stage.url}/settings/people`);
  await page.getByText("guest", { exact: true }).first().waitFor();
  await stage.shot(page, "people");
  expect(await violations(page)).toEqual([]);
});

it("a passkey is made, and then opens the account by itself", async () => {
  const context = await stage.page();
  const browser = await context.context().newCDPSession(context);
  await browser.send("WebAuthn.enable");
  await browser.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await context.goto(`${stage.named}/sign-in`);
  await context.locator("input[name=username]").fill("guest");
  await context.locator("input[name=password]").fill(PASSWORD);
  await context.getByRole("button", { name: "Sign in", exact: true }).click();
  await composer(context).waitFor();
  await context.goto(`${stage.named}/settings/security`);
  await context.getByRole("button", { name: "Add a passkey" }).click();
  await context.getByRole("dialog").getByRole("button", { name: "Add a passkey" }).click();
  await context.getByLabel("I have kept them").check();
  await stage.shot(context, "passkey-codes");
  await context.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await context.context().clearCookies();
  await context.goto(`${stage.named}/sign-in`);
  // The browser may have taken the passkey up in the name field before the button is reached.
  const button = context.getByRole("button", { name: "Sign in with a passkey" });
  await Promise.any([button.click(), composer(context).waitFor()]);
  await composer(context).waitFor();
  await context.context().close();
});
