import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ServerEvent } from "../api/wire";
import { violations } from "../testing/axe";
import { Refusal, renderApp } from "../testing/render-app";
import { conversation, message, models, noModels, user as owner } from "../testing/samples";

afterEach(() => vi.unstubAllGlobals());

const LONG = "correct horse battery";
const asked = message({ id: "u1", role: "user", content: "Why?" });
const growing = message({ id: "a1", parent_id: "u1", status: "streaming" });

async function signIn(view: ReturnType<typeof renderApp>) {
  await view.user.type(await screen.findByLabelText("Name or e-mail"), "owner");
  await view.user.type(screen.getByLabelText("Password"), LONG);
  await view.user.click(screen.getByRole("button", { name: "Sign in" }));
}

describe("without a session", () => {
  it("the page asks to sign in, then leads where one wanted to go", async () => {
    const view = renderApp("/c/c1", {
      "GET /auth/me": undefined,
      "POST /auth/refresh": new Refusal(401, "unauthenticated"),
      "POST /auth/login": { user: owner },
      "GET /conversations/c1": conversation(),
      "GET /conversations/c1/messages": { items: [asked], next: null, seq: 1 },
    });
    await signIn(view);
    expect(await screen.findByText("Why?")).toBeVisible();
    expect(view.router.state.location.pathname).toBe("/c/c1");
  });

  it("a wrong password is said and what was typed stays", async () => {
    const view = renderApp("/sign-in", { "POST /auth/login": new Refusal(401, "invalid_credentials") });
    await signIn(view);
    expect(await screen.findByRole("alert")).toHaveTextContent("The name or the password is wrong.");
    expect(screen.getByLabelText("Name or e-mail")).toHaveValue("owner");
    expect(view.calls.some(({ call }) => call === "POST /auth/refresh")).toBe(false);
    expect(await violations()).toEqual([]);
  });

  it("a session that ran out is renewed once for all calls that noticed", async () => {
    let renewed = false;
    const view = renderApp("/", {
      "GET /auth/me": () => (renewed ? owner : undefined),
      "POST /auth/refresh": () => {
        renewed = true;
        return { user: owner };
      },
    });
    expect(await screen.findByText(/What shall we work on/)).toBeVisible();
    expect(view.calls.filter(({ call }) => call === "POST /auth/refresh")).toHaveLength(1);
  });

  it("the set-up link makes the owner's account, and its code leaves the address", async () => {
    window.history.replaceState(null, "", "/setup#code=AAAA-BBBB");
    const view = renderApp("/setup", {
      "GET /auth/setup": { setup_required: true, registration: "open" },
      "GET /auth/me": owner,
      "POST /auth/register": owner,
      "POST /auth/login": { user: owner },
    });
    await view.user.type(await screen.findByLabelText("Name"), "owner");
    await view.user.type(screen.getByLabelText("E-mail"), "owner@example.org");
    await view.user.type(screen.getByLabelText("Password"), LONG);
    expect(location.hash).toBe("");
    expect(await violations()).toEqual([]);
    await view.user.click(screen.getByRole("button", { name: /owner.s account/ }));
    await screen.findByText(/What shall we work on/);
    expect(view.calls.find(({ call }) => call === "POST /auth/register")?.body).toEqual({
      username: "owner",
      email: "owner@example.org",
      password: LONG,
      setup_code: "AAAA-BBBB",
    });
  });

  it("a refused account says beside each field what is wrong", async () => {
    const view = renderApp("/register", { "POST /auth/register": new Refusal(422, "invalid", ["password"]) });
    await view.user.type(await screen.findByLabelText("Name"), "owner");
    await view.user.type(screen.getByLabelText("E-mail"), "owner@example.org");
    await view.user.type(screen.getByLabelText("Password"), LONG);
    await view.user.click(screen.getByRole("button", { name: "Create an account" }));
    expect(await screen.findByText(/too easy to guess/)).toBeVisible();
    expect(screen.getByLabelText("Password")).toHaveAttribute("aria-invalid", "true");
  });
});

