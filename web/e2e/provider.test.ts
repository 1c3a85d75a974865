import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CLIENT, IdentityProvider, nameThere, signInThere } from "./identity-provider.ts";
import { codeOf } from "./one-time-code.ts";
import { composer, ollama, PASSWORD, Stage, setUp, violations } from "./stage.ts";

async function house(registration: string): Promise<{ stage: Stage; provider: IdentityProvider }> {
  const [stage, provider] = [new Stage(), await new IdentityProvider().start()];
  stage.elsewhere.push(provider.issuer);
  await stage.open((model) => ({
    ...ollama(model),
    REGISTRATION: registration,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    OIDC_NAME: "Corp",
  }));
  provider.open(stage.url);
  return { stage, provider };
}

/** A browser. The provider's own pages want a font from afar: nothing leaves this machine. */
async function browser(stage: Stage, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await stage.page(options);
  await page.context().route("https://**", (route) => route.abort());
  return page;
}

const corp = (page: Page) => page.getByRole("link", { name: "Continue with Corp" });

/** What the page itself would be told. */
const told = (page: Page, method: string, path: string, body?: object) =>
  page.evaluate(
    async ([verb, where, text]) => {
      const headers = text === null ? {} : { "content-type": "application/json" };
      const answer = await fetch(where, { method: verb, headers, body: text });
      return (await answer.json().catch(() => null)) as Record<string, never>;
    },
    [method, path, body ? JSON.stringify(body) : null] as const,
  );

