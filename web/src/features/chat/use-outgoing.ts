import { useCallback, useEffect, useState } from "react";
import type { Outgoing } from "../../api/outbox";
import { useLive, useLiveState } from "./live-context";
import type { Thread } from "./stream";

/** Messages of this conversation that are on their way and not yet part of its thread. */
export function useOutgoing(id: string, thread: Thread | undefined): readonly Outgoing[] {
  const live = useLive();
  const { outbox } = useLiveState();
  const own = outbox.filter((entry) => (entry.accepted?.conversation_id ?? entry.conversationId) === id);
  const arrived = own.filter((entry) =>
    thread?.messages.some((message) => message.id === entry.accepted?.id),
  );
  const done = arrived.map((entry) => entry.clientId).join(" ");
  useEffect(() => {
    for (const clientId of done.split(" ").filter(Boolean)) live.forget(clientId);
  }, [live, done]);
  return own.filter((entry) => !arrived.includes(entry));
}

/** The first message of a conversation that does not exist yet. */
export function useFirstMessage(): {
  entry: Outgoing | undefined;
  send: (text: string, model: string | null) => void;
} {
  const live = useLive();
  const { outbox } = useLiveState();
  const [mine, setMine] = useState<string | null>(null);
  const entry =
    outbox.find((each) => each.clientId === mine) ??
    outbox.find((each) => each.conversationId === null && !each.accepted);
  const send = useCallback(
    (text: string, model: string | null) => {
      const clientId = newClientId();
      if (live.send({ clientId, conversationId: null, text, model })) setMine(clientId);
    },
    [live],
  );
  return { entry, send };
}

/** `randomUUID` is missing on plain http outside localhost. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
