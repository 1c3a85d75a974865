import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AuditEvent } from "../api/audit";
import { violations } from "../testing/axe";
// It comes when it is needed: here it is there before the clock of a test runs.
import "../features/audit/audit-page";
import { chooseLanguage } from "../i18n/i18n";
import { Refusal, renderApp } from "../testing/render-app";
import { auditEvent, auditStatus, user as owner, person } from "../testing/samples";

const ADA = { id: "0199a000-0000-7000-8000-0000000000ad", username: "ada" };
const HOSTILE = "<img src=x onerror=alert(1)>\u202egnp.exe";

const events = [
  auditEvent({ seq: 3, kind: "role_changed", subject: ADA, details: { from: "user", to: "admin" } as never }),
  auditEvent({
    seq: 2,
    kind: "sign_in_failed",
    outcome: "failure",
    actor: null,
    subject: ADA,
    times: 12,
    agent: HOSTILE,
    details: { why: "wrong" } as never,
  }),
  auditEvent({
    seq: 1,
    actor: { id: "0199a000-0000-7000-8000-00000000dead", username: null },
    subject: null,
    address: null,
    agent: null,
    request_id: null,
    erased: true,
  }),
];

/** A trail that grows: what comes after the cursor, the newest first, as the server tells it. */
function trail(all: AuditEvent[], perPage = 50) {
  return (_: unknown, query: URLSearchParams) => {
    const latest = Math.max(0, ...all.map(({ seq }) => seq));
    const after = query.get("after");
    if (after !== null) return { items: all.filter(({ seq }) => seq > Number(after)), next: null, latest };
    const before = Number(query.get("before") ?? Number.MAX_SAFE_INTEGER);
    const older = all.filter(({ seq }) => seq < before);
    const items = older.slice(0, perPage);
    return { items, next: older.length > perPage ? items.at(-1)?.seq : null, latest };
  };
}

const answers = (all: AuditEvent[] = [...events], perPage?: number) => ({
  "GET /admin/audit": trail(all, perPage),
  "GET /admin/audit/status": auditStatus,
  "GET /admin/users": { items: [person({ ...ADA, email: "ada@example.org" })], next: null },
});

type View = ReturnType<typeof renderApp>;
const looks = (view: View) => view.calls.filter(({ call }) => call === "GET /admin/audit");
const newest = (view: View) => looks(view).filter(({ query }) => !query.has("after"));
/** What a line says; the choice of kinds has the same words. */
const line = (words: string) => screen.findByText(words, { selector: "summary *" });
const rows = () => screen.getAllByRole("listitem").filter((row) => row.querySelector("summary"));

beforeEach(() => localStorage.clear());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the audit trail", () => {
  it("says in plain words what happened, to whom, how it ended and how often", async () => {
    renderApp("/settings/audit", answers());
    expect(await line("Role changed")).toBeVisible();
    const [role, failed, erased] = rows();
    expect(role).toHaveTextContent(/Role changed.*user → admin.*owner.*concerns ada.*192\.0\.2\.xxx.*done/);
    expect(failed).toHaveTextContent(/Sign-in refused.*12 times.*wrong.*somebody unknown.*ada.*refused/);
    expect(erased).toHaveTextContent(/erased.*deleted account …0000dead/);
    expect(screen.getByText(/number 2 and all below are vouched for/)).toBeVisible();
    expect(screen.getByText("up to 2")).toBeVisible();
    expect(await violations()).toEqual([]);
  });

  it("shows what strangers wrote as text, with its tricks in the open", async () => {
    const view = renderApp("/settings/audit", answers());
    await view.user.click(await line("Sign-in refused"));
    expect(await screen.findByText("<img src=x onerror=alert(1)>⟦U+202E⟧gnp.exe")).toBeVisible();
    expect(document.querySelector("img[src=x]")).toBeNull();
    expect(await violations()).toEqual([]);
  });

  it("speaks French", async () => {
    chooseLanguage("fr");
    renderApp("/settings/audit", answers());
    expect(await line("Rôle changé")).toBeVisible();
    expect(await line("Connexion refusée")).toBeVisible();
    chooseLanguage("en");
  });

  it("a user does not get there", async () => {
    const view = renderApp("/settings/audit", {
      ...answers(),
      "GET /auth/me": { ...owner, role: "user" },
      "GET /auth/keys": { items: [] },
    });
    await waitFor(() => expect(view.router.state.location.pathname).toBe("/settings/security"));
    expect(looks(view)).toHaveLength(0);
  });

  it("an empty trail and a refusal are told, and can be tried again", async () => {
    const view = renderApp("/settings/audit", {
      ...answers(),
      "GET /admin/audit": new Refusal(503, "unavailable"),
    });
    const again = await screen.findByRole("button", { name: "Load again" });
    expect(await violations()).toEqual([]);
    view.answers["GET /admin/audit"] = trail([]);
    await view.user.click(again);
    expect(await screen.findByText("Nothing of the kind has happened.")).toBeVisible();
    expect(await violations()).toEqual([]);
  });
});