describe("a conversation", () => {
  const answers = {
    "GET /conversations/c1": conversation({ title: "About why" }),
    "GET /conversations/c1/messages": { items: [asked, growing], next: null, seq: 5 },
  };
  const at = { conversation_id: "c1", message_id: "a1" };

  function connect(view: ReturnType<typeof renderApp>) {
    const socket = view.sockets.at(-1);
    if (!socket) throw new Error("no socket");
    const say = (event: ServerEvent) => act(() => socket.say(event));
    act(() => socket.welcome());
    return { socket, say };
  }

  it("is resumed where the server says, grows, and ends", async () => {
    const view = renderApp("/c/c1", answers);
    await screen.findByText("Why?");
    const { socket, say } = connect(view);
    expect(socket.sent).toContainEqual({ type: "subscribe", conversation_id: "c1", after_seq: 5 });
    say({ type: "subscribed", conversation_id: "c1", seq: 5 });
    say({ type: "message.delta", ...at, seq: 6, content: "Because **of" });
    say({ type: "message.delta", ...at, seq: 7, content: " it**." });
    await waitFor(() => expect(screen.getByText("of it")).toBeVisible());
    expect(screen.getByRole("button", { name: "Stop" })).toBeVisible();
    const whole = message({ id: "a1", parent_id: "u1", content: "Because **of it**." });
    say({
      type: "message.finished",
      ...at,
      seq: 8,
      status: "completed",
      content: whole.content,
      usage: null,
      processing_time_ms: 1,
      message: whole,
    });
    expect(await screen.findByRole("button", { name: "Send" })).toBeVisible();
    const spoken = screen.getAllByRole("log").at(-1);
    expect(spoken).toHaveTextContent("Because of it.");
    expect(await violations()).toEqual([]);
  });

  it("is loaded again when the server no longer has what was missed", async () => {
    const view = renderApp("/c/c1", answers);
    await screen.findByText("Why?");
    const { socket, say } = connect(view);
    const whole = message({ id: "a1", parent_id: "u1", content: "All of it." });
    view.answers["GET /conversations/c1/messages"] = { items: [asked, whole], next: null, seq: 90 };
    say({ type: "resync", conversation_id: "c1" });
    expect((await screen.findAllByText("All of it."))[0]).toBeVisible();
    expect(socket.sent).toContainEqual({ type: "subscribe", conversation_id: "c1", after_seq: 90 });
  });

  it.each([
    ["failed", { code: "unreachable", detail: "" }, "The model server cannot be reached."],
    ["interrupted", null, /cut short/],
    ["stopped", null, "You stopped this answer."],
  ] as const)("says that an answer was %s and tries again when asked", async (status, error, sentence) => {
    const view = renderApp("/c/c1", {
      ...answers,
      "GET /conversations/c1/messages": {
        items: [asked, message({ id: "a1", parent_id: "u1", status, error, content: "Be" })],
        next: null,
        seq: 5,
      },
      "POST /conversations/c1/regenerate": {},
    });
    expect(await screen.findByText(sentence)).toBeVisible();
    await view.user.click(screen.getByRole("button", { name: "Try again" }));
    expect(view.calls.some(({ call }) => call === "POST /conversations/c1/regenerate")).toBe(true);
  });

  it("says how many messages the model did not see, and folds its thoughts away", async () => {
    renderApp("/c/c1", {
      ...answers,
      "GET /conversations/c1/messages": {
        items: [asked, message({ id: "a1", content: "Yes", thinking: "Hm, why", history_cut: 3 })],
        next: null,
        seq: 5,
      },
    });
    expect(await screen.findByText(/3 oldest messages were not sent/)).toBeVisible();
    expect(screen.getByText("Thoughts").closest("details")).not.toHaveAttribute("open");
  });

  it("of someone else looks like one that does not exist", async () => {
    renderApp("/c/c2", {
      "GET /conversations/c2": new Refusal(404, "not_found"),
      "GET /conversations/c2/messages": new Refusal(404, "not_found"),
    });
    expect(await screen.findByText(/does not exist, or it is not yours/)).toBeVisible();
  });

  it("begins with the first message and gets its own address when the server took it", async () => {
    const view = renderApp("/", {
      "GET /conversations/c1": conversation(),
      "GET /conversations/c1/messages": { items: [asked, growing], next: null, seq: 5 },
    });
    const box = await screen.findByRole("textbox");
    const { socket, say } = connect(view);
    await view.user.type(box, "Why?{Enter}");
    const sent = socket.sent.find((frame) => frame.type === "message");
    expect(sent).toMatchObject({ message: "Why?" });
    expect(screen.getByText("Sending…")).toBeVisible();
    say({
      type: "message.accepted",
      client_id: sent && "client_id" in sent ? (sent.client_id ?? null) : null,
      conversation_id: "c1",
      conversation: conversation(),
      message: asked,
      run: { id: "r", conversation_id: "c1", message_id: "a1", status: "running", model: "m" },
    });
    await waitFor(() => expect(view.router.state.location.pathname).toBe("/c/c1"));
    await waitFor(() => expect(screen.queryByText(/Sent|Sending/)).toBeNull());
    expect(screen.getAllByText("Why?")).toHaveLength(1);
  });
});

