import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { violations } from "../testing/axe";
import { Refusal, renderApp } from "../testing/render-app";
import { user as owner } from "../testing/samples";

beforeEach(() => {
  localStorage.clear();
  window.history.replaceState(null, "", "/");
});
afterEach(() => vi.unstubAllGlobals());

const LONG = "correct horse battery";
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