describe("where anybody may come in", () => {
  let stage: Stage;
  let provider: IdentityProvider;
  let owner: Page;
  beforeAll(async () => {
    ({ stage, provider } = await house("open"));
    owner = await browser(stage);
    await setUp(stage, owner);
  });
  afterAll(async () => {
    await stage?.close();
    await provider?.stop();
  });
  afterEach(() => expect(stage.faults.splice(0)).toEqual([]));

  it("one button makes an account, and one is in", async () => {
    const page = await browser(stage);
    await page.goto(`${stage.url}/sign-in?next=/settings/security`);
    await corp(page).waitFor();
    await stage.shot(page, "provider-button");
    expect(await violations(page)).toEqual([]);
    await corp(page).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await signInThere(page, "ada.lovelace");
    await page.getByText("ada.lovelace@corp.example").waitFor();
    expect(page.url()).toBe(`${stage.url}/settings/security`);
    await stage.shot(page, "provider-security");
    expect(await violations(page)).toEqual([]);
    const me = await told(page, "GET", "/auth/me");
    expect(me).toMatchObject({ username: "ada-lovelace", email: "ada.lovelace@corp.example", role: "user" });
    const cookies = await page.context().cookies(stage.url);
    const kept = cookies.filter(({ name }) => name.startsWith("jarvis_"));
    expect(kept.map(({ name, sameSite }) => [name, sameSite]).sort()).toEqual([
      ["jarvis_access", "Strict"],
      ["jarvis_device", "Strict"],
      ["jarvis_refresh", "Strict"],
    ]);
    await page.reload();
    await page.getByText("ada.lovelace@corp.example").waitFor();

    // Out, and in again with the same button: the same account, and the provider asks nothing any more.
    await told(page, "POST", "/auth/logout");
    await page.goto(`${stage.url}/sign-in`);
    await corp(page).click();
    await composer(page).waitFor();
    expect((await told(page, "GET", "/auth/me"))["id"]).toBe(me["id"]);

    // The provider proves who is there: it asks for the password again, and says so.
    const { url } = await told(page, "POST", "/auth/oidc/oidc/prove", { return_to: "/settings/security" });
    await page.goto(url ?? "");
    await nameThere(page, "ada.lovelace");
    await page.getByText("ada.lovelace@corp.example").waitFor();
    expect(page.url()).toBe(`${stage.url}/settings/security`);

    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Set a password" }).click();
    await page.getByLabel("Current password").waitFor();
    await page.context().close();
  });

  it("who is signed in connects a provider, and comes in by it", async () => {
    await owner.goto(`${stage.url}/settings/security`);
    await owner.getByRole("button", { name: "Connect Corp" }).click();
    await owner.waitForURL(`${provider.issuer}/**`);
    await signInThere(owner, "boss");
    await owner.getByText("boss@corp.example").waitFor();
    expect(owner.url()).toBe(`${stage.url}/settings/security`);
    await stage.shot(owner, "provider-linked");
    await told(owner, "POST", "/auth/logout");
    await owner.goto(`${stage.url}/sign-in`);
    await corp(owner).click();
    await composer(owner).waitFor();
    expect(await told(owner, "GET", "/auth/me")).toMatchObject({ username: "owner", role: "superuser" });
  });

  it("what opens another account is not taken over, and one is told", async () => {
    const page = await browser(stage);
    await page.goto(`${stage.url}/sign-in`);
    await corp(page).click();
    await signInThere(page, "eve");
    await composer(page).waitFor();
    await page.goto(`${stage.url}/settings/security`);
    // Eve's browser is at the provider as Eve; she signs in there as the boss.
    await page.context().clearCookies({ domain: "localhost" });
    await page.getByRole("button", { name: "Connect Corp" }).click();
    await signInThere(page, "boss");
    await page.getByRole("dialog").getByText("Another account here is opened with it already").waitFor();
    await stage.shot(page, "provider-taken");
    expect(await violations(page)).toEqual([]);
    expect(new URL(page.url()).hash).toBe("");
    await page.getByRole("button", { name: "Close" }).click();
    await page.context().close();
  });

  it("a provider's word is one factor: the code of the app is asked for here", async () => {
    const page = await browser(stage);
    await page.goto(`${stage.url}/sign-in`);
    await corp(page).click();
    await signInThere(page, "grace");
    await composer(page).waitFor();
    const { secret = "" } = (await told(page, "POST", "/auth/2fa/totp")) as { secret?: string };
    await told(page, "POST", "/auth/2fa/totp/confirm", { code: codeOf(secret) });
    await told(page, "POST", "/auth/logout");
    await page.goto(`${stage.url}/sign-in?next=/settings/security`);
    await corp(page).click();
    await page.getByRole("heading", { name: "One more step" }).waitFor();
    expect(page.url()).toBe(`${stage.url}/sign-in?next=%2Fsettings%2Fsecurity`);
    await stage.shot(page, "provider-second-step");
    expect(await violations(page)).toEqual([]);
    await page.getByLabel("Code from your app").fill(codeOf(secret, 1));
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("grace@corp.example").waitFor();
    await page.context().close();
  });

  it("a refusal there is told in plain words, and changes nothing", async () => {
    const page = await browser(stage, { locale: "fr-FR" });
    await page.goto(`${stage.url}/sign-in`);
    await page.getByRole("link", { name: "Continuer avec Corp" }).click();
    await page.getByRole("link", { name: /Cancel/ }).click();
    await page
      .getByRole("alert")
      .getByText(/ne vous a pas laissé passer/)
      .waitFor();
    await stage.shot(page, "provider-refused");
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});

describe("where nobody registers", () => {
  let stage: Stage;
  let provider: IdentityProvider;
  beforeAll(async () => {
    ({ stage, provider } = await house("invite"));
  });
  afterAll(async () => {
    await stage?.close();
    await provider?.stop();
  });
  afterEach(() => expect(stage.faults.splice(0)).toEqual([]));

  it("somebody unknown stays out, and comes in with an invitation", async () => {
    const owner = await browser(stage);
    await setUp(stage, owner);
    const page = await browser(stage);
    await page.goto(`${stage.url}/sign-in`);
    await corp(page).click();
    await signInThere(page, "eve");
    await page.getByRole("alert").getByText("This server takes no new accounts by itself.").waitFor();
    expect(await told(page, "GET", "/auth/me")).toMatchObject({ code: "unauthenticated" });

    const { code = "" } = (await told(owner, "POST", "/admin/invites", { role: "user" })) as {
      code?: string;
    };
    await page.goto(`${stage.url}/join#${code}`);
    const join = page.getByRole("button", { name: "Continue with Corp" });
    await join.waitFor();
    await stage.shot(page, "provider-join");
    expect(await violations(page)).toEqual([]);
    await join.click();
    await composer(page).waitFor();
    expect(await told(page, "GET", "/auth/me")).toMatchObject({ username: "eve" });
  });
});
