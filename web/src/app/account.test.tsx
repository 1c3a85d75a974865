import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Role } from "../api/account-wire";
import { violations } from "../testing/axe";
// Pages that come when they are needed: here they are there before the clock of a test runs.
import "../features/account/enrolment-wall";
import "../features/account/prove-dialog";
import "../features/account/security-page";
import "../features/admin/people-page";
import { Refusal, renderApp } from "../testing/render-app";
import { apiKey, device, factors, noFactors, user as owner, person } from "../testing/samples";

beforeEach(() => {
  localStorage.clear();
  window.history.replaceState(null, "", "/");
});
afterEach(() => vi.unstubAllGlobals());

const LONG = "correct horse battery";
const CODES = ["aaaaa-11111", "bbbbb-22222"];
type View = ReturnType<typeof renderApp>;

const sent = (view: View, call: string) =>
  view.calls.filter((each) => each.call === call).map(({ body }) => body);

describe("who must have a second factor", () => {
  const answers = {
    "GET /auth/2fa": { ...noFactors, required: true },
    "POST /auth/2fa/totp": { secret: "ABCDEFGH", uri: "otpauth://totp/x?secret=ABCDEFGH" },
    "POST /auth/2fa/totp/confirm": { recovery_codes: CODES },
  };

  it("passes through the wall, keeps the codes, and only then sees the page", async () => {
    const view = renderApp("/", answers);
    expect(await screen.findByRole("heading", { name: "Protect your account" })).toBeVisible();
    expect(view.sockets).toHaveLength(0);
    expect(view.calls.some(({ call }) => call === "GET /conversations")).toBe(false);
    expect(await violations()).toEqual([]);
    await view.user.click(screen.getByRole("button", { name: /Authenticator app/ }));
    expect(await screen.findByText("ABCD EFGH")).toBeVisible();
    expect(await violations()).toEqual([]);
    await view.user.type(screen.getByLabelText("Code from your app"), "123456{Enter}");
    expect(await screen.findByText("aaaaa-11111")).toBeVisible();
    expect(await violations()).toEqual([]);
    // The factor is there now; the codes stay all the same until they are kept.
    view.answers["GET /auth/2fa"] = { ...factors, required: true };
    const done = screen.getByRole("button", { name: "Done" });
    expect(done).toBeDisabled();
    await view.user.click(screen.getByRole("checkbox", { name: "I have kept them" }));
    await view.user.click(done);
    expect(await screen.findByText(/What shall we work on/)).toBeVisible();
  });

  it("meets the wall also when only a refusal tells of it", async () => {
    const refusal = new Refusal(403, "second_factor_enrolment_required");
    renderApp("/", { "GET /auth/2fa": new Refusal(404, "not_found"), "GET /conversations": refusal });
    expect(await screen.findByRole("heading", { name: "Protect your account" })).toBeVisible();
  });
});

