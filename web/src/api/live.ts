import { asApiError } from "./api-error";
import { backOff } from "./back-off";
import { Cursors } from "./cursors";
import type { Edges, SocketLike } from "./live-edges";
import { change, fault, isWaiting, MOST_OUTGOING, type Outbox, type Outgoing, without } from "./outbox";
import type { ClientFrame, ServerEvent } from "./wire";

export type Connection = "connecting" | "live" | "reconnecting" | "offline";

export interface LiveState {
  connection: Connection;
  outbox: Outbox;
}

const OPEN_WITHIN_MS = 10_000;
const PONG_WITHIN_MS = 10_000;
const DEFAULT_HEARTBEAT_MS = 30_000;
const TOO_MANY_WAIT_MS = 10_000;
/** Failed tries in a row after which messages go over HTTP and the page says that it is offline. */
const TRIES_BEFORE_FALLBACK = 3;
const TOO_MANY = 4429;
const SESSION_CODES = [4401, 4403, 4408];

/** One connection to the server for as long as someone is signed in: it reconnects, resumes and re-sends by itself. */
export class Live {
  readonly #edges: Edges;
  readonly #cursors = new Cursors();
  readonly #listeners = new Set<(event: ServerEvent) => void>();
  readonly #watchers = new Set<() => void>();
  readonly #delivering = new Set<string>();
  #state: LiveState = { connection: "connecting", outbox: [] };
  #socket: SocketLike | null = null;
  #connected = false;
  #running = false;
  #attempt = 0;
  #overHttp = false;
  #heartbeatMs = DEFAULT_HEARTBEAT_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(edges: Edges) {
    this.#edges = edges;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** The tab is looked at again or the network changed: try now, or make sure that the line still stands. */
  wake(): void {
    if (!this.#running) return;
    if (this.#connected) this.#ping();
    else if (!this.#socket) this.#connect();
  }

  readonly state = (): LiveState => this.#state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  listen(listener: (event: ServerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events of a conversation after `seq`, across reconnections, until `unfollow`. */
  follow(conversationId: string, seq: number): void {
    this.#cursors.set(conversationId, seq);
    this.#transmit({ type: "subscribe", conversation_id: conversationId, after_seq: seq });
  }

  unfollow(conversationId: string): void {
    this.#cursors.delete(conversationId);
    this.#transmit({ type: "unsubscribe", conversation_id: conversationId });
  }

  /** False when too much is waiting already. */
  send(message: Pick<Outgoing, "clientId" | "conversationId" | "text" | "model">): boolean {
    if (this.#state.outbox.length >= MOST_OUTGOING) return false;
    const entry: Outgoing = { ...message, fault: null, accepted: null };
    this.#setOutbox([...this.#state.outbox, entry]);
    this.#forward(entry);
    return true;
  }

  retry(clientId: string): void {
    this.#setOutbox(change(this.#state.outbox, clientId, { fault: null }));
    const entry = this.#state.outbox.find((each) => each.clientId === clientId);
    if (entry) this.#forward(entry);
  }

  /** The page shows the stored message now, or the writer gave it up. */
  forget(clientId: string): void {
    this.#setOutbox(without(this.#state.outbox, clientId));
  }

  #connect(): void {
    clearTimeout(this.#timer);
    const socket = this.#edges.open();
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code }) => this.#socket === socket && this.#closed(code);
    this.#timer = setTimeout(() => this.#lost(), OPEN_WITHIN_MS);
  }

  #receive(data: unknown): void {
    const event = parse(data);
    if (!event) return;
    if (event.type === "connected") this.#established(event.heartbeat_seconds);
    this.#beat();
    if (event.type === "message.accepted" && event.client_id) {
      this.#setOutbox(change(this.#state.outbox, event.client_id, { accepted: event.message, fault: null }));
    }
    if (event.type === "error" && event.client_id) {
      const code = event.errors?.[0]?.code ?? event.code;
      const why = fault(code, event.message, event.retry_after);
      this.#setOutbox(change(this.#state.outbox, event.client_id, { fault: why }));
    }
    if (this.#cursors.take(event)) for (const listener of this.#listeners) listener(event);
  }

  #established(heartbeatSeconds: number): void {
    this.#connected = true;
    this.#attempt = 0;
    this.#overHttp = false;
    this.#heartbeatMs = heartbeatSeconds * 1000;
    this.#setConnection("live");
    for (const [conversation_id, after_seq] of this.#cursors.rewind()) {
      this.#transmit({ type: "subscribe", conversation_id, after_seq });
    }
    for (const entry of this.#state.outbox.filter(isWaiting)) this.#forward(entry);
  }

  #beat(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ping(), this.#heartbeatMs);
  }

  #ping(): void {
    clearTimeout(this.#timer);
    this.#transmit({ type: "ping" });
    this.#timer = setTimeout(() => this.#lost(), PONG_WITHIN_MS);
  }

  /** A line that is silent may take minutes to close by itself. */
  #lost(): void {
    this.#drop();
    void this.#reconnect(0, false);
  }

