import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { beforeEach, expect, it, vi } from "vitest";
import { fakeLine } from "../../testing/fake-line";
import { LiveContext, useLiveState } from "./live-context";
import { OutgoingMessage } from "./outgoing-message";

beforeEach(async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await i18next.changeLanguage("en");
});

const TEXT = "A long question that took an hour to write.";

function Outbox({ onDiscard }: { onDiscard: (text: string) => void }) {
  const { outbox } = useLiveState();
  return outbox.map((entry) => <OutgoingMessage key={entry.clientId} entry={entry} onDiscard={onDiscard} />);
}

/** A message that the server refused because it came too fast. */
function refused() {
  const line = fakeLine();
  const onDiscard = vi.fn();
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  render(
    <LiveContext value={line.live}>
      <Outbox onDiscard={onDiscard} />
    </LiveContext>,
  );
  act(() => {
    line.live.start();
    line.last().welcome();
    line.live.send({ clientId: "k1", conversationId: "c1", text: TEXT, model: null });
    line.last().say({
      type: "error",
      code: "rate_limited",
      message: "Too many requests. try again in 5 s.",
      request_id: "r",
      client_id: "k1",
      retry_after: 5,
    });
  });
  return { line, onDiscard, user };
}

it("a message that came too fast is kept, with the wait in plain words, and goes when the wait is over", async () => {
  const { line, user } = refused();
  expect(screen.getByText(TEXT)).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent("Not sent — That was too many in a short time.");
  expect(screen.getByRole("timer")).toHaveTextContent("You can try again in 0:05.");
  const again = screen.getByRole("button", { name: "Send again" });
  await user.click(again);
  expect(line.last().sent).toHaveLength(1);
  act(() => void vi.advanceTimersByTime(5000));
  expect(screen.getByRole("timer")).toHaveTextContent("You can try again now.");
  await user.click(again);
  expect(line.last().sent).toMatchObject([{ client_id: "k1" }, { client_id: "k1", message: TEXT }]);
});

it("says so in French too", async () => {
  await i18next.changeLanguage("fr");
  refused();
  expect(screen.getByRole("alert")).toHaveTextContent(/trop en peu de temps/);
  expect(screen.getByRole("timer")).toHaveTextContent("Nouvel essai possible dans 0:05.");
});

it("what is given up goes back to where it was written", async () => {
  const { onDiscard, user } = refused();
  await user.click(screen.getByRole("button", { name: "Discard" }));
  expect(onDiscard).toHaveBeenCalledWith(TEXT);
  expect(screen.queryByText(TEXT)).toBeNull();
});
