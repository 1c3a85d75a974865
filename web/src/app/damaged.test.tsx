import { act, screen } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, describe, expect, it } from "vitest";
import { renderApp } from "../testing/render-app";
import { conversation, message } from "../testing/samples";

const asked = message({ id: "u1", role: "user", content: "Why?" });
const answers = {
  "GET /conversations": { items: [conversation({ title: "", damaged: true })], next: null },
  "GET /conversations/c1": conversation({ title: "", damaged: true }),
  "GET /conversations/c1/messages": {
    items: [
      { ...asked, id: "u0", content: "", damaged: true },
      message({ id: "a0", parent_id: "u0", content: "Still here" }),
      { ...asked, parent_id: "a0" },
      message({ id: "a1", parent_id: "u1", damaged: true }),
    ],
    next: null,
    seq: 5,
  },
  "POST /conversations/c1/regenerate": {},
};

afterEach(() => {
  act(() => void i18next.changeLanguage("en"));
});

describe("a conversation that was damaged where it is stored", () => {
  it("says which messages are lost, shows the others, and has the last answer written again", async () => {
    const view = renderApp("/c/c1", answers);
    expect(await screen.findAllByText(/was damaged where it is stored/)).toHaveLength(2);
    expect((await screen.findAllByText("Still here"))[0]).toBeVisible();
    expect(screen.getByText("Why?")).toBeVisible();
    expect((await screen.findAllByText("Title damaged"))[0]).toBeVisible();
    await view.user.click(screen.getByRole("button", { name: "Try again" }));
    expect(view.calls.some(({ call }) => call === "POST /conversations/c1/regenerate")).toBe(true);
  });

  it("says so in French", async () => {
    renderApp("/c/c1", answers);
    await act(() => i18next.changeLanguage("fr"));
    expect(await screen.findAllByText(/a été altéré là où il est conservé/)).toHaveLength(2);
    expect((await screen.findAllByText("Titre altéré"))[0]).toBeVisible();
  });
});