  #closed(code: number): void {
    const doubtful = !this.#connected || SESSION_CODES.includes(code);
    this.#drop();
    void this.#reconnect(code, doubtful);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#connected = false;
    socket?.close();
  }

  async #reconnect(code: number, doubtful: boolean): Promise<void> {
    const attempt = this.#attempt++;
    const givenUp = attempt >= TRIES_BEFORE_FALLBACK || !this.#edges.browserOnline();
    this.#setConnection(givenUp ? "offline" : "reconnecting");
    const wait = Math.max(code === TOO_MANY ? TOO_MANY_WAIT_MS : 0, backOff(attempt, this.#edges.random()));
    this.#timer = setTimeout(() => this.#connect(), wait);
    if (!doubtful) return;
    const renewal = await this.#edges.renew();
    if (!this.#running) return;
    if (renewal === "signed-out") {
      this.stop();
      this.#edges.signedOut(code);
    } else if (renewal === "renewed" && attempt >= TRIES_BEFORE_FALLBACK && !this.#connected) {
      this.#overHttp = true;
      for (const entry of this.#state.outbox.filter(isWaiting)) this.#forward(entry);
    }
  }

  #forward(entry: Outgoing): void {
    if (this.#delivering.has(entry.clientId)) return;
    if (this.#connected) {
      this.#transmit({
        type: "message",
        message: entry.text,
        client_id: entry.clientId,
        ...(entry.conversationId && { conversation_id: entry.conversationId }),
        ...(entry.model && { model: entry.model }),
      });
    } else if (this.#overHttp) void this.#deliver(entry);
  }

  async #deliver(entry: Outgoing): Promise<void> {
    const { clientId } = entry;
    this.#delivering.add(clientId);
    try {
      const accepted = await this.#edges.deliver(entry, (conversationId) =>
        this.#setOutbox(change(this.#state.outbox, clientId, { conversationId })),
      );
      this.#setOutbox(change(this.#state.outbox, clientId, { accepted }));
    } catch (cause) {
      const { status, code, message, fields, retryAfterSeconds } = asApiError(cause);
      const [inField] = fields.values();
      // Without an answer it stays waiting: the next connection sends it again.
      const why = fault(inField ?? code, message, retryAfterSeconds);
      if (status) this.#setOutbox(change(this.#state.outbox, clientId, { fault: why }));
    } finally {
      this.#delivering.delete(clientId);
    }
    const left = this.#state.outbox.find((each) => each.clientId === clientId);
    if (left && isWaiting(left) && this.#connected) this.#forward(left);
  }

  #transmit(frame: ClientFrame): void {
    if (this.#connected) this.#socket?.send(JSON.stringify(frame));
  }

  #setOutbox(outbox: Outbox): void {
    this.#set({ ...this.#state, outbox });
  }

  #setConnection(connection: Connection): void {
    if (connection !== this.#state.connection) this.#set({ ...this.#state, connection });
  }

  #set(state: LiveState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

function parse(data: unknown): ServerEvent | null {
  try {
    return JSON.parse(String(data)) as ServerEvent;
  } catch {
    return null;
  }
}
