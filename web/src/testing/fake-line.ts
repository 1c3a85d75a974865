import { vi } from "vitest";
import { Live } from "../api/live";
import type { Edges, SocketLike } from "../api/live-edges";
import type { ClientFrame, ServerEvent } from "../api/wire";
import { user } from "./samples";

/** One end of a socket, in the test's hands. */
export class FakeSocket implements SocketLike {
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  readonly sent: ClientFrame[] = [];
  closed = false;

  send(data: unknown): void {
    this.sent.push(JSON.parse(String(data)));
  }

  close(): void {
    this.closed = true;
  }

  /** A frame from the server. */
  say(event: ServerEvent): void {
    this.onmessage?.call(this as unknown as WebSocket, { data: JSON.stringify(event) } as MessageEvent);
  }

  welcome(): void {
    this.say({ type: "connected", connection_id: "1", user, heartbeat_seconds: 30 });
  }

  cut(code = 1006): void {
    this.onclose?.call(this as unknown as WebSocket, { code } as CloseEvent);
  }
}

/** A `Live` whose sockets the test holds; `last()` is the newest. */
export function fakeLine(edges: Partial<Edges> = {}) {
  const sockets: FakeSocket[] = [];
  const given = {
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    renew: vi.fn(async () => "renewed" as const),
    deliver: vi.fn(() => Promise.reject(new Error("no network"))),
    browserOnline: () => true,
    random: () => 0.5,
    signedOut: vi.fn(),
    ...edges,
  } satisfies Edges;
  const live = new Live(given);
  const last = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  };
  return { live, sockets, last, edges: given };
}
