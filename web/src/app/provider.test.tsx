import { screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { violations } from "../testing/axe";
// Pages that come when they are needed: here they are there before the clock of a test runs.
import "../features/account/prove-dialog";
import "../features/account/security-page";
import { Refusal, renderApp } from "../testing/render-app";
import { factors, user as owner } from "../testing/samples";

beforeEach(() => {
  localStorage.clear();
  window.history.replaceState(null, "", "/");
});
afterEach(() => vi.unstubAllGlobals());

const CORP = { items: [{ id: "corp", name: "Corp" }], passkeys: false };
const identity = {
  id: "i1",
  issuer: "https://id.example",
  provider: "corp",
  label: "ada@example.org",
  created_at: "2026-01-01T00:00:00Z",
};
type View = ReturnType<typeof renderApp>;
const sent = (view: View, call: string) =>
  view.calls.filter((each) => each.call === call).map(({ body }) => body);

describe("the way back from a provider", () => {
  it("asks for the second step that the address speaks of, and says nothing of a password", async () => {
    window.history.replaceState(null, "", "/sign-in#step=jrf_1&methods=totp,recovery_code,nonsense");
    const view = renderApp("/sign-in", {
      "POST /auth/oidc/finish": (body: unknown) =>
        (body as { otp: string }).otp === "123456" ? { user: owner } : new Refusal(401, "invalid_code"),
    });
    const code = await screen.findByLabelText("Code from your app");
    expect(location.hash).toBe("");
    expect(screen.queryByText(/password is right/)).not.toBeInTheDocument();
    expect(await violations()).toEqual([]);
    await view.user.type(code, "000000{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("This code is wrong");
    await view.user.clear(code);
    await view.user.type(code, "123456{Enter}");
    expect(await screen.findByText(/What shall we work on/)).toBeVisible();
    expect(sent(view, "POST /auth/oidc/finish").at(-1)).toEqual({ flow: "jrf_1", otp: "123456" });
  });

  it("tells who is signed in why it was for nothing, once", async () => {
    window.history.replaceState(null, "", "/#error=identity_taken");
    const view = renderApp("/");
    const dialog = within(await screen.findByRole("dialog", { name: "That did not work" }));
    expect(dialog.getByText(/Another account here/)).toBeVisible();
    expect(location.hash).toBe("");
    await view.user.click(dialog.getByRole("button", { name: "Close" }));
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });
});

it("an invitation goes to the provider in a body and not in an address", async () => {
  window.history.replaceState(null, "", "/join#jri_secret");
  const view = renderApp("/join", {
    "GET /auth/providers": CORP,
    "POST /auth/oidc/corp/join": new Refusal(503, "provider_unavailable"),
  });
  await view.user.click(await screen.findByRole("button", { name: "Continue with Corp" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("does not answer");
  expect(sent(view, "POST /auth/oidc/corp/join")).toEqual([{ invite: "jri_secret" }]);
  expect(location.hash).toBe("");
});

describe("an account without a password", () => {
  const answers = {
    "GET /auth/2fa": factors,
    "GET /auth/providers": CORP,
    "GET /auth/sessions": { items: [] },
    "GET /auth/keys": { items: [] },
    "GET /auth/identities": { items: [identity], has_password: false },
  };

  it("gets its first one without being asked for another", async () => {
    const view = renderApp("/settings/security", { ...answers, "POST /auth/password": null });
    const field = await screen.findByLabelText("New password");
    await screen.findByRole("button", { name: "Set a password" });
    expect(screen.queryByLabelText("Current password")).not.toBeInTheDocument();
    expect(await violations()).toEqual([]);
    await view.user.type(field, "correct horse battery{Enter}");
    expect(await screen.findByText(/Your password is changed/)).toBeVisible();
    expect(sent(view, "POST /auth/password")).toEqual([{ new_password: "correct horse battery" }]);
  });

  it("proves through its provider, with the code of the app", async () => {
    const view = renderApp("/settings/security", {
      ...answers,
      "POST /auth/oidc/corp/link": new Refusal(403, "recent_proof_required"),
      "POST /auth/oidc/corp/prove": new Refusal(401, "invalid_code"),
    });
    await view.user.click(await screen.findByRole("button", { name: "Connect Corp" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Is it you?" }));
    const confirm = await dialog.findByRole("button", { name: "Confirm with Corp" });
    expect(dialog.queryByLabelText("Password")).not.toBeInTheDocument();
    expect(await violations()).toEqual([]);
    await view.user.type(dialog.getByLabelText("Code from your app"), "123456");
    await view.user.click(confirm);
    expect(await dialog.findByRole("alert")).toHaveTextContent("This code is wrong");
    expect(sent(view, "POST /auth/oidc/corp/prove")).toEqual([{ return_to: "/", otp: "123456" }]);
  });
});
