import { asApiError, endsSession } from "./api-error";
import { api, unwrap } from "./client";
import type { Outgoing } from "./outbox";
import type { Renewal } from "./refresh";
import type { Message } from "./wire";

export type SocketLike = Pick<WebSocket, "onmessage" | "onclose" | "send" | "close">;

/** What the connection needs from outside; tests give their own. */
export interface Edges {
  open(): SocketLike;
  /** Asks over HTTP whether the session still stands, renewing it when it can. */
  renew(): Promise<Renewal>;
  /** Sends over HTTP, for networks that let no socket through. `adopt` is told of a conversation made on the way. */
  deliver(entry: Outgoing, adopt: (conversationId: string) => void): Promise<Message>;
  browserOnline(): boolean;
  random(): number;
  /** `code`: how the socket was closed. */
  signedOut(code: number): void;
}

/** The browser's side of `Live`. */
export function browserEdges(signedOut: Edges["signedOut"]): Edges {
  return {
    open: () => new WebSocket(new URL("/ws", location.href.replace(/^http/, "ws"))),
    async renew() {
      try {
        await unwrap(api.GET("/auth/me"));
        return "renewed";
      } catch (cause) {
        return endsSession(asApiError(cause)) ? "signed-out" : "unreachable";
      }
    },
    async deliver(entry, adopt) {
      const { text, clientId, model } = entry;
      let id = entry.conversationId;
      if (!id) {
        ({ id } = await unwrap(api.POST("/conversations", { body: { model } })));
        adopt(id);
      }
      const body = { message: text, client_id: clientId, model };
      return (await unwrap(api.POST("/conversations/{id}/messages", { params: { path: { id } }, body })))
        .message;
    },
    browserOnline: () => navigator.onLine,
    random: Math.random,
    signedOut,
  };
}