describe("a recent proof", () => {
  function answers() {
    let proved = false;
    const needs = (answer: unknown) => () => (proved ? answer : new Refusal(403, "recent_proof_required"));
    return {
      "GET /auth/2fa": factors,
      "GET /auth/sessions": { items: [device] },
      "GET /auth/keys": { items: [apiKey] },
      "GET /auth/identities": { items: [] },
      "POST /auth/keys": needs({ ...apiKey, key: "jrv_whole" }),
      "POST /auth/prove": (body: unknown) => {
        proved = (body as { password: string }).password === LONG;
        return proved ? null : new Refusal(401, "invalid_credentials");
      },
    };
  }

  async function fillKey(view: View) {
    await view.user.click(await screen.findByRole("button", { name: "New key" }));
    await view.user.type(screen.getByLabelText("What is it for?"), "Nightly");
    await view.user.click(screen.getByRole("button", { name: "Make the key" }));
    return within(await screen.findByRole("dialog", { name: "Is it you?" }));
  }

  it("is asked for, and what was wanted goes on by itself", async () => {
    const view = renderApp("/settings/security", answers());
    expect(await screen.findByText("Backup script")).toBeVisible();
    expect(await violations()).toEqual([]);
    const proof = await fillKey(view);
    expect(await violations()).toEqual([]);
    await view.user.type(proof.getByLabelText("Password"), "wrong");
    await view.user.type(proof.getByLabelText("Code from your app"), "123456{Enter}");
    expect(await proof.findByRole("alert")).toHaveTextContent("The password or the code is wrong.");
    await view.user.clear(proof.getByLabelText("Password"));
    await view.user.type(proof.getByLabelText("Password"), `${LONG}{Enter}`);
    expect(await screen.findByText("jrv_whole")).toBeVisible();
    expect(sent(view, "POST /auth/prove").at(-1)).toEqual({ password: LONG, otp: "123456" });
    expect(sent(view, "POST /auth/keys")).toHaveLength(2);
    expect(sent(view, "POST /auth/keys")[1]).toMatchObject({ name: "Nightly", scopes: ["read"] });
  });

  it("that is not given leaves the form as it was, and says that nothing changed", async () => {
    const view = renderApp("/settings/security", answers());
    const proof = await fillKey(view);
    await view.user.click(proof.getByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Nothing was changed");
    expect(screen.getByLabelText("What is it for?")).toHaveValue("Nightly");
  });
});

describe("keys", () => {
  it("are all revoked at once, after asking, where there are several", async () => {
    const keys = [apiKey, { ...apiKey, id: "k2", name: "Lamp" }];
    const view = renderApp("/settings/security", {
      "GET /auth/2fa": factors,
      "GET /auth/sessions": { items: [device] },
      "GET /auth/keys": { items: keys },
      "GET /auth/identities": { items: [] },
      "DELETE /auth/keys": null,
    });
    await view.user.click(await screen.findByRole("button", { name: "Revoke all keys" }));
    const asked = within(await screen.findByRole("dialog", { name: "Revoke all keys?" }));
    expect(await violations()).toEqual([]);
    expect(sent(view, "DELETE /auth/keys")).toHaveLength(0);
    view.answers["GET /auth/keys"] = { items: [apiKey] };
    await view.user.click(asked.getByRole("button", { name: "Revoke all keys" }));
    await waitFor(() => expect(screen.queryByText("Lamp")).toBeNull());
    expect(sent(view, "DELETE /auth/keys")).toHaveLength(1);
    // One alone has its own button.
    expect(screen.queryByRole("button", { name: "Revoke all keys" })).toBeNull();
  });
});

describe("people", () => {
  const ada = person({ id: "p1", username: "ada", role: "admin" });
  const linus = person({ id: "p2", username: "linus", role: "user" });
  const answers = (me: Role) => ({
    "GET /auth/me": { ...owner, role: me },
    "GET /admin/users": { items: [person({ ...owner, role: me }), ada, linus], next: null },
    "GET /admin/invites": { items: [] },
  });

  it("an admin manages users, and no other admin", async () => {
    renderApp("/settings/people", answers("admin"));
    expect(await screen.findByRole("button", { name: "Manage linus" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Manage ada" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Manage owner" })).toBeNull();
    expect(await violations()).toEqual([]);
  });

  it("a user does not get there", async () => {
    const view = renderApp("/settings/people", { ...answers("user"), "GET /auth/keys": { items: [] } });
    await waitFor(() => expect(view.router.state.location.pathname).toBe("/settings/security"));
    expect(screen.queryByRole("link", { name: "People" })).toBeNull();
  });

  it("a superuser changes roles, and deletes only after typing the name; a refusal is told", async () => {
    const view = renderApp("/settings/people", {
      ...answers("superuser"),
      "PATCH /admin/users/p1": { ...ada, role: "user" },
      "DELETE /admin/users/p1": new Refusal(409, "last_superuser"),
    });
    await view.user.click(await screen.findByRole("button", { name: "Manage ada" }));
    expect(await violations()).toEqual([]);
    await view.user.selectOptions(screen.getByLabelText("Role"), "user");
    await view.user.click(screen.getByRole("button", { name: "Change the role" }));
    expect(await screen.findByText("The role is changed.")).toBeVisible();
    expect(sent(view, "PATCH /admin/users/p1")).toEqual([{ role: "user" }]);
    await view.user.click(screen.getByRole("button", { name: "Delete the account" }));
    const box = screen.getByLabelText("Type ada to confirm");
    await view.user.type(box, "ad{Enter}");
    expect(sent(view, "DELETE /admin/users/p1")).toHaveLength(0);
    await view.user.type(box, "a{Enter}");
    expect(await screen.findByText(/This is the last superuser/)).toBeVisible();
  });

  it("an invitation's link is shown once", async () => {
    const view = renderApp("/settings/people", {
      ...answers("admin"),
      "POST /admin/invites": { id: "v", email: null, role: "user", link: "https://x/join#c", code: "c" },
    });
    await view.user.click(await screen.findByRole("button", { name: "Invite someone" }));
    await view.user.click(screen.getByRole("button", { name: "Make the link" }));
    expect(await screen.findByText("https://x/join#c")).toBeVisible();
    expect(sent(view, "POST /admin/invites")).toEqual([{ role: "user", expires_in_days: 7 }]);
    await view.user.click(screen.getByRole("button", { name: "Done" }));
    expect(screen.queryByText("https://x/join#c")).toBeNull();
  });
});