describe("its filter", () => {
  it("leaves out looks at the trail until all is asked for", async () => {
    const view = renderApp("/settings/audit", answers());
    await line("Role changed");
    const asked = newest(view)[0]?.query.get("kinds")?.split(",") ?? [];
    expect(asked).toHaveLength(41);
    expect(asked).not.toContain("audit_read");
    await view.user.selectOptions(screen.getByLabelText("What happened"), "all");
    await waitFor(() => expect(newest(view)).toHaveLength(2));
    expect(newest(view)[1]?.query.has("kinds")).toBe(false);
  });

  it("is in the address, and goes to the server and into the export", async () => {
    const view = renderApp(`/settings/audit?what=refused&outcome=failure&actor=${ADA.id}`, answers());
    await line("Role changed");
    const wanted = {
      kinds: "limit_reached,input_refused,origin_refused,host_refused,access_refused",
      outcome: "failure",
      actor: ADA.id,
    };
    expect(Object.fromEntries(newest(view)[0]?.query ?? [])).toEqual(wanted);
    const link = screen.getByRole("link", { name: "Export" });
    const target = new URL(link.getAttribute("href") ?? "", location.origin);
    expect(target.pathname).toBe("/admin/audit/export");
    expect(Object.fromEntries(target.searchParams)).toEqual(wanted);
    await view.user.click(screen.getByRole("button", { name: "done to them instead" }));
    await waitFor(() =>
      expect(view.router.state.location.search).toEqual({
        what: "refused",
        outcome: "failure",
        subject: ADA.id,
      }),
    );
    expect(screen.getByText("Done to ada")).toBeVisible();
    await view.user.click(screen.getByRole("button", { name: "Clear the filter" }));
    await waitFor(() => expect(view.router.state.location.search).toEqual({}));
  });

  it("throws away what an address may not say", async () => {
    const view = renderApp("/settings/audit?what=%3Cb%3E&outcome=maybe&actor=me&since=ever&x=1", answers());
    await line("Role changed");
    expect([...(newest(view)[0]?.query.keys() ?? [])]).toEqual(["kinds"]);
  });

  it("finds a person by a part of the name, and starts from what an event says", async () => {
    const view = renderApp("/settings/audit", answers());
    await line("Role changed");
    await view.user.type(screen.getByLabelText("Who did it"), "ad");
    await view.user.click(await screen.findByRole("button", { name: "ada" }));
    await waitFor(() => expect(newest(view).at(-1)?.query.get("actor")).toBe(ADA.id));
    expect(screen.getByText("Done by ada")).toBeVisible();
    await view.user.click(await line("Role changed"));
    await view.user.click(screen.getByRole("button", { name: "Only “Role changed”" }));
    await waitFor(() => expect(newest(view).at(-1)?.query.get("kinds")).toBe("role_changed"));
  });

  it("counts an hour back from now", async () => {
    const view = renderApp("/settings/audit?since=1h", answers());
    await line("Role changed");
    const from = Date.parse(newest(view)[0]?.query.get("from") ?? "");
    expect(Math.abs(Date.now() - 3_600_000 - from)).toBeLessThan(60_000);
  });
});

describe("its live tail", () => {
  const tick = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
  const announced = () => screen.getAllByRole("status").map(({ textContent }) => textContent);

  beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));

  it("puts new events on top and says once how many came", async () => {
    const all = [...events];
    renderApp("/settings/audit", answers(all));
    await line("Role changed");
    all.unshift(auditEvent({ seq: 5, kind: "key_made" }), auditEvent({ seq: 4, kind: "sign_out" }));
    await tick(5_100);
    expect(rows()[0]).toHaveTextContent("API key made");
    expect(rows()).toHaveLength(5);
    await tick(50);
    expect(announced()).toContain("2 new events");
    all.unshift(auditEvent({ seq: 6, kind: "sign_in" }));
    await tick(5_000);
    expect(rows()).toHaveLength(6);
    expect(announced()).toContain("2 new events");
    await tick(10_100);
    expect(announced()).toContain("3 new events");
  });

  it("rests while it is off, while the page is hidden, and when it is left", async () => {
    const view = renderApp("/settings/audit", answers());
    await line("Role changed");
    const count = () => looks(view).length;
    await view.user.click(screen.getByRole("switch", { name: "Live" }));
    await tick(100);
    const before = count();
    await tick(20_000);
    expect(count()).toBe(before);
    await view.user.click(screen.getByRole("button", { name: "Look for newer ones" }));
    await tick(100);
    expect(count()).toBe(before + 1);
    await view.user.click(screen.getByRole("switch", { name: "Live" }));
    await tick(5_100);
    expect(count()).toBeGreaterThan(before + 1);
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    await tick(5_100);
    const hidden = count();
    await tick(30_000);
    expect(count()).toBe(hidden);
    vi.restoreAllMocks();
    await tick(5_100);
    expect(count()).toBeGreaterThan(hidden);
    view.unmount();
    const left = count();
    await tick(30_000);
    expect(count()).toBe(left);
  });

  it("keeps what was found, and the older ones that were asked for", async () => {
    const all = [...events];
    const view = renderApp("/settings/audit", answers(all, 2));
    await line("Role changed");
    expect(rows()).toHaveLength(2);
    await view.user.click(screen.getByRole("button", { name: "Show older ones" }));
    await waitFor(() => expect(rows()).toHaveLength(3));
    expect(screen.getByText("Nothing older matches.")).toBeVisible();
    all.unshift(auditEvent({ seq: 4, kind: "server_started", via: "server", actor: null, subject: null }));
    await tick(5_100);
    expect(rows().map((row) => row.querySelector(".words")?.textContent)).toEqual([
      "Server started",
      "Role changed",
      "Sign-in refused",
      "Signed in",
    ]);
    view.answers["GET /admin/audit"] = new Refusal(503, "unavailable");
    await tick(5_100);
    expect(await screen.findByText(/The server does not answer/)).toBeVisible();
    expect(rows()).toHaveLength(4);
  });
});
