import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { violations } from "../testing/axe";
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

async function typePassword(view: View) {
  await view.user.type(await screen.findByLabelText("Name or e-mail"), "owner");
  await view.user.type(screen.getByLabelText("Password"), `${LONG}{Enter}`);
}
const sent = (view: View, call: string) =>
  view.calls.filter((each) => each.call === call).map(({ body }) => body);

describe("signing in with a second step", () => {
  const methods = { methods: ["totp", "recovery_code"], flow: "f1" };
  const answers = {
    "POST /auth/login": (body: unknown) => {
      const { otp } = body as { otp?: string };
      if (!otp) return new Refusal(401, "second_factor_required", [], methods);
      return otp === "123456" || otp === "aaaaa-11111" ? { user: owner } : new Refusal(401, "invalid_code");
    },
  };

  it("asks for the code after the password, says that it is wrong, and lets in with the right one", async () => {
    const view = renderApp("/sign-in", answers);
    await typePassword(view);
    const code = await screen.findByLabelText("Code from your app");
    expect(code).toHaveAttribute("autocomplete", "one-time-code");
    expect(code).toHaveFocus();
    expect(await violations()).toEqual([]);
    await view.user.type(code, "000000{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("This code is wrong");
    await view.user.clear(code);
    await view.user.type(code, "123 456{Enter}");
    expect(await screen.findByText(/What shall we work on/)).toBeVisible();
    expect(sent(view, "POST /auth/login").at(-1)).toEqual({
      username: "owner",
      password: LONG,
      otp: "123456",
    });
    expect(view.calls.some(({ call }) => call === "POST /auth/refresh")).toBe(false);
  });

  it("takes a recovery code instead", async () => {
    const view = renderApp("/sign-in", answers);
    await typePassword(view);
    await view.user.click(await screen.findByRole("button", { name: "Use a recovery code" }));
    await view.user.type(screen.getByLabelText("Recovery code"), "aaaaa-11111{Enter}");
    expect(await screen.findByText(/What shall we work on/)).toBeVisible();
  });

  it("counts down while the server asks for a pause, and sends nothing meanwhile", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const view = renderApp("/sign-in", { "POST /auth/login": new Refusal(429, "rate_limited", [], {}, 60) });
    await typePassword(view);
    expect(await screen.findByRole("timer")).toHaveTextContent(/You can try again in (1:00|0:59)\./);
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(screen.getByRole("timer")).toHaveTextContent(/in 0:(30|29)\./);
    await view.user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(sent(view, "POST /auth/login")).toHaveLength(1);
    await act(() => vi.advanceTimersByTimeAsync(31_000));
    expect(screen.getByRole("timer")).toHaveTextContent("You can try again now.");
    await view.user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(sent(view, "POST /auth/login")).toHaveLength(2);
  });

  it("offers the providers and says what went wrong there, without leaving it in the address", async () => {
    window.history.replaceState(null, "", "/sign-in#error=invite_invalid");
    renderApp("/sign-in", {
      "GET /auth/providers": { items: [{ id: "corp", name: "Corp" }], passkeys: false },
    });
    const link = await screen.findByRole("link", { name: "Continue with Corp" });
    expect(link).toHaveAttribute("href", "/auth/oidc/corp/start?return_to=%2F");
    expect(screen.getByRole("alert")).toHaveTextContent("This invitation is not valid");
    expect(location.hash).toBe("");
  });

  it("an invitation's code goes with the account and not into the address", async () => {
    window.history.replaceState(null, "", "/join#inv_secret");
    const view = renderApp("/join", {
      "POST /auth/register": owner,
      "POST /auth/login": { user: owner },
    });
    await view.user.type(await screen.findByLabelText("Name"), "owner");
    await view.user.type(screen.getByLabelText("E-mail"), "owner@example.org");
    await view.user.type(screen.getByLabelText("Password"), LONG);
    expect(location.hash).toBe("");
    expect(await screen.findByText("Strength: Strong")).toBeVisible();
    expect(await violations()).toEqual([]);
    await view.user.click(screen.getByRole("button", { name: "Accept the invitation" }));
    await screen.findByText(/What shall we work on/);
    expect(sent(view, "POST /auth/register")[0]).toMatchObject({ invite: "inv_secret" });
  });

  it("where accounts are by invitation the page says so and has no form", async () => {
    renderApp("/register", { "GET /auth/setup": { setup_required: false, registration: "invite" } });
    expect(await screen.findByText(/by invitation here/)).toBeVisible();
    expect(screen.queryByLabelText("Password")).toBeNull();
  });
});

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

describe("people", () => {
  const ada = person({ id: "p1", username: "ada", role: "admin" });
  const linus = person({ id: "p2", username: "linus", role: "user" });
  const answers = (me: string) => ({
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

describe("a session that is ended from elsewhere", () => {
  it("leads to the door, says why, and what was being written is there again", async () => {
    const view = renderApp("/", { "POST /auth/login": { user: owner } });
    await view.user.type(await screen.findByRole("textbox"), "Half a thou");
    const socket = view.sockets.at(-1);
    act(() => socket?.welcome());
    view.answers["GET /auth/me"] = undefined;
    act(() => socket?.cut(4403));
    expect(await screen.findByText(/You were signed out here from somewhere else/)).toBeVisible();
    expect(screen.getByText(/What you were writing is still there/)).toBeVisible();
    expect(await violations()).toEqual([]);
    view.answers["GET /auth/me"] = owner;
    await typePassword(view);
    expect(await screen.findByDisplayValue("Half a thou")).toBeVisible();
  });

  it("shows nothing of it to somebody else", async () => {
    const other = { ...owner, id: "other", username: "other" };
    const view = renderApp("/", { "POST /auth/login": { user: other } });
    await view.user.type(await screen.findByRole("textbox"), "Half a thou");
    view.answers["GET /auth/me"] = undefined;
    act(() => view.sockets.at(-1)?.cut(4403));
    await screen.findByText(/You were signed out here/);
    view.answers["GET /auth/me"] = other;
    await typePassword(view);
    expect(await screen.findByRole("textbox")).toHaveValue("");
  });

  it("one's own leaving needs no explanation", async () => {
    const view = renderApp("/", { "POST /auth/logout": null });
    await view.user.click(await screen.findByRole("button", { name: "Sign out" }));
    await screen.findByLabelText("Password");
    expect(screen.queryByText(/signed out here/)).toBeNull();
  });
});
