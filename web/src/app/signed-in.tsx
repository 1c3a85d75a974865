import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Live } from "../api/live";
import { browserEdges } from "../api/live-edges";
import { wakeWithBrowser } from "../api/wake";
import { sessionQuery } from "../features/auth/session";
import { DraftsContext } from "../features/chat/drafts";
import { LiveContext } from "../features/chat/live-context";
import { preloadMarkdown } from "../features/chat/message-text";
import { Shell } from "./shell";

/** What lives as long as someone is signed in: the connection, the drafts, the frame of the page. */
export function SignedIn() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const { data: user } = useQuery(sessionQuery);
  const [drafts] = useState(() => new Map<string, string>());
  const [live] = useState(
    () => new Live(browserEdges(() => client.setQueryData(sessionQuery.queryKey, null))),
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

  useEffect(() => {
    if (user === null) {
      void navigate({ to: "/sign-in", search: { next: router.state.location.pathname }, replace: true });
    }
  }, [user, navigate, router]);

  if (!user) return null;
  return (
    <LiveContext value={live}>
      <DraftsContext value={drafts}>
        <Shell user={user}>
          <Outlet />
        </Shell>
      </DraftsContext>
    </LiveContext>
  );
}
