import { act, screen } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, describe, expect, it, vi } from "vitest";
import { violations } from "../testing/axe";
import { renderApp } from "../testing/render-app";
import { conversation, message } from "../testing/samples";

afterEach(() => {
  vi.unstubAllGlobals();
  void i18next.changeLanguage("en");
});

const PAYLOAD = "Look: <img src=x onerror=alert(1)>";
const asked = message({ id: "u1", role: "user", content: "Why?" });

/** Says the payload at an address; the server refuses it, after `meanwhile` was typed. */
async function refused(path: string, meanwhile = "") {
  const view = renderApp(path, {
    "GET /conversations/c1": conversation(),
    "GET /conversations/c1/messages": { items: [asked], next: null, seq: 1 },
  });
  const box = await screen.findByRole("textbox");
  const socket = () => {
    const found = view.sockets.at(-1);
    if (!found) throw new Error("no socket");
    return found;
  };
  await vi.waitFor(() => socket());
  act(() => socket().welcome());
  await view.user.click(box);
  await view.user.paste(PAYLOAD);
  await vi.waitFor(() =>
    expect(screen.getByRole("button", { name: /Send|Envoyer/ })).toHaveAttribute("aria-disabled", "false"),
  );
  await view.user.keyboard("{Enter}");
  expect(box).toHaveValue("");
  if (meanwhile) await view.user.type(box, meanwhile);
  const sent = socket().sent.find((frame) => frame.type === "message");
  const client_id = sent?.client_id;
  if (!client_id) throw new Error("nothing was sent");
  expect(sent.message).toBe(PAYLOAD);
  act(() =>
    socket().say({
      type: "error",
      code: "dangerous_content",
      message: "The message holds active content",
      request_id: "r",
      client_id,
      errors: [{ field: "message", code: "event_handler", detail: "a tag with an event handler" }],
    }),
  );
  return { ...view, box };
}

describe("a message that is refused for what it holds", () => {
  for (const path of ["/", "/c/c1"]) {
    it(`is back where it was written, with the reason beside it (${path})`, async () => {
      const { box, user } = await refused(path);
      expect(await screen.findByRole("alert")).toHaveTextContent(/onclick.*backticks/);
      expect(box).toHaveValue(PAYLOAD);
      expect(box).toHaveAccessibleDescription(/backticks/);
      expect(await violations()).toEqual([]);
      await user.clear(box);
      await user.type(box, "`code`{Enter}");
      expect(screen.queryByRole("alert")).toBeNull();
    });
  }

  it("loses nothing of what was written since", async () => {
    const { box } = await refused("/c/c1", "and then");
    await screen.findByRole("alert");
    expect(box).toHaveValue(`${PAYLOAD}\n\nand then`);
  });

  it("is explained in French, too", async () => {
    await i18next.changeLanguage("fr");
    await refused("/c/c1");
    expect(await screen.findByRole("alert")).toHaveTextContent(/une balise.*accents graves/);
  });
});