describe("where no model answers", () => {
  it("the page says what was tried and what to do, and goes on by itself", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const view = renderApp("/", { "GET /models": noModels });
    expect(await screen.findByText("http://127.0.0.1:11434")).toBeVisible();
    expect(screen.getByText("GET /api/tags: connection refused")).toBeVisible();
    expect(screen.getByText("ollama pull llama3.2")).toBeVisible();
    view.answers["GET /models"] = models;
    await act(() => vi.advanceTimersByTimeAsync(3100));
    expect(await screen.findByText(/What shall we work on/)).toBeVisible();
    vi.useRealTimers();
    expect(await violations()).toEqual([]);
  });
});

describe("the list of conversations", () => {
  it("follows what happens in other tabs", async () => {
    const first = conversation({ id: "c1", title: "First", updated_at: "2026-01-01T00:00:00Z" });
    const view = renderApp("/", { "GET /conversations": { items: [first], next: null } });
    const list = await screen.findByRole("navigation", { name: "Conversations" });
    await within(list).findByText("First");
    const second = conversation({ id: "c2", title: "Second", updated_at: "2026-01-02T00:00:00Z" });
    const socket = view.sockets.at(-1);
    const about = { conversation_id: "c2", seq: 1 };
    act(() => socket?.say({ type: "conversation.created", ...about, conversation: second }));
    await waitFor(() =>
      expect(
        within(list)
          .getAllByRole("link")
          .map((link) => link.textContent),
      ).toEqual(["Second", "First"]),
    );
    act(() => socket?.say({ type: "conversation.deleted", ...about }));
    await waitFor(() => expect(within(list).queryByText("Second")).toBeNull());
  });

  it("signing out forgets everything and asks to sign in", async () => {
    const kept = conversation({ id: "c1", title: "Plans of mine", updated_at: "2026-01-01T00:00:00Z" });
    const answers = { "POST /auth/logout": null, "GET /conversations": { items: [kept], next: null } };
    const view = renderApp("/", answers);
    await screen.findByText("Plans of mine");
    await view.user.click(await screen.findByRole("button", { name: "Sign out" }));
    expect(await screen.findByLabelText("Password")).toBeVisible();
    expect(view.sockets.at(-1)?.closed).toBe(true);
    expect(document.documentElement.outerHTML).not.toContain("Plans of mine");
    expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toMatch(/Plans|owner|eyJ|jrt_/);
    const known = view.client.getQueryCache().getAll();
    expect(JSON.stringify(known.map(({ state }) => state.data))).not.toMatch(/Plans|owner/);
  });
});
