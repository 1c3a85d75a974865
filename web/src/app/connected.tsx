import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Live } from "../api/live";
import { browserEdges } from "../api/live-edges";
import { wakeWithBrowser } from "../api/wake";
import type { User } from "../api/wire";
import { endSession, lastEnding } from "../features/auth/session";
import { DraftsContext } from "../features/chat/drafts";
import { LiveContext } from "../features/chat/live-context";
import { preloadMarkdown } from "../features/chat/message-text";
import { Shell } from "./shell";

/** The session was ended, not the line: see the close codes of the socket. */
const RIGHT_LOST = 4403;

/** What lives as long as someone may use everything: the connection, the drafts, the frame of the page. */
export function Connected({ user }: { user: User }) {
  const client = useQueryClient();
  const { drafts } = useRouter().options.context;
  const [live] = useState(
    () =>
      new Live(
        browserEdges((code) => {
          if (lastEnding(client) !== "own") drafts.keep(live.state().outbox);
          endSession(client, code === RIGHT_LOST ? "elsewhere" : "ended");
        }),
      ),
  );

  useEffect(() => {
    live.start();
    const deaf = wakeWithBrowser(live);
    preloadMarkdown();
    return () => {
      deaf();
      live.stop();
    };
  }, [live]);

  return (
    <LiveContext value={live}>
      <DraftsContext value={drafts.of(user.id)}>
        <Shell user={user}>
          <Outlet />
        </Shell>
      </DraftsContext>
    </LiveContext>
  );
}
